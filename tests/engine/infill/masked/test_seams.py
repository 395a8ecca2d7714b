"""Seams of models that were trained on pieces encoded apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.description import Holes
from fillwright.engine.infill.masked.seams import MaskSeams
from fillwright.engine.request import Hole, InfillRequest, Shape


def around(
    document: str, joins_indentation: bool = False, holes: Holes = "whole lines"
) -> MaskSeams:
    """Of a document with `|` where its holes are."""
    *parts, _ = document.split("|")
    places, at = [], 0
    for part in parts:
        at += len(part)
        places.append(Hole(at, at))
    request = InfillRequest(document.replace("|", ""), tuple(places), "python")
    return MaskSeams.around(request, joins_indentation, holes)


def test_a_whole_line_is_written_from_its_first_column_to_its_line_end() -> None:
    seams = around("def f():\n    |\n    print()\n")
    assert seams.pieces(whole_lines=True) == [["def f():\n"], ["    print()\n"]]
    assert seams.leads == ("    ",)
    kept = seams.fitting(["    return 1\n"], "")
    assert kept == [range(4, 12)]


def test_the_known_halves_of_a_line_stand_apart_from_the_lines_around() -> None:
    seams = around("a = 1\nb = |) + 1\nc\n")
    assert seams.pieces(whole_lines=True) == [["a = 1\n", "b ="], [") + 1\n", "c\n"]]
    assert seams.leads == (" ",)
    assert seams.ends == ("",)
    assert seams.fitting([" (2"], "") == [range(1, 3)]


def test_half_a_word_is_known_and_stands_before_the_hole() -> None:
    seams = around("for number in num|\n")
    assert seams.pieces(whole_lines=True) == [["for number in num"], []]
    assert (seams.leads, seams.ends) == (("",), ("\n",))


def test_a_tokenizer_that_joins_begins_at_the_line_end() -> None:
    seams = around("def f():\n    |\n    print()\n", joins_indentation=True, holes="any")
    assert seams.pieces(whole_lines=False) == [["def f():"], ["\n    print()\n"]]
    assert seams.leads == ("\n    ",)
    assert seams.fitting(["\n    return 1"], "") == [range(5, 13)]


def test_several_holes() -> None:
    seams = around("def f():\n    |\n\ndef g(x):\n    y = |\n")
    assert seams.pieces(whole_lines=True) == [
        ["def f():\n"],
        ["\ndef g(x):\n", "    y ="],
        [],
    ]
    assert seams.leads == ("    ", " ")
    assert seams.ends == ("\n", "\n")


@given(
    parts=st.lists(st.text(st.sampled_from("ab( \n\t=)"), max_size=12), min_size=2, max_size=4),
    joins=st.booleans(),
    holes=st.sampled_from(["any", "whole lines"]),
    shape=st.sampled_from(["line", "block", "free"]),
)
def test_pieces_leads_and_ends_are_the_document(
    parts: list[str], joins: bool, holes: Holes, shape: Shape
) -> None:
    places, at = [], 0
    for part in parts[:-1]:
        at += len(part)
        places.append(at)
    if len(set(places)) < len(places):
        return
    request = InfillRequest(
        "".join(parts), tuple(Hole(at, at) for at in places), "python", shape=shape
    )
    seams = MaskSeams.around(request, joins, holes)
    pieces = seams.pieces(holes == "whole lines")
    text = "".join(pieces[0])
    for lead, end, piece in zip(seams.leads, seams.ends, pieces[1:], strict=True):
        text += lead + end + "".join(piece)
    assert text == request.document
    assert all(all(each) for each in pieces)


@pytest.mark.parametrize("written", ["", "\n", "  \n\n", "x", "    x\n\n"])
def test_what_is_kept_lies_in_what_was_written(written: str) -> None:
    [kept] = around("def f():\n    |\nx\n").fitting([written], "")
    assert 0 <= kept.start <= kept.stop <= len(written)
