"""What a change was. In the sources `‸` is where the typing begins."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.lsp_server.suggestions.last_change import LastChange, LastChanges
from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import PositionEncoding
from fillwright.lsp_server.text.subscribers import DocumentEdit

ENCODINGS = [PositionEncoding.UTF8, PositionEncoding.UTF16, PositionEncoding.UTF32]
Edit = tuple[int, int, str]


class Editor:
    """A document and the changes since they were last sent; offsets count in the text so far."""

    def __init__(
        self, source: str, encoding: PositionEncoding = PositionEncoding.UTF16, at: int = 0
    ) -> None:
        self.cursor = source.index("‸") if "‸" in source else at
        self.encoding = encoding
        self.document = Document.of(source.replace("‸", ""), "plaintext", "untitled:a", 1)
        self.last = LastChanges()
        self._sent = self.document
        self._changes: list[Change] = []

    def edit(self, start: int, end: int, text: str) -> None:
        lines = self.document.lines
        places = (lines.position(offset, self.encoding) for offset in (start, end))
        change = Change(text, *places)
        self.document = self.document.changed([change], self._sent.version + 1, self.encoding)
        self._changes.append(change)
        self.cursor = start + len(text)

    def type(self, keys: str) -> None:
        """Type: `⌫` deletes before the cursor, `⌦` after it, `⏎` goes on in the indentation, and
        brackets are closed."""
        for key in keys:
            at = self.cursor
            match key:
                case "⌫":
                    self.edit(at - 1, at, "") if at else None
                case "⌦":
                    self.edit(at, min(at + 1, len(self.document.text)), "")
                    self.cursor = at
                case "⏎":
                    self.edit(at, at, "\n")
                    self.edit(at + 1, at + 1, "    ")
                case "(":
                    self.edit(at, at, "(")
                    self.edit(at + 1, at + 1, ")")
                    self.cursor = at + 1
                case _:
                    self.edit(at, at, key)

    def send(self) -> LastChange:
        """All changes at once, as `textDocument/didChange`."""
        self.last.record(DocumentEdit(self._sent, self.document, self._changes, self.encoding))
        self._sent, self._changes = self.document, []
        last = self.last.of(self.document)
        assert last is not None
        return last


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "keys",
    [
        "self.w",
        "1⏎self.w",
        "1⏎⏎⏎def x",
        "⏎for x in f(y",
        "⏎ab⌫⌫⌫⌫⌫⌫x⏎y",
        "⏎🙂é⌫🙂⏎x",
        "(🙂⏎a⏎b",
        "a⏎⌦⌦b⏎c",
        "⌫⌫⌫⌫⌫⌫⌫⌫⌫⌫x⏎y",
    ],
)
def test_keys_that_come_together_are_one_place(keys: str, encoding: PositionEncoding) -> None:
    editor = Editor("🙂 above\nx = ‸ 🙂\nbelow\n\n", encoding)
    editor.type(keys)
    assert not editor.send().several


@pytest.mark.parametrize(
    "changes",
    [
        # what an editor sets right in the line that was left, or in the indentation of this one
        [(9, 9, "\n"), (5, 9, "")],
        [(9, 9, "\nb"), (5, 9, ""), (7, 7, "c")],
        [(9, 9, "else:"), (5, 9, ""), (10, 10, "\n"), (11, 11, "x")],
        # a word of the popup's that takes the place of what was typed
        [(9, 9, "f"), (9, 10, "foo\nbar"), (16, 16, "!")],
        # elsewhere in the same line
        [(9, 9, "<p>"), (5, 5, "<p>")],
    ],
)
def test_what_an_editor_adds_to_the_keys_is_the_same_place(changes: Sequence[Edit]) -> None:
    editor = Editor("head\n    \ntail\n")
    for change in changes:
        editor.edit(*change)
    assert not editor.send().several


@pytest.mark.parametrize(
    "changes",
    [
        [(2, 2, "x"), (5, 5, "x")],
        [(5, 5, "x"), (2, 2, "x")],
        # in lines that follow each other, at their ends
        [(2, 2, "\n"), (6, 6, "\n")],
        [(5, 5, "\n"), (2, 2, "\n")],
        [(0, 0, "x\n"), (5, 5, "x\n")],
        # key after key in both
        [(2, 2, "x"), (6, 6, "x"), (3, 3, "y"), (8, 8, "y")],
        # what is deleted is no place, what is put there is
        [(2, 2, "x"), (5, 6, ""), (5, 5, "y")],
        [(1, 2, "x"), (4, 5, "x"), (7, 8, "x")],
    ],
)
def test_several_cursors_are_several_places(changes: Sequence[Edit]) -> None:
    editor = Editor("ab\ncd\nef\n", at=0)
    for change in changes:
        editor.edit(*change)
    assert editor.send().several


KEYS = st.text(st.sampled_from("a🙂é .⏎⌫⌦("), max_size=20)
LINES = st.lists(st.text(st.sampled_from("a🙂é x"), max_size=6), min_size=1, max_size=6)


@given(LINES, st.integers(0, 40), KEYS, st.sampled_from(ENCODINGS))
def test_whatever_one_cursor_types_is_one_place(
    lines: list[str], at: int, keys: str, encoding: PositionEncoding
) -> None:
    text = "\n".join(lines)
    editor = Editor(text, encoding, at=min(at, len(text)))
    editor.type(keys)
    assert not editor.send().several


@given(LINES, KEYS.filter(lambda keys: set(keys) - set("⌫⌦")), st.sampled_from(ENCODINGS))
def test_the_same_keys_on_two_lines_are_several_places(
    lines: list[str], keys: str, encoding: PositionEncoding
) -> None:
    typed = keys.replace("⌫", "").replace("⌦", "")
    editor = Editor("‸" + "\n".join(["", *lines, "between", ""]), encoding)
    editor.type(typed)
    editor.cursor = len(editor.document.text)
    editor.type(typed)
    assert editor.send().several


def test_letters_taken_back_by_one_key_each_are_no_undo_of_a_whole_text() -> None:
    editor = Editor("x = ‸\n")
    editor.type("ab")
    assert not editor.send().back
    editor.type("⌫⌫")
    last = editor.send()
    assert last.back
    assert last.small
    editor.type("ab")
    editor.send()
    editor.edit(4, 6, "")
    last = editor.send()
    assert last.back
    assert not last.small
