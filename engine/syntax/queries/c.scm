; What Fillwright sees in C. The sections are described in python.scm.

;; spans
(function_definition body: (compound_statement) @body)
(if_statement consequence: (compound_statement) @block)
(else_clause (compound_statement) @block)
(for_statement body: (compound_statement) @block)
(while_statement body: (compound_statement) @block)
(do_statement body: (compound_statement) @block)
(switch_statement body: (compound_statement) @block)
(field_declaration_list) @block
(enumerator_list) @block

(compound_statement [(statement) (declaration)] @statement)
(case_statement
  [
    (expression_statement) (return_statement) (if_statement) (for_statement) (while_statement)
  ] @statement)
(translation_unit
  [
    (function_definition) (declaration) (type_definition) (struct_specifier) (enum_specifier)
  ] @statement)

(argument_list (_) @expression)
(init_declarator value: (_) @expression)
(assignment_expression right: (_) @expression)
(initializer_list (_) @expression)
(initializer_pair value: (_) @expression)
(return_statement (_) @expression)
(for_statement condition: (_) @expression)
(conditional_expression consequence: (_) @expression alternative: (_) @expression)
(subscript_expression (_) (_) @expression)
(call_expression) @expression

(string_literal) @string
(comment) @comment
(preproc_include) @import
((comment) @docstring (#match? @docstring "^/(\\*[*!]|/[/!])"))

;; lists
(argument_list) @arguments
(parameter_list) @arguments
(field_declaration_list) @members
(enumerator_list) @members
(preproc_include) @imports

;; functions
(function_definition) @function
(ERROR (function_declarator) @broken)

;; stubs
((expression_statement) @placeholder
  (#match? @placeholder "(?i)^(abort|todo|not_?implemented|unimplemented)\\s*\\("))
((expression_statement) @placeholder
  (#match? @placeholder "(?i)^assert\\s*\\((0|false|!?\".*<to do>)"))
