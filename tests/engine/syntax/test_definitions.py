"""Classes and named functions, with what is said about them, in byte offsets."""

import pytest

from fillwright.engine.syntax.definitions import classes, definitions
from fillwright.engine.syntax.grammars import parser_for


def said(source: str, language: str) -> list[tuple[str, str | None, str | None]]:
    """First line, docstring and comments of every definition."""
    parser = parser_for(language)
    assert parser is not None
    data = source.encode()
    found = definitions(parser.parse(data), language, (0, len(data)))
    return [
        (
            data[one.start :].split(b"\n")[0].decode(),
            None if one.docstring is None else data[slice(*one.docstring)].decode(),
            None if one.comments is None else data[slice(*one.comments)].decode(),
        )
        for one in found
    ]


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        (
            "python",
            '# about é\n@d\nclass A:\n    """Say."""\n\n    def f(self): pass\n',
            [("@d", '"""Say."""', "# about é"), ("def f(self): pass", None, None)],
        ),
        (
            "rust",
            "// apart\n\n/// One\n/// two.\n#[inline]\nfn f() {}\nfn g() { h(|x| x); }\n",
            [("#[inline]", None, "/// One\n/// two."), ("fn g() { h(|x| x); }", None, None)],
        ),
        (
            "javascript",
            "x();  // no\n/**\n * Say.\n */\nexport const f = () => 1;\n",
            [("export const f = () => 1;", None, "/**\n * Say.\n */")],
        ),
        (
            "java",
            "class A {\n  /* a */ /* b */\n  void f() {}\n}\n",
            [("class A {", None, None), ("void f() {}", None, None)],
        ),
        ("go", "// F does.\nfunc F() {}\n", [("func F() {}", None, "// F does.")]),
        ("kotlin", "// F does.\nfun f() {}\n", [("fun f() {}", None, "// F does.")]),
    ],
)
def test_definitions_and_what_is_said_about_them(
    language: str, source: str, expected: list[tuple[str, str | None, str | None]]
) -> None:
    assert said(source, language) == expected


def test_classes_are_found_around_a_place() -> None:
    source = b"class A {\n  m() {\n    class B { n() {} }\n  }\n}\nclass C {}\n"
    parser = parser_for("typescript")
    assert parser is not None
    tree = parser.parse(source)
    assert len(classes(tree, "typescript")) == 3
    at = source.index(b"n()")
    found = classes(tree, "typescript", (at, at + 1))
    assert [source[start:end].split(b" {")[0] for start, end in found] == [b"class A", b"class B"]
