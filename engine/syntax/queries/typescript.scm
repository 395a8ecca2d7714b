; inherits: ecmascript
; What Fillwright sees in TypeScript. The sections are described in python.scm.
; wrapped by: public_field_definition

;; spans
(interface_body) @block
(enum_body) @block
(internal_module body: (statement_block) @block)
(module body: (statement_block) @block)
(class_body (public_field_definition) @statement)
(public_field_definition value: (_) @expression)
(required_parameter value: (_) @expression)
(optional_parameter value: (_) @expression)
(enum_assignment value: (_) @expression)

;; lists
(interface_body) @members
(enum_body) @members

;; functions
[(abstract_class_declaration) (interface_declaration)] @class

;; names
[
  (required_parameter pattern: (identifier) @bound) (optional_parameter pattern: (identifier) @bound)
  (enum_declaration name: (identifier) @bound) (internal_module name: (identifier) @bound)
  (import_require_clause (identifier) @bound) (abstract_class_declaration name: (_) @bound)
  (function_signature name: (identifier) @bound)
]
