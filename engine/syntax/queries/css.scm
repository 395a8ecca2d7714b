; What Fillwright sees in CSS: a rule is filled like a function. The sections are described in
; python.scm.

;; functions
[(rule_set) (media_statement) (keyframes_statement) (supports_statement)] @function
