; What JavaScript and TypeScript have in common. The sections are described in python.scm.
; wrapped by: export_statement, lexical_declaration, variable_declaration, variable_declarator,
; wrapped by: expression_statement, assignment_expression
; builtins: AbortController, AggregateError, Array, ArrayBuffer, AsyncFunction, Atomics, BigInt
; builtins: BigInt64Array, BigUint64Array, Blob, Boolean, Buffer, CustomEvent, DataView, Date
; builtins: Document, Element, Error, EvalError, Event, EventTarget, File, FinalizationRegistry
; builtins: Float32Array, Float64Array, FormData, Function, HTMLElement, Headers, Infinity
; builtins: Int16Array, Int32Array, Int8Array, Intl, Iterator, JSON, Map, Math, MutationObserver
; builtins: NaN, Node, Number, Object, Promise, Proxy, RangeError, ReferenceError, Reflect, RegExp
; builtins: Request, Response, Set, SharedArrayBuffer, String, Symbol, SyntaxError, TextDecoder
; builtins: TextEncoder, TypeError, URIError, URL, URLSearchParams, Uint16Array, Uint32Array
; builtins: Uint8Array, Uint8ClampedArray, WeakMap, WeakRef, WeakSet, WebAssembly, WebSocket
; builtins: Worker, XMLHttpRequest, __dirname, __filename, alert, arguments, atob, btoa
; builtins: cancelAnimationFrame, clearImmediate, clearInterval, clearTimeout, console, crypto
; builtins: decodeURI, decodeURIComponent, document, encodeURI, encodeURIComponent, escape, eval
; builtins: exports, fetch, global, globalThis, history, isFinite, isNaN, localStorage, location
; builtins: module, navigator, parseFloat, parseInt, performance, process, queueMicrotask
; builtins: requestAnimationFrame, require, self, sessionStorage, setImmediate, setInterval
; builtins: setTimeout, structuredClone, undefined, unescape, window

;; spans
[
  (function_declaration body: (statement_block) @body)
  (generator_function_declaration body: (statement_block) @body)
  (function_expression body: (statement_block) @body)
  (generator_function body: (statement_block) @body)
  (arrow_function body: (statement_block) @body)
  (method_definition body: (statement_block) @body)
]

(class_body) @block
(switch_body) @block
(if_statement consequence: (statement_block) @block)
(else_clause (statement_block) @block)
(for_statement body: (statement_block) @block)
(for_in_statement body: (statement_block) @block)
(while_statement body: (statement_block) @block)
(do_statement body: (statement_block) @block)
(try_statement body: (statement_block) @block)
(catch_clause body: (statement_block) @block)
(finally_clause body: (statement_block) @block)
(class_static_block body: (statement_block) @block)

((program (statement) @statement) (#not-match? @statement "^import"))
(statement_block (statement) @statement)
(switch_case body: (statement) @statement)
(switch_default body: (statement) @statement)
(class_body (method_definition) @statement)

(arguments (_) @expression)
(array (_) @expression)
(variable_declarator value: (_) @expression)
(assignment_expression right: (_) @expression)
(augmented_assignment_expression right: (_) @expression)
(assignment_pattern right: (_) @expression)
(pair value: (_) @expression)
(return_statement (_) @expression)
(throw_statement (_) @expression)
(arrow_function body: (expression) @expression)
(if_statement condition: (parenthesized_expression (_) @expression))
(while_statement condition: (parenthesized_expression (_) @expression))
(do_statement condition: (parenthesized_expression (_) @expression))
(switch_statement value: (parenthesized_expression (_) @expression))
(for_statement condition: (_) @expression)
(for_in_statement right: (_) @expression)
(subscript_expression index: (_) @expression)
(ternary_expression consequence: (_) @expression alternative: (_) @expression)
(template_substitution (_) @expression)
(call_expression) @expression
(new_expression) @expression

(string) @string
(template_string) @string
(comment) @comment
(import_statement) @import
((comment) @docstring (#match? @docstring "^/\\*\\*"))

;; lists
(arguments) @arguments
(formal_parameters) @arguments
(class_body) @members
(import_statement) @imports

;; functions
[
  (function_declaration) (generator_function_declaration) (method_definition)
] @function
[(arrow_function) (function_expression) (generator_function)] @closure
[(class_declaration) (class)] @class
(ERROR "function" @broken)

;; stubs
((throw_statement) @placeholder
  (#match? @placeholder "(?i)^throw (new )?\\w*(Error|Exception)\\(\\s*\\)"))
((throw_statement) @placeholder
  (#match? @placeholder "(?i)(not|un)_?implemented|^throw .*[\"'`].*<to do>"))
((method_definition) @optional (#match? @optional "^(\\w+ )*constructor\\b"))

;; names
[(identifier) (shorthand_property_identifier)] @name

(variable_declarator name: (identifier) @local)
(expression_statement (augmented_assignment_expression left: (identifier) @updated))
(expression_statement (update_expression argument: (identifier) @updated))
[
  (shorthand_property_identifier_pattern) @bound (rest_pattern (identifier) @bound)
  (pair_pattern value: (identifier) @bound) (assignment_pattern left: (identifier) @bound)
  (array_pattern (identifier) @bound) (for_in_statement left: (identifier) @bound)
  (arrow_function parameter: (identifier) @bound)
  (catch_clause parameter: (identifier) @bound)
  (function_declaration name: (identifier) @bound)
  (generator_function_declaration name: (identifier) @bound)
  (function_expression name: (identifier) @bound) (generator_function name: (identifier) @bound)
  (class_declaration name: (_) @bound) (class name: (_) @bound)
  (import_clause (identifier) @bound) (namespace_import (identifier) @bound)
  (import_specifier (identifier) @bound)
]
