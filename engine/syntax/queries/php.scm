; What Fillwright sees in PHP. The sections are described in python.scm.
; wrapped by: assignment_expression, expression_statement

;; spans
(function_definition body: (compound_statement) @body)
(method_declaration body: (compound_statement) @body)
(anonymous_function body: (compound_statement) @body)
(if_statement body: (compound_statement) @block)
(else_clause body: (compound_statement) @block)
(else_if_clause body: (compound_statement) @block)
(for_statement (compound_statement) @block)
(foreach_statement body: (compound_statement) @block)
(while_statement body: (compound_statement) @block)
(do_statement body: (compound_statement) @block)
(try_statement body: (compound_statement) @block)
(catch_clause body: (compound_statement) @block)
(finally_clause body: (compound_statement) @block)
(switch_block) @block
(declaration_list) @block

(program
  [
    (function_definition) (class_declaration) (interface_declaration) (trait_declaration)
    (expression_statement) (if_statement) (foreach_statement) (return_statement) (echo_statement)
  ] @statement)
(compound_statement (statement) @statement)
(case_statement (statement) @statement)
(declaration_list (_) @statement)

(argument (_) @expression)
(array_element_initializer (_) @expression .)
(assignment_expression right: (_) @expression)
(augmented_assignment_expression right: (_) @expression)
(return_statement (_) @expression)
(arrow_function body: (_) @expression)
(if_statement condition: (parenthesized_expression (_) @expression))
(while_statement condition: (parenthesized_expression (_) @expression))
(conditional_expression body: (_) @expression alternative: (_) @expression)
(function_call_expression) @expression
(member_call_expression) @expression
(scoped_call_expression) @expression
(object_creation_expression) @expression

[(string) (encapsed_string) (heredoc) (nowdoc)] @string
(comment) @comment
(namespace_use_declaration) @import
((comment) @docstring (#match? @docstring "^/\\*\\*"))

;; lists
(arguments) @arguments
(formal_parameters) @arguments
(declaration_list) @members
(namespace_use_declaration) @imports

;; functions
[(function_definition) (method_declaration)] @function
[(anonymous_function) (arrow_function)] @closure
[
  (class_declaration) (interface_declaration) (trait_declaration) (enum_declaration)
] @class
(ERROR "function" @broken)

;; stubs
((expression_statement (throw_expression)) @placeholder
  (#match? @placeholder "(?i)(Logic|Runtime|BadMethodCall|\\W)Exception(\\(\\s*\\))?;"))
((expression_statement (throw_expression)) @placeholder
  (#match? @placeholder "(?i)not_?implemented|^throw .*[\"'].*<to do>"))
((method_declaration) @optional (#match? @optional "^[\\w\\s]*function\\s+__construct\\b"))
