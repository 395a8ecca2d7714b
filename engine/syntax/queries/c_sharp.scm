; What Fillwright sees in C#. The sections are described in python.scm.
; wrapped by: variable_declarator, variable_declaration, local_declaration_statement, field_declaration

;; spans
(method_declaration body: (block) @body)
(constructor_declaration body: (block) @body)
(destructor_declaration body: (block) @body)
(operator_declaration body: (block) @body)
(conversion_operator_declaration body: (block) @body)
(local_function_statement body: (block) @body)
(accessor_declaration body: (block) @body)
(lambda_expression body: (block) @body)
(anonymous_method_expression (block) @body)
(if_statement consequence: (block) @block)
(if_statement alternative: (block) @block)
(for_statement body: (block) @block)
(foreach_statement body: (block) @block)
(while_statement body: (block) @block)
(do_statement body: (block) @block)
(try_statement body: (block) @block)
(catch_clause body: (block) @block)
(finally_clause (block) @block)
(using_statement body: (block) @block)
(lock_statement (block) @block)
(switch_body) @block
(declaration_list) @block
(enum_member_declaration_list) @block

(block (statement) @statement)
(declaration_list (declaration) @statement)
(compilation_unit [(class_declaration) (namespace_declaration) (global_statement)] @statement)
(switch_section (statement) @statement)

(argument (_) @expression)
(variable_declarator "=" (_) @expression)
(assignment_expression right: (_) @expression)
(initializer_expression (_) @expression)
(return_statement (_) @expression)
(throw_statement (_) @expression)
(arrow_expression_clause (_) @expression)
(lambda_expression body: (expression) @expression)
(if_statement condition: (_) @expression)
(while_statement condition: (_) @expression)
(for_statement condition: (_) @expression)
(foreach_statement right: (_) @expression)
(conditional_expression consequence: (_) @expression alternative: (_) @expression)
(interpolation (_) @expression)
(invocation_expression) @expression
(object_creation_expression) @expression

[(string_literal) (verbatim_string_literal) (raw_string_literal) (interpolated_string_expression)] @string
(comment) @comment
(using_directive) @import
((comment) @docstring (#match? @docstring "^///"))

;; lists
(argument_list) @arguments
(parameter_list) @arguments
(declaration_list) @members
(enum_member_declaration_list) @members
(using_directive) @imports

;; functions
[
  (method_declaration) (constructor_declaration) (destructor_declaration) (operator_declaration)
  (conversion_operator_declaration) (local_function_statement) (accessor_declaration)
] @function
([(property_declaration value: (arrow_expression_clause))
  (indexer_declaration value: (arrow_expression_clause))] @function)
[(lambda_expression) (anonymous_method_expression)] @closure
[(class_declaration) (struct_declaration) (interface_declaration) (record_declaration)] @class
(ERROR (parameter_list) @broken)

;; stubs
([(throw_statement) (throw_expression)] @placeholder
  (#match? @placeholder "(?i)^throw new [\\w.]*Exception\\(\\s*\\)|not_?implemented|^throw .*\".*<to do>"))
[(constructor_declaration) (destructor_declaration)] @optional
