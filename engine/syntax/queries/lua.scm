; What Fillwright sees in Lua. The sections are described in python.scm.
; wrapped by: expression_list, assignment_statement, variable_declaration, field

;; spans
(function_declaration body: (block) @body)
(function_definition body: (block) @body)
(for_statement body: (block) @block)
(while_statement body: (block) @block)
(repeat_statement body: (block) @block)
(do_statement body: (block) @block)
(if_statement consequence: (block) @block)
(elseif_statement consequence: (block) @block)
(else_statement body: (block) @block)

(chunk (statement) @statement)
(chunk (function_declaration) @statement)
(block (_) @statement)

(arguments (_) @expression)
(expression_list (_) @expression)
(field value: (_) @expression)
(if_statement condition: (_) @expression)
(elseif_statement condition: (_) @expression)
(while_statement condition: (_) @expression)
(bracket_index_expression field: (_) @expression)
(function_call) @expression
(table_constructor) @expression

(string) @string
(comment) @comment
((variable_declaration) @import (#match? @import "=\\s*require\\b"))
((comment) @docstring . (function_declaration))

;; lists
(arguments) @arguments
(parameters) @arguments
(table_constructor) @members
((variable_declaration) @imports (#match? @imports "=\\s*require\\b"))

;; functions
(function_declaration) @function
(function_definition) @closure
(ERROR "function" @broken)

;; stubs
((function_call) @placeholder
  (#match? @placeholder "(?i)^error\\s*\\(?\\s*([\"'].*<to do>|\\))"))
