; What Fillwright sees in shell scripts. The sections are described in python.scm.

;; spans
(function_definition body: [(compound_statement) (subshell)] @body)
(do_group) @block

(program
  [
    (command) (pipeline) (list) (redirected_statement) (variable_assignment) (function_definition)
    (if_statement) (for_statement) (while_statement) (case_statement)
  ] @statement)
(compound_statement (_) @statement)
(do_group (_) @statement)
(if_statement [(command) (pipeline) (redirected_statement) (variable_assignment)] @statement)

(command argument: (_) @expression)
(variable_assignment value: (_) @expression)
(command_substitution) @expression
(test_command) @expression

[(string) (raw_string) (heredoc_body)] @string
(comment) @comment
((command name: (_) @_name) @import (#any-of? @_name "source" "."))
((comment) @docstring . (function_definition))

;; lists
(command argument: (_) @arguments)
((command name: (_) @_name) @imports (#any-of? @_name "source" "."))

;; functions
(function_definition) @function
(ERROR "function" @broken)

;; stubs
((command) @placeholder (#match? @placeholder "^(:|true)$"))
