"""Fills made to fit: what holds for any document, hole and text, in every kind of syntax."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from tree_sitter import Node

from fillwright.engine.request import Hole
from fillwright.engine.syntax.grammars import parser_for
from fillwright.lsp_server.carving.carving import (
    Carving,
    carve_body,
    carve_line_end,
    carve_selection,
    stub_bodies,
)
from fillwright.lsp_server.fitting.fit import fit_fill
from fillwright.lsp_server.text.changes import TextChange, applied
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.positions import LineIndex, PositionEncoding

LANGUAGES = ["python", "javascript", "go", "ruby", "bash", "c", "klingon"]
CODE = {
    "python": ["def f(x):", "class A:", "if x:", "return x", "pass", '"""', "else:", "x = [1,"],
    "javascript": ["function f(x) {", "class A {", "if (x) {", "return x;", "`${", "<b>", "=> {"],
    "go": ["func f(x int) int {", "type A struct {", "if x {", "return x", "package p", "`", ":="],
    "ruby": ["def f(x)", "class A", "if x", "x.each do |y|", "end", '"#{', "<<~A", "A"],
    "bash": ["f() {", "if x; then", "fi", "for x in y; do", "done", "$(", "cat <<A", "A", "[["],
    "c": ["int f(int x) {", "struct A {", "#if X", "#endif", "return x;", "'{'", "/* ", "*/"],
    "klingon": ["proc f", "end", "begin"],
}
SIGNS = [
    *("x = 1", "foo(", ")", "{", "}", "[", "]", '"', "'", ",", ";", "# c", "// c", "ret", "return"),
    *("\n", "\r\n", "\r", "\n  ", "\r\n    ", "\n\t", "\t", " ", "\f", "\u2028", "é", "😀"),
]


FUNCTIONS = {
    "python": ("def f(x):", "    ", "\n\ny = 1\n"),
    "javascript": ("const f = (x) => {", "  ", "\n};\n"),
    "go": ("func f(x int) int {", "\t", "\n}\n"),
    "ruby": ("def f(x)", "  ", "\nend\n"),
    "bash": ("f() {", "  ", "\n}\n"),
    "c": ("int f(int x)\n{", "    ", "\n}\n"),
    "klingon": ("proc f", "  ", "\nend\n"),
}
Case = tuple[Document, Carving, str]


def texts(language: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from([*CODE[language], *SIGNS]), max_size=20).map("".join)


@st.composite
def places(draw: st.DrawFn) -> Case:
    """Any text as a document, a hole of any kind in it, and a text for the hole."""
    language = draw(st.sampled_from(LANGUAGES))
    document = Document.of(draw(texts(language)), language)
    end = draw(st.integers(0, len(document.lf)))
    start = draw(st.integers(0, end))
    found = [carve_body(document, end), *stub_bodies(document)]
    found += [carve_line_end(document, end), carve_selection(document, start, end)]
    carving = draw(st.sampled_from([carving for carving in found if carving is not None]))
    note(f"{document.text!r}")
    return document, carving, draw(texts(language))


@st.composite
def bodies(draw: st.DrawFn) -> Case:
    """A function between any texts, its body as the hole, and a text for it."""
    language = draw(st.sampled_from(LANGUAGES))
    header, indent, end = FUNCTIONS[language]
    before, body, after, fill = (draw(st.just("") | texts(language)) for _ in range(4))
    above = f"{before}\n" if before else ""
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    source = (above + header + f"\n{indent}" + body + end + after).replace("\n", line_end)
    document = Document.of(source, language)
    carving = carve_body(document, len(above) + len(header))
    assume(carving is not None)
    assert carving is not None
    note(f"{document.text!r}")
    return document, carving, fill


@settings(max_examples=200)
@given(places() | bodies())
def test_only_the_hole_changes(case: Case) -> None:
    document, carving, fill = case
    [hole] = carving.holes
    first, last = document.from_lf(hole.start), document.from_lf(hole.end)
    fit = fit_fill(document, carving, [fill])
    assert len(fit.changes) + len(fit.dropped) == 1
    for change in fit.changes:
        assert first <= change.start <= change.end <= last
        assert change.text != document.text[change.start : change.end]
        assert_minimal(document, change)
        changed = applied(document.text, [change])
        assert changed.startswith(document.text[:first])
        assert changed.endswith(document.text[last:])
        assert_same_in_every_encoding(document, change, changed)


def assert_minimal(document: Document, change: TextChange) -> None:
    old, new = document.text[change.start : change.end], change.text.replace("\r\n", "\n")
    old = old.replace("\r\n", "\n")
    if old and new:
        assert old[0] != new[0] or {old[0], new[0]} & {"\r", "\n"}
        assert old[-1] != new[-1] or {old[-1], new[-1]} & {"\r", "\n"}


def assert_same_in_every_encoding(document: Document, change: TextChange, changed: str) -> None:
    """The change as an editor gets it, by line and column, does the same."""
    for encoding in PositionEncoding:
        start, end = (document.lines.position(at, encoding) for at in (change.start, change.end))
        assert start <= end
        index = LineIndex(document.text)
        editor = Document.of(document.text, document.language)
        after = editor.replaced(
            index.offset(start, encoding), index.offset(end, encoding), change.text, 1
        )
        assert after.text == changed


@settings(max_examples=200)
@given(places() | bodies())
def test_there_are_never_more_syntax_errors(case: Case) -> None:
    document, carving, fill = case
    changed = applied(document.text, fit_fill(document, carving, [fill]).changes)
    assert errors(changed, document.language) <= errors(document.text, document.language)


@settings(max_examples=30)
@given(bodies(), st.data())
def test_a_long_document_is_no_worse_either(case: Case, data: st.DataObject) -> None:
    """Where only the surroundings of a hole are looked at; one of many functions may be broken."""
    document, carving, fill = case
    header, indent, end = FUNCTIONS[document.language]
    many = "\n".join(f"{header}\n{indent}x{end}" for _ in range(150))
    broken = data.draw(texts(document.language) | st.just(""))
    above = many + "\n" + broken + "\n" + many + "\n"
    [hole] = carving.holes
    long = Document.of(above + document.lf + "\n" + many, document.language)
    moved = replace(carving, holes=(Hole(hole.start + len(above), hole.end + len(above)),))
    changed = applied(long.text, fit_fill(long, moved, [fill]).changes)
    assert errors(changed, long.language) <= errors(long.text, long.language)


def errors(text: str, language: str) -> int:
    """The errors of a text that is parsed by itself."""
    parser = parser_for(language)
    if parser is None:
        return 0
    source = Document.of(text, language).source
    return sum(node.is_error or node.is_missing for node in nodes(parser.parse(source).root_node))


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children if node.has_error else ():
        yield from nodes(child)


@settings(max_examples=200)
@given(bodies())
def test_a_body_that_was_fitted_is_left_alone(case: Case) -> None:
    """Asked for the same body again, nothing changes any more. Part of a line may well be fitted
    differently to what it is now than to what it was before."""
    document, carving, fill = case
    four = Formatting(4, insert_spaces=True)
    fit = fit_fill(document, carving, [fill], four)
    header = FUNCTIONS[document.language][0]
    # a text that says the header several times loses one of them each time, and mixed white space
    # is no step of indentation until it is the file's
    if not fit.changes or header in fill or " \t" in fill:
        return
    [change], [hole] = fit.changes, carving.holes
    after = Document.of(applied(document.text, [change]), document.language)
    end = len(after.lf) - (len(document.lf) - hole.end)
    again = replace(carving, holes=(Hole(hole.start, end),))
    fitted = after.lf[hole.start : end]
    assert fit_fill(after, again, [fitted], four).changes == ()
