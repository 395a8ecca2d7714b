"""Documents: incremental edits and trees equal to starting over, LF form and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Node

from fillwright.lsp_server.text.documents import Change, Document, DocumentStore
from fillwright.lsp_server.text.positions import Position, PositionEncoding

PIECES = st.sampled_from(
    [
        *("def f(x):", "    ", "return x", "pass", "class A:", "if x:", "else:", "# c", '"""'),
        *("\n", "\r\n", "\r", "\t", "\f", "\u2028", "é", "😀", "e\u0301", "(", ")", "x = 1", "'"),
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)
SOUND_LINES = st.sampled_from(
    ["x = '😀'", "def f(é): return é", "class A: pass", "# \u2028", "", "\f", "y = (1,  # c", "2)"]
)


def sound_document(lines: list[str], line_end: str) -> Document:
    return Document.of("".join(line + line_end for line in lines), "python")


def outline(node: Node | None) -> object:
    assert node is not None
    return (
        node.type,
        node.byte_range,
        node.start_point,
        node.end_point,
        node.is_missing,
        [outline(child) for child in node.children],
    )


@given(TEXTS, st.sampled_from(PositionEncoding), st.data())
def test_edits_are_applied_exactly(
    text: str, encoding: PositionEncoding, data: st.DataObject
) -> None:
    store = DocumentStore(encoding)
    document = store.open("file:///a.py", "python", 1, text)
    for version in range(2, 6):
        end = data.draw(st.integers(0, len(text)))
        start = data.draw(st.integers(0, end))
        new = data.draw(TEXTS)
        # a position cannot name the place inside \r\n
        start -= text[start - 1 : start + 1] == "\r\n"
        end -= text[end - 1 : end + 1] == "\r\n"
        change = Change(
            new,
            document.lines.position(start, encoding),
            document.lines.position(end, encoding),
        )
        if data.draw(st.booleans()):
            assert document.tree is not None
        document = store.change("file:///a.py", version, [change])
        text = text[:start] + new + text[end:]
        assert document.text == text
        assert document.version == version
        assert document.lf == text.replace("\r\n", "\n").replace("\r", "\n")
        assert store.get("file:///a.py") is document


@settings(max_examples=200)
@given(
    st.lists(SOUND_LINES, max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.data(),
)
def test_the_tree_is_that_of_a_fresh_parse(
    lines: list[str], line_end: str, data: st.DataObject
) -> None:
    document = sound_document(lines, line_end)
    assert document.tree is not None
    for version in range(1, 5):
        end = data.draw(st.integers(0, len(document.text)))
        start = data.draw(st.integers(0, end))
        document = document.replaced(start, end, data.draw(TEXTS), version)
        assert document.tree is not None
        fresh = Document.of(document.text, "python").tree
        assert fresh is not None
        if not fresh.root_node.has_error:
            assert outline(document.tree.root_node) == outline(fresh.root_node)
        assert document.tree.root_node.end_byte == fresh.root_node.end_byte


PAGE = "<p>é</p>\n<script>\nfunction f(x) {\n  return g(x, 1);\n}\n</script>\n<style>a {}</style>\n"


@settings(max_examples=100)
@given(st.data())
def test_the_tree_of_a_script_is_that_of_a_fresh_parse(data: st.DataObject) -> None:
    document = Document.of(PAGE, "html")
    for version in range(1, 4):
        assert document.layer_at(document.lf.index("return")).language == "javascript"
        end = data.draw(st.integers(PAGE.index("function"), document.lf.index("return")))
        start = data.draw(st.integers(PAGE.index("function"), end))
        document = document.replaced(
            start, end, data.draw(st.sampled_from(["", "x", "y = 1;\n", "é", "{}"])), version
        )
        layer = document.layer_at(document.lf.index("return"))
        fresh = Document.of(document.text, "html").layer_at(document.lf.index("return"))
        assert (layer.start, layer.end) == (fresh.start, fresh.end)
        assert layer.tree is not None
        assert fresh.tree is not None
        if not fresh.tree.root_node.has_error:
            assert outline(layer.tree.root_node) == outline(fresh.tree.root_node)


def test_each_place_has_the_language_that_is_written_there() -> None:
    document = Document.of(PAGE, "html")
    for word, language in (("é", "html"), ("g(x", "javascript"), ("a {", "css")):
        layer = document.layer_at(PAGE.index(word))
        assert layer.language == language
        assert layer.start <= PAGE.index(word) <= layer.end
    script = document.layer_at(PAGE.index("g(x"))
    assert PAGE[script.start : script.end].startswith("\nfunction")
    assert script.tree is not None
    first = script.tree.root_node.named_child(0)
    assert first is not None
    assert document.span(first)[0] == PAGE.index("function")


def test_a_script_is_parsed_once_for_each_version_and_from_the_one_before() -> None:
    document = Document.of(PAGE, "html")
    place = PAGE.index("return")
    tree = document.layer_at(place).tree
    assert document.layer_at(place + 1).tree is tree
    edited = document.replaced(place, place, "a; ", 1)
    [(language, old)] = edited._old_layers
    assert language == "javascript"
    new = edited.layer_at(place).tree
    assert new is not None
    assert all(part.start_byte >= place for part in old.changed_ranges(new))


def test_only_the_part_around_an_edit_is_parsed_again() -> None:
    document = Document.of("def f():\n    return 1\n" * 50 + "x = 1\n", "python")
    assert document.tree is not None
    edited = document.replaced(len(document.text) - 2, len(document.text) - 1, "2", 1)
    assert edited.tree is not None
    assert edited._old_tree is not None
    last_line = edited.lines.starts[100]
    changed = edited._old_tree.changed_ranges(edited.tree)
    assert all(part.start_byte >= last_line for part in changed)


@given(TEXTS, st.data())
def test_lf_offsets_come_back(text: str, data: st.DataObject) -> None:
    document = Document.of(text, "python")
    offset = data.draw(st.integers(0, len(document.lf)))
    there = document.from_lf(offset)
    assert document.to_lf(there) == offset
    assert text[:there].replace("\r\n", "\n").replace("\r", "\n") == document.lf[:offset]


def test_an_older_version_keeps_its_text() -> None:
    store = DocumentStore()
    before = store.open("u", "python", 1, "x = 1\n")
    store.change("u", 2, [Change("y", Position(0, 0), Position(0, 1))])
    assert (before.text, before.version) == ("x = 1\n", 1)


def test_a_change_without_a_range_is_the_whole_text() -> None:
    store = DocumentStore()
    store.open("u", "python", 1, "x = 1\n")
    changes = [Change("a\n"), Change("b", Position(1, 0), Position(1, 0))]
    assert store.change("u", 2, changes).text == "a\nb"


def test_a_change_of_nothing_is_a_new_version() -> None:
    store = DocumentStore()
    store.open("u", "python", 1, "x = 1\n")
    assert store.change("u", 7, []).version == 7


def test_closed_documents_are_gone() -> None:
    store = DocumentStore()
    store.open("u", "python", 1, "x = 1\n")
    store.close("u")
    store.close("u")
    assert store.get("u") is None
    with pytest.raises(KeyError):
        store.change("u", 2, [])


@pytest.mark.parametrize(
    ("text", "offset", "line_end"),
    [("a\r\nb\n", 0, "\r\n"), ("a\r\nb\n", 3, "\n"), ("a\rb", 2, "\r"), ("", 0, "\n")],
)
def test_line_ends_are_those_of_the_place(text: str, offset: int, line_end: str) -> None:
    assert Document.of(text, "python").line_end_at(offset) == line_end


def test_without_a_grammar_there_is_no_tree() -> None:
    assert Document.of("x", "klingon").tree is None


@given(TEXTS, st.data())
def test_byte_offsets_come_back(text: str, data: st.DataObject) -> None:
    document = Document.of(text, "python")
    offset = data.draw(st.integers(0, len(document.lf)))
    byte = document.byte(offset)
    assert byte == len(document.lf[:offset].encode())
    assert document.character(byte) == offset


def test_nodes_are_found_behind_wide_characters() -> None:
    document = Document.of("s = 'é😀'\r\nx = 1\r\n", "python")
    assert document.tree is not None
    last = document.tree.root_node.named_child(1)
    assert document.span(last) == (9, 14)
    assert document.lf[9:14] == "x = 1"
    assert document.byte(9) == last.start_byte
    assert document.point(9) == last.start_point
