; JSX, in JavaScript and in TSX. The sections are described in python.scm.

;; spans
(jsx_expression (_) @expression)
(jsx_element) @expression
(jsx_self_closing_element) @expression
(jsx_attribute (string) @string)

;; names
; a name that begins with a small letter is HTML's
((jsx_opening_element name: (identifier) @member) (#match? @member "^[a-z]"))
((jsx_closing_element name: (identifier) @member) (#match? @member "^[a-z]"))
((jsx_self_closing_element name: (identifier) @member) (#match? @member "^[a-z]"))
