"""Stubs: which bodies only hold a place, in every first-class language."""

import pytest

from fillwright.engine.syntax.functions import stubs
from fillwright.engine.syntax.grammars import parser_for

AROUND = {
    "bash": "f() {\n%s\n}\n",
    "c": "int f(void) {\n%s\n}\n",
    "cpp": "int f() {\n%s\n}\n",
    "csharp": "class A { int F() {\n%s\n} }\n",
    "go": "package a\nfunc f() {\n%s\n}\n",
    "java": "class A { int f() {\n%s\n} }\n",
    "javascript": "function f() {\n%s\n}\n",
    "lua": "function f()\n%s\nend\n",
    "php": "<?php\nfunction f() {\n%s\n}\n",
    "python": "def f():\n    %s\n",
    "ruby": "def f\n%s\nend\n",
    "rust": "fn f() {\n%s\n}\n",
    "tsx": "const f = (): void => {\n%s\n};\n",
    "typescript": "class A { f(): void {\n%s\n} }\n",
}
HELD = {
    "bash": [":", "true", "# later", ""],
    "c": ["", "abort();", "assert(0);", 'assert(!"not implemented");', "/* TODO */"],
    "cpp": [
        'throw std::logic_error("not implemented");',
        'throw std::runtime_error("TODO");',
        "throw NotImplemented{};",
    ],
    "csharp": [
        "throw new NotImplementedException();",
        'throw new System.NotImplementedException("later");',
        'throw new Exception("todo");',
        "throw new NotSupportedException();",
    ],
    "go": ["", 'panic("not implemented")', 'panic("TODO: count")', 'panic("...")', "// TODO"],
    "java": [
        "throw new UnsupportedOperationException();",
        'throw new UnsupportedOperationException("Not supported yet.");',
        'throw new RuntimeException("Stub!");',
        'throw new NotImplementedException("later");',
    ],
    "javascript": [
        "",
        "// TODO",
        'throw new Error("not implemented")',
        "throw new Error();",
        "throw new Error(`TODO`);",
        "throw new Error('…');",
        "throw new NotImplementedError(name);",
        "throw 'todo';",
    ],
    "lua": ["", "-- later", "error('not implemented')", 'error("TODO")', "error()"],
    "php": [
        "",
        "// TODO",
        "throw new \\Exception('Not implemented');",
        "throw new \\LogicException();",
        "throw new BadMethodCallException;",
    ],
    "python": [
        "pass",
        "...",
        "raise NotImplementedError",
        "raise NotImplementedError('later')",
        '"""Say what."""',
        '"""Say what."""\n    ...',
        "pass  # TODO",
    ],
    "ruby": [
        "",
        "# TODO",
        "raise NotImplementedError",
        'raise NotImplementedError, "later"',
        "raise 'not implemented'",
        'fail "TODO"',
    ],
    "rust": [
        "",
        "todo!()",
        'todo!("later");',
        "unimplemented!()",
        'panic!("not yet implemented")',
        "panic!()",
    ],
    "tsx": ["", 'throw new Error("implement me");'],
    "typescript": ["", 'throw new Error("Method not implemented.");'],
}
WRITTEN = {
    "bash": ["echo", "return 1"],
    "c": ["return 0;", "exit(1);", "abort(); return 0;"],
    "cpp": ['throw std::runtime_error("closed");', "throw;"],
    "csharp": ['throw new ArgumentException("name");', "return 1;"],
    "go": ["panic(err)", 'panic("unreachable")', "return"],
    "java": ['throw new IllegalStateException("closed");', "return 1;"],
    "javascript": [
        "throw error;",
        "throw new Error('closed');",
        'throw new Error("must be implemented by subclasses");',
        "return;",
        "x(); throw new Error('todo');",
    ],
    "lua": ["error('closed')", "return"],
    "php": ["throw new InvalidArgumentException('name');", "return;"],
    "python": ["return", "raise ValueError", "pass; x = 1", "x = 1\n    pass", "if x: pass"],
    "ruby": ["raise ArgumentError", "nil", "raise error"],
    "rust": ['panic!("closed")', "unreachable!()", "1"],
    "tsx": ["return;"],
    "typescript": ["return;", "throw this.error;"],
}


def found(language: str, body: str) -> int:
    parser = parser_for(language)
    assert parser is not None
    tree = parser.parse((AROUND[language] % body).encode())
    assert not tree.root_node.has_error
    return len(list(stubs(tree, language)))


@pytest.mark.parametrize(
    ("language", "body"), [(language, body) for language in HELD for body in HELD[language]]
)
def test_what_only_holds_a_place(language: str, body: str) -> None:
    assert found(language, body) == 1


@pytest.mark.parametrize(
    ("language", "body"), [(language, body) for language in WRITTEN for body in WRITTEN[language]]
)
def test_what_is_meant(language: str, body: str) -> None:
    assert found(language, body) == 0


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", "@overload\ndef f(): ...\n"),
        ("python", "class A:\n    @abc.abstractmethod\n    def f(self):\n        pass\n"),
        ("javascript", "on(() => {}, function () {});\n"),
        ("javascript", "class A { constructor() {} }\n"),
        ("tsx", "const a = <a onClick={() => {}} />;\n"),
        ("typescript", "class A { constructor(private a: string) {} }\n"),
        ("go", "package a\nvar x = g(func() {})\n"),
        ("rust", "fn f() { g(|_| {}); }\nmacro_rules! m { () => {} }\n"),
        ("cpp", "struct A { A(int x) : y(x) {} ~A() {} };\nauto x = g([] {});\n"),
        ("java", "class A { A() {} Runnable r = g(() -> {}); }\n"),
        ("csharp", "class A { A() { } ~A() { } void F() { G(() => { }); } }\n"),
        ("php", "<?php class A { function __construct(private int $x) {} }\n"),
        ("ruby", "a.each { }\na.each do |x|\nend\n"),
        ("lua", "on(function() end)\n"),
    ],
)
def test_what_is_meant_to_be_bare(language: str, source: str) -> None:
    parser = parser_for(language)
    assert parser is not None
    tree = parser.parse(source.encode())
    assert not tree.root_node.has_error
    assert list(stubs(tree, language)) == []
