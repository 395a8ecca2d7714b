; What Fillwright sees in Rust. The sections are described in python.scm.
; wrapped by: let_declaration

;; spans
(function_item body: (block) @body)
(closure_expression body: (block) @body)
(if_expression consequence: (block) @block)
(else_clause (block) @block)
(for_expression body: (block) @block)
(while_expression body: (block) @block)
(loop_expression body: (block) @block)
(unsafe_block (block) @block)
(match_block) @block
(declaration_list) @block
(field_declaration_list) @block
(enum_variant_list) @block

(block (_) @statement)
(source_file [(function_item) (impl_item) (struct_item) (enum_item) (trait_item) (const_item)] @statement)
(declaration_list (_) @statement)
(match_arm) @statement

(arguments (_) @expression)
(array_expression (_) @expression)
(tuple_expression (_) @expression)
(let_declaration value: (_) @expression)
(assignment_expression right: (_) @expression)
(compound_assignment_expr right: (_) @expression)
(field_initializer value: (_) @expression)
(return_expression (_) @expression)
(closure_expression body: (_) @expression)
(if_expression condition: (_) @expression)
(while_expression condition: (_) @expression)
(for_expression value: (_) @expression)
(match_expression value: (_) @expression)
(match_arm value: (_) @expression)
(index_expression (_) (_) @expression)
(call_expression) @expression
(macro_invocation) @expression

(string_literal) @string
(raw_string_literal) @string
[(line_comment) (block_comment)] @comment
(use_declaration) @import
((line_comment) @docstring (#match? @docstring "^//[/!]"))
((block_comment) @docstring (#match? @docstring "^/\\*[*!]"))

;; lists
(arguments) @arguments
(parameters) @arguments
(declaration_list) @members
(field_declaration_list) @members
(enum_variant_list) @members
(use_declaration) @imports

;; functions
[(function_item) (macro_rule)] @function
(closure_expression) @closure
[(impl_item) (trait_item)] @class
(ERROR "fn" @broken)

;; stubs
([(macro_invocation) (expression_statement)] @placeholder
  (#match? @placeholder "(?i)^(todo|unimplemented)!|^panic!\\((\\s*\\)|\".*<to do>)"))
(macro_rule) @optional
