; What JavaScript and TypeScript have in common. The sections are described in python.scm.
; wrapped by: export_statement, lexical_declaration, variable_declaration, variable_declarator,
; wrapped by: expression_statement, assignment_expression

;; spans
[
  (function_declaration body: (statement_block) @body)
  (generator_function_declaration body: (statement_block) @body)
  (function_expression body: (statement_block) @body)
  (generator_function body: (statement_block) @body)
  (arrow_function body: (statement_block) @body)
  (method_definition body: (statement_block) @body)
]

(class_body) @block
(switch_body) @block
(if_statement consequence: (statement_block) @block)
(else_clause (statement_block) @block)
(for_statement body: (statement_block) @block)
(for_in_statement body: (statement_block) @block)
(while_statement body: (statement_block) @block)
(do_statement body: (statement_block) @block)
(try_statement body: (statement_block) @block)
(catch_clause body: (statement_block) @block)
(finally_clause body: (statement_block) @block)
(class_static_block body: (statement_block) @block)

((program (statement) @statement) (#not-match? @statement "^import"))
(statement_block (statement) @statement)
(switch_case body: (statement) @statement)
(switch_default body: (statement) @statement)
(class_body (method_definition) @statement)

(arguments (_) @expression)
(array (_) @expression)
(variable_declarator value: (_) @expression)
(assignment_expression right: (_) @expression)
(augmented_assignment_expression right: (_) @expression)
(assignment_pattern right: (_) @expression)
(pair value: (_) @expression)
(return_statement (_) @expression)
(throw_statement (_) @expression)
(arrow_function body: (expression) @expression)
(if_statement condition: (parenthesized_expression (_) @expression))
(while_statement condition: (parenthesized_expression (_) @expression))
(do_statement condition: (parenthesized_expression (_) @expression))
(switch_statement value: (parenthesized_expression (_) @expression))
(for_statement condition: (_) @expression)
(for_in_statement right: (_) @expression)
(subscript_expression index: (_) @expression)
(ternary_expression consequence: (_) @expression alternative: (_) @expression)
(template_substitution (_) @expression)
(call_expression) @expression
(new_expression) @expression

(string) @string
(template_string) @string
(comment) @comment
(import_statement) @import
((comment) @docstring (#match? @docstring "^/\\*\\*"))

;; lists
(arguments) @arguments
(formal_parameters) @arguments
(class_body) @members
(import_statement) @imports

;; functions
[
  (function_declaration) (generator_function_declaration) (method_definition)
] @function
[(arrow_function) (function_expression) (generator_function)] @closure
[(class_declaration) (class)] @class
(ERROR "function" @broken)

;; stubs
((throw_statement) @placeholder
  (#match? @placeholder "(?i)^throw (new )?\\w*(Error|Exception)\\(\\s*\\)"))
((throw_statement) @placeholder
  (#match? @placeholder "(?i)(not|un)_?implemented|^throw .*[\"'`].*<to do>"))
((method_definition) @optional (#match? @optional "^(\\w+ )*constructor\\b"))
