; JSX, in JavaScript and in TSX. The sections are described in python.scm.

;; spans
(jsx_expression (_) @expression)
(jsx_element) @expression
(jsx_self_closing_element) @expression
(jsx_attribute (string) @string)
