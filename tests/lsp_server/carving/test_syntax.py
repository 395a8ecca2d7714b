"""Offsets are characters, whatever the text takes in bytes."""

import pytest

from fillwright.lsp_server.carving.syntax import Syntax
from fillwright.lsp_server.text.documents import Document

TEXT = '''# größer 𝄞
class Größe:
    """Ein Maß."""

    def breit(self, ä="ß"):
        return f(ä)  # ß

    def hoch(self):
        pass
'''


@pytest.fixture(params=["\n", "\r\n"])
def syntax(request: pytest.FixtureRequest) -> Syntax:
    document = Document.of(TEXT.replace("\n", request.param), "python")
    found = Syntax.of(document, document.layer_at(0))
    assert found is not None
    return found


def of(text: str) -> tuple[int, int]:
    start = TEXT.index(text)
    return start, start + len(text)


def test_a_function_lies_where_its_characters_are(syntax: Syntax) -> None:
    broad, high = syntax.functions(0, len(TEXT))
    assert TEXT[broad.start :].startswith('def breit(self, ä="ß"):')
    assert TEXT[broad.hole_start : broad.hole_end] == "\n        return f(ä)  # ß"
    assert TEXT[: broad.body_start].endswith('ä="ß"):')
    assert TEXT[high.hole_start : high.hole_end].strip() == "pass"
    assert (broad.stub, high.stub, broad.closer) == (False, True, None)


def test_only_what_touches_the_range_is_given(syntax: Syntax) -> None:
    start, end = of("return f(ä)")
    (broad,) = syntax.functions(start, end)
    assert TEXT[broad.start :].startswith("def breit")
    assert list(syntax.stubs(start, end)) == []
    assert [one.stub for one in syntax.stubs(0, len(TEXT))] == [True]


def test_classes_definitions_and_pieces(syntax: Syntax) -> None:
    start, end = of("self, ä")
    ((first, last),) = syntax.classes(start, end)
    assert TEXT[first:last] == TEXT[TEXT.index("class") :].rstrip("\n")
    outer, inner = syntax.definitions(start, end)
    assert outer.docstring == of('"""Ein Maß."""')
    assert TEXT[inner.start :].startswith("def breit")
    assert inner.docstring is None
    assert syntax.pieces(start, "arguments")[-1] == of('self, ä="ß"')


def test_nodes_are_asked_and_placed_by_characters(syntax: Syntax) -> None:
    start, end = of("# ß")
    node = syntax.node_at(start)
    assert node is not None
    assert (node.type, syntax.start_of(node), syntax.end_of(node)) == ("comment", start, end)
    assert syntax.path_to(start)[0].type == "module"


def test_a_header_that_does_not_parse_is_seen() -> None:
    text = "ä = 'ß'\ndef f(ä:\n    pass\n"
    document = Document.of(text, "python")
    syntax = Syntax.of(document, document.layer_at(0))
    assert syntax is not None
    assert syntax.has_error
    assert syntax.has_broken_header(8, len(text)) is True
    assert syntax.has_broken_header(0, 8) is False


def test_without_a_grammar_there_is_none() -> None:
    document = Document.of("x", "plaintext")
    assert Syntax.of(document, document.layer_at(0)) is None
