import pytest

from fillwright.lsp_server.cli.locations import (
    At,
    Body,
    LineColumn,
    Piece,
    Range,
    parse_at,
    parse_body,
    parse_piece,
    parse_range,
)


def test_a_place_is_read_as_it_is_written() -> None:
    assert parse_at("12:5") == At(LineColumn(12, 5))
    assert parse_body("7") == Body(7)
    assert parse_range("3:1-4:20") == Range(LineColumn(3, 1), LineColumn(4, 20))
    assert str(parse_range("3:1-4:20")) == "--range 3:1-4:20"
    assert parse_piece("arguments@3:1") == Piece("arguments", LineColumn(3, 1))
    assert str(parse_piece("block@3:1")) == "--piece block@3:1"


def test_an_empty_range_is_a_place() -> None:
    assert parse_range("3:1-3:1") == Range(LineColumn(3, 1), LineColumn(3, 1))


@pytest.mark.parametrize("text", ["", "12", "12:", ":5", "1:2:3", "a:b", "-1:2", "1.5:2", "¹:²"])
def test_what_is_no_position_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not LINE:COL, such as 12:5"):
        parse_at(text)


@pytest.mark.parametrize("text", ["", "x", "1:1", "-3", "9" * 5000])
def test_what_is_no_line_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a line number"):
        parse_body(text)


@pytest.mark.parametrize("text", ["", "3:1", "3:1-", "3-4", "3:1-4:1-5:1"])
def test_what_is_no_range_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not L1:C1-L2:C2"):
        parse_range(text)


@pytest.mark.parametrize("text", ["", "3:1", "@3:1", "word@3:1", "arguments", "arguments 3:1"])
def test_what_is_no_kind_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="the kinds are statement, block"):
        parse_piece(text)


@pytest.mark.parametrize("text", ["string@3", "string@x:1", "string@3:1-4:1"])
def test_what_is_no_place_of_a_piece_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="such as string@12:5"):
        parse_piece(text)


@pytest.mark.parametrize("text", ["0:1", "1:0"])
def test_lines_and_columns_count_from_1(text: str) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        parse_at(text)


def test_a_range_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="the range 4:2-4:1 ends before it starts"):
        parse_range("4:2-4:1")
