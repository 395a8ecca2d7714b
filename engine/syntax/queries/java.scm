; What Fillwright sees in Java. The sections are described in python.scm.
; wrapped by: variable_declarator, local_variable_declaration, field_declaration

;; spans
(method_declaration body: (block) @body)
(constructor_declaration body: (constructor_body) @body)
(compact_constructor_declaration body: (block) @body)
(lambda_expression body: (block) @body)
(static_initializer (block) @block)
(if_statement (block) @block)
(for_statement body: (block) @block)
(enhanced_for_statement body: (block) @block)
(while_statement body: (block) @block)
(do_statement body: (block) @block)
(try_statement body: (block) @block)
(try_with_resources_statement body: (block) @block)
(catch_clause body: (block) @block)
(finally_clause (block) @block)
(switch_block) @block
(class_body) @block
(interface_body) @block
(enum_body) @block

(block (_) @statement)
(constructor_body (_) @statement)
(class_body (_) @statement)
(interface_body (_) @statement)
(switch_block_statement_group (statement) @statement)
(program [(class_declaration) (interface_declaration) (enum_declaration) (record_declaration)] @statement)

(argument_list (_) @expression)
(variable_declarator value: (_) @expression)
(assignment_expression right: (_) @expression)
(array_initializer (_) @expression)
(return_statement (_) @expression)
(throw_statement (_) @expression)
(lambda_expression body: (expression) @expression)
(if_statement condition: (parenthesized_expression (_) @expression))
(while_statement condition: (parenthesized_expression (_) @expression))
(for_statement condition: (_) @expression)
(enhanced_for_statement value: (_) @expression)
(ternary_expression consequence: (_) @expression alternative: (_) @expression)
(array_access index: (_) @expression)
(method_invocation) @expression
(object_creation_expression) @expression

(string_literal) @string
[(line_comment) (block_comment)] @comment
(import_declaration) @import
((block_comment) @docstring (#match? @docstring "^/\\*\\*"))

;; lists
(argument_list) @arguments
(formal_parameters) @arguments
(class_body) @members
(interface_body) @members
(enum_body) @members
(import_declaration) @imports

;; functions
[
  (method_declaration) (constructor_declaration) (compact_constructor_declaration)
  (static_initializer)
] @function
(lambda_expression) @closure
[
  (class_declaration) (interface_declaration) (enum_declaration) (record_declaration)
] @class
(ERROR (formal_parameters) @broken)

;; stubs
((throw_statement) @placeholder
  (#match? @placeholder "^throw new \\w*(Runtime|Operation|State)Exception\\(\\s*\\)"))
((throw_statement) @placeholder
  (#match? @placeholder "(?i)^throw new \\w*Error\\(\\s*\\)|not_?implemented|^throw .*\".*<to do>"))
[(constructor_declaration) (compact_constructor_declaration)] @optional
