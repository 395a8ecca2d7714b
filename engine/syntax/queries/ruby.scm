; What Fillwright sees in Ruby. The sections are described in python.scm.
; wrapped by: lambda, assignment

;; spans
(method body: (body_statement) @body)
(singleton_method body: (body_statement) @body)
(do_block body: (body_statement) @block)
(block body: (block_body) @block)
(class body: (body_statement) @block)
(module body: (body_statement) @block)
(if consequence: (then) @block)
(elsif consequence: (then) @block)
(unless consequence: (then) @block)
(when body: (then) @block)
(while body: (do) @block)
(until body: (do) @block)
(for body: (do) @block)

((program (_) @statement) (#not-match? @statement "^(require|#)"))
((body_statement (_) @statement) (#not-match? @statement "^#"))
((then (_) @statement) (#not-match? @statement "^#"))
((block_body (_) @statement) (#not-match? @statement "^#"))

(argument_list (_) @expression)
(array (_) @expression)
(pair value: (_) @expression)
(assignment right: (_) @expression)
(operator_assignment right: (_) @expression)
(return (argument_list (_) @expression))
(if condition: (_) @expression)
(unless condition: (_) @expression)
(while condition: (_) @expression)
(conditional consequence: (_) @expression alternative: (_) @expression)
(element_reference (_) (_) @expression)
(interpolation (_) @expression)
(call) @expression

(string) @string
(heredoc_body) @string
(comment) @comment
((call method: (identifier) @_require) @import (#any-of? @_require "require" "require_relative"))
((comment) @docstring . [(method) (singleton_method) (class) (module)])

;; lists
(argument_list) @arguments
(method_parameters) @arguments
(class body: (body_statement) @members)
(module body: (body_statement) @members)
((call method: (identifier) @_require) @imports (#any-of? @_require "require" "require_relative"))

;; functions
[(method) (singleton_method)] @function
[(do_block) (block)] @closure
[(class) (module) (singleton_class)] @class
(ERROR "def" @broken)

;; stubs
((call) @placeholder
  (#match? @placeholder "(?i)^(raise|fail)[ (]+(NotImplementedError|[\"'].*<to do>)"))
