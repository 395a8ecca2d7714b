; What Fillwright sees in Python. Sections are read by engine/syntax/grammars.py.
; What its other languages' files have in their first lines: `inherits` names files whose sections
; come before these, `wrapped by` the nodes that may stand around a function and belong to it.
; wrapped by: decorated_definition
; builtins: ArithmeticError, AssertionError, AttributeError, BaseException, BaseExceptionGroup
; builtins: BlockingIOError, BrokenPipeError, BufferError, BytesWarning, ChildProcessError
; builtins: ConnectionAbortedError, ConnectionError, ConnectionRefusedError, ConnectionResetError
; builtins: DeprecationWarning, EOFError, Ellipsis, EncodingWarning, EnvironmentError, Exception
; builtins: ExceptionGroup, False, FileExistsError, FileNotFoundError, FloatingPointError
; builtins: FutureWarning, GeneratorExit, IOError, ImportError, ImportWarning, IndentationError
; builtins: IndexError, InterruptedError, IsADirectoryError, KeyError, KeyboardInterrupt
; builtins: LookupError, MemoryError, ModuleNotFoundError, NameError, None, NotADirectoryError
; builtins: NotImplemented, NotImplementedError, OSError, OverflowError, PendingDeprecationWarning
; builtins: PermissionError, ProcessLookupError, RecursionError, ReferenceError, ResourceWarning
; builtins: RuntimeError, RuntimeWarning, StopAsyncIteration, StopIteration, SyntaxError
; builtins: SyntaxWarning, SystemError, SystemExit, TabError, TimeoutError, True, TypeError
; builtins: UnboundLocalError, UnicodeDecodeError, UnicodeEncodeError, UnicodeError
; builtins: UnicodeTranslateError, UnicodeWarning, UserWarning, ValueError, Warning
; builtins: ZeroDivisionError, abs, aiter, all, anext, any, ascii, bin, bool, breakpoint, bytearray
; builtins: bytes, callable, chr, classmethod, compile, complex, copyright, credits, delattr, dict
; builtins: dir, divmod, enumerate, eval, exec, exit, filter, float, format, frozenset, getattr
; builtins: globals, hasattr, hash, help, hex, id, input, int, isinstance, issubclass, iter, len
; builtins: license, list, locals, map, max, memoryview, min, next, object, oct, open, ord, pow
; builtins: print, property, quit, range, repr, reversed, round, set, setattr, slice, sorted
; builtins: staticmethod, str, sum, super, tuple, type, vars, zip, __file__, __name__, __doc__
; builtins: __import__

;; spans
; Pieces worth filling: a capture's name is the span's kind. `body` and `block` are widened by
; engine/syntax/blocks.py to the place where their hole would begin.

(function_definition body: (block) @body)
(class_definition body: (block) @block)
(if_statement consequence: (block) @block)
(elif_clause consequence: (block) @block)
(else_clause body: (block) @block)
(for_statement body: (block) @block)
(while_statement body: (block) @block)
(with_statement body: (block) @block)
(try_statement body: (block) @block)
(except_clause (block) @block)
(finally_clause (block) @block)
(case_clause consequence: (block) @block)

[
  (assert_statement) (break_statement) (class_definition) (continue_statement)
  (decorated_definition) (delete_statement) (exec_statement) (expression_statement)
  (for_statement) (function_definition) (global_statement) (if_statement) (match_statement)
  (nonlocal_statement) (pass_statement) (print_statement) (raise_statement) (return_statement)
  (try_statement) (type_alias_statement) (while_statement) (with_statement)
] @statement

(argument_list (_) @expression)
(assignment right: (_) @expression)
(augmented_assignment right: (_) @expression)
(named_expression value: (_) @expression)
(keyword_argument value: (_) @expression)
(default_parameter value: (_) @expression)
(typed_default_parameter value: (_) @expression)
(pair value: (_) @expression)
(return_statement (_) @expression)
(if_statement condition: (_) @expression)
(elif_clause condition: (_) @expression)
(while_statement condition: (_) @expression)
(for_statement right: (_) @expression)
(subscript subscript: (_) @expression)
(call) @expression

(string) @string
(comment) @comment
(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import
(module . (comment)* . (expression_statement (string) @docstring))
(class_definition body: (block . (expression_statement (string) @docstring)))
(function_definition body: (block . (expression_statement (string) @docstring)))

;; lists
; What stands between the brackets of `arguments` or holds the `members` of a class; `imports` are
; joined with those next to them.

(argument_list) @arguments
(parameters) @arguments
(class_definition body: (block) @members)
[(import_statement) (import_from_statement) (future_import_statement)] @imports

;; functions
; `function` is every function that has a name, `closure` one that may go without; the body is found
; by the names of the nodes in it (`shapes.py`). `class` holds members. `broken` is a token of a
; function whose header does not parse.

(function_definition) @function
(class_definition) @class
(ERROR "def" @broken)

;; stubs
; Asked of one node, whatever is in it. Of a statement in a body: `docstring`, and `placeholder` for
; one that only holds the place of a body. Of a function, with what wraps it: `declared`, where a
; bare body is the point of it, and `optional`, where an empty one may be. `<to do>` in a pattern
; stands for the words that say of something that it is still to be written.

((expression_statement (string)) @docstring)
[(pass_statement) (expression_statement (ellipsis))] @placeholder
((raise_statement) @placeholder (#match? @placeholder "^raise NotImplemented(Error)?\\b"))
((decorated_definition) @declared
  (#match? @declared "(?m)^\\s*@(\\w+\\.)*(overload|abstractmethod)\\b"))

;; layout
; What the grammar lets through and Python does not. The statements of a `sequence` that begin a
; line stand in one column, and a `clause` stands in the column of its statement; `fault` is wrong
; wherever it is.

(module) @sequence
(block) @sequence
[(elif_clause) (else_clause) (except_clause) (finally_clause)] @clause
(try_statement body: (block) @fault .)
(try_statement body: (block) . (else_clause) @fault)
; what Python 2 had
((string_start) @fault (#match? @fault "`"))
(comparison_operator "<>" @fault)
((integer) @fault (#match? @fault "^0[0-9_]*[1-9][0-9_]*$|[lL]$"))
(argument_list
  (keyword_argument) .
  [
    (identifier) (attribute) (call) (subscript) (string) (integer) (float) (list) (tuple)
    (dictionary) (true) (false) (none) (unary_operator) (binary_operator)
  ] @fault)

;; names
; Every `name` of a variable, and among them those that are a `member` of something else, that are
; `bound` here, the `local` ones, bound by a plain assignment that only makes sense if they are read,
; and those that are read for no more than to be `updated`.

(identifier) @name
(attribute attribute: (identifier) @member)
[(keyword_argument name: (identifier) @member) (keyword_pattern . (identifier) @member)]
(dotted_name (identifier) @member)

(assignment left: (identifier) @local)
(augmented_assignment left: (identifier) @updated)
[
  (pattern_list (identifier) @bound) (tuple_pattern (identifier) @bound)
  (list_pattern (identifier) @bound) (list_splat_pattern (identifier) @bound)
  (dictionary_splat_pattern (identifier) @bound) (splat_pattern (identifier) @bound)
  (for_statement left: (identifier) @bound) (for_in_clause left: (identifier) @bound)
  (named_expression name: (identifier) @bound)
  (as_pattern_target [(identifier) @bound (_ (identifier) @bound)])
  (as_pattern (case_pattern) (identifier) @bound)
  (parameters (identifier) @bound) (lambda_parameters (identifier) @bound)
  (default_parameter name: (identifier) @bound) (typed_parameter (identifier) @bound)
  (typed_default_parameter name: (identifier) @bound)
  (function_definition name: (identifier) @bound) (class_definition name: (identifier) @bound)
  (import_statement name: (dotted_name . (identifier) @bound))
  (import_from_statement name: (dotted_name (identifier) @bound))
  (aliased_import alias: (identifier) @bound) (case_pattern (dotted_name (identifier) @bound))
  (keyword_pattern (dotted_name (identifier) @bound))
  (global_statement (identifier) @bound) (nonlocal_statement (identifier) @bound)
]
