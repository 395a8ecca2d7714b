; inherits: ecmascript, jsx
; What Fillwright sees in JavaScript. The sections are described in python.scm.
; wrapped by: field_definition

;; spans
(class_body (field_definition) @statement)
(field_definition value: (_) @expression)

;; names
(formal_parameters (identifier) @bound)
