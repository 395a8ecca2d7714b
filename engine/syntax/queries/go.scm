; What Fillwright sees in Go. The sections are described in python.scm.
; wrapped by: expression_list, short_var_declaration, assignment_statement, var_declaration, var_spec

;; spans
(function_declaration body: (block) @body)
(method_declaration body: (block) @body)
(func_literal body: (block) @body)
(if_statement consequence: (block) @block)
(if_statement alternative: (block) @block)
(for_statement body: (block) @block)
(interface_type) @block
(struct_type (field_declaration_list) @block)

(statement_list (_) @statement)
(source_file
  [
    (function_declaration) (method_declaration) (type_declaration) (var_declaration)
    (const_declaration)
  ] @statement)

(argument_list (_) @expression)
(expression_list (_) @expression)
(keyed_element (literal_element (_) @expression) .)
(if_statement condition: (_) @expression)
(for_statement (for_clause condition: (_) @expression))
(range_clause right: (_) @expression)
(expression_switch_statement value: (_) @expression)
(index_expression index: (_) @expression)
(call_expression) @expression
(composite_literal) @expression

(interpreted_string_literal) @string
(raw_string_literal) @string
(comment) @comment
(import_declaration) @import
((comment) @docstring . [(function_declaration) (method_declaration) (type_declaration)])

;; lists
(argument_list) @arguments
(parameter_list) @arguments
(field_declaration_list) @members
(interface_type) @members
(import_declaration) @imports

;; functions
[(function_declaration) (method_declaration)] @function
(func_literal) @closure
(ERROR "func" @broken)

;; stubs
((expression_statement) @placeholder (#match? @placeholder "(?i)^panic\\([\"`].*<to do>"))
