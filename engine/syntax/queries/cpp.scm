; inherits: c
; What Fillwright sees in C++. The sections are described in python.scm.
; wrapped by: template_declaration, init_declarator, declaration

;; spans
(lambda_expression body: (compound_statement) @body)
(for_range_loop body: (compound_statement) @block)
(try_statement body: (compound_statement) @block)
(catch_clause body: (compound_statement) @block)
(declaration_list) @block
(declaration_list [(function_definition) (declaration) (class_specifier) (template_declaration)] @statement)
(field_declaration_list (function_definition) @statement)
(template_declaration (function_definition) @statement)
(if_statement condition: (condition_clause value: (_) @expression))
(while_statement condition: (condition_clause value: (_) @expression))
(for_range_loop right: (_) @expression)
(new_expression) @expression
(throw_statement (_) @expression)
(raw_string_literal) @string
(using_declaration) @import

;; lists
(using_declaration) @imports

;; functions
(lambda_expression) @closure
[(class_specifier) (struct_specifier)] @class

;; stubs
((throw_statement) @placeholder
  (#match? @placeholder "(?i)not_?implemented|^throw [\\w:]+[({]\\s*[)}]|^throw [\\w:]+[({]\\s*\".*<to do>"))
((function_definition) @optional
  (#match? @optional "^[\\w\\s:]*~|^[\\w\\s]+\\([^{;]*\\)[\\s\\w]*:[^{;]*[({]"))
