"""Positions against a naive reference that counts one character at a time."""

from hypothesis import given
from hypothesis import strategies as st

from fillwright.lsp_server.text.positions import LineIndex, Position, PositionEncoding

TRICKY = st.text(alphabet="aé€😀\u0301\r\n\f\v\x85\u2028\u2029\t ", max_size=40)
ENCODINGS = st.sampled_from(PositionEncoding)
WIDTHS = {
    PositionEncoding.UTF8: lambda c: len(c.encode()),
    PositionEncoding.UTF16: lambda c: 2 if ord(c) > 0xFFFF else 1,
    PositionEncoding.UTF32: lambda c: 1,
}


def naive_lines(text: str) -> list[str]:
    """The lines with their end marks, found one character at a time."""
    lines, line = [], ""
    for at, character in enumerate(text):
        line += character
        if character == "\n" or (character == "\r" and text[at + 1 : at + 2] != "\n"):
            lines.append(line)
            line = ""
    return [*lines, line]


def naive_offset(text: str, position: Position, encoding: PositionEncoding) -> int:
    lines = naive_lines(text)
    if position.line < 0:
        return 0
    if position.line >= len(lines):
        return len(text)
    offset, column = sum(map(len, lines[: position.line])), 0
    for character in lines[position.line].rstrip("\r\n"):
        column += WIDTHS[encoding](character)
        if column > position.column:
            break
        offset += 1
    return offset


def test_only_the_three_line_ends_end_lines() -> None:
    index = LineIndex("a\fb\u2028c\x85d\ve\r\nf\rg\nh")
    assert [index.content(line) for line in range(len(index))] == [
        "a\fb\u2028c\x85d\ve",
        "f",
        "g",
        "h",
    ]


def test_columns_in_each_encoding() -> None:
    index = LineIndex("é😀x\n")
    assert index.position(2, PositionEncoding.UTF8) == (0, 6)
    assert index.position(2, PositionEncoding.UTF16) == (0, 3)
    assert index.position(2, PositionEncoding.UTF32) == (0, 2)


def test_a_column_inside_a_character_is_its_start() -> None:
    index = LineIndex("a😀b")
    assert index.offset(Position(0, 2), PositionEncoding.UTF16) == 1
    assert index.offset(Position(0, 4), PositionEncoding.UTF8) == 1


def test_positions_outside_the_text_are_clamped() -> None:
    index = LineIndex("ab\r\ncd")
    utf16 = PositionEncoding.UTF16
    assert index.offset(Position(0, 99), utf16) == 2
    assert index.offset(Position(1, 99), utf16) == 6
    assert index.offset(Position(9, 0), utf16) == 6
    assert index.offset(Position(-1, 5), utf16) == 0
    assert index.offset(Position(0, -5), utf16) == 0
    assert index.position(99, utf16) == (1, 2)
    assert index.position(3, utf16) == (0, 2), "between \\r and \\n is before both"


def test_half_a_surrogate_pair_is_one_character() -> None:
    index = LineIndex("\ud83dx")
    assert index.position(1, PositionEncoding.UTF16) == (0, 1)
    assert index.offset(Position(0, 3), PositionEncoding.UTF8) == 1


@given(TRICKY, st.integers(-1, 6), st.integers(-1, 30), ENCODINGS)
def test_offsets_are_those_of_the_reference(
    text: str, line: int, column: int, encoding: PositionEncoding
) -> None:
    position = Position(line, column)
    assert LineIndex(text).offset(position, encoding) == naive_offset(text, position, encoding)


@given(TRICKY, ENCODINGS, st.data())
def test_offsets_come_back(text: str, encoding: PositionEncoding, data: st.DataObject) -> None:
    index = LineIndex(text)
    offset = data.draw(st.integers(0, len(text)))
    back = index.offset(index.position(offset, encoding), encoding)
    inside_crlf = text[offset - 1 : offset + 1] == "\r\n"
    assert back == offset - inside_crlf


@given(TRICKY, TRICKY, st.data())
def test_an_edit_gives_the_index_of_the_new_text(text: str, new: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    edited = LineIndex(text).replaced(start, end, new)
    assert edited.text == text[:start] + new + text[end:]
    assert edited.starts == LineIndex(edited.text).starts
