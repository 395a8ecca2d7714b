import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.request import Hole, InfillRequest, Shape

ANY_TOKEN = bool
TEXT = st.text(alphabet=st.sampled_from(list("ab(:\n\t 😀e\u0301")), max_size=40)


@st.composite
def requests(draw: st.DrawFn) -> InfillRequest:
    """Documents with one to three holes, at least a character apart."""
    document = draw(TEXT)
    edges = sorted(draw(st.lists(st.integers(0, len(document)), min_size=1, max_size=6)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False)) or [(edges[0], edges[0])]
    holes = [pairs[0]]
    holes += [after for before, after in itertools.pairwise(pairs) if before[1] < after[0]]
    shape = draw(st.sampled_from(["free", "line"]))
    return InfillRequest(document, tuple(Hole(*hole) for hole in holes), "python", shape=shape)


@given(requests(), st.booleans())
def test_what_stands_around_the_holes_is_the_document(
    request: InfillRequest, ends_in_words: bool
) -> None:
    seams, holes = Seams.of(request, ANY_TOKEN, ends_in_words=ends_in_words), request.holes
    document = request.document
    assert seams.prefix + seams.leads[0] == document[: holes[0].start]
    assert not any(lead.strip() for lead in seams.leads[1:])
    cut = document[: holes[0].start].endswith(("a", "b", "e"))
    assert len(seams.leads[0].split()) == cut
    assert not (ends_in_words and seams.suffix.startswith(("a", "b", "e")))
    assert seams.ending + seams.suffix == seams.tails[-1] + document[holes[-1].end :]
    for tail, text, lead, before, after in zip(
        seams.tails, seams.between, seams.leads[1:], holes, holes[1:], strict=False
    ):
        assert text + lead == tail + document[before.end : after.start]
    for tail, hole in zip(seams.tails, holes, strict=True):
        assert document[hole.start : hole.end].endswith(tail)


@given(requests(), TEXT)
def test_a_fill_is_a_stretch_of_what_was_written_behind_the_lead(
    request: InfillRequest, text: str
) -> None:
    seams = Seams.of(request, ANY_TOKEN)
    written = [lead + text for lead in seams.leads]
    kept = seams.fitting(written, "")
    assert [range_.start for range_ in kept] == [len(lead) for lead in seams.leads]
    for whole, range_ in zip(written, kept, strict=True):
        assert range_.start <= range_.stop <= len(whole)
        if request.shape == "line":
            assert "\n" not in whole[range_.start : range_.stop]


def seams_of(document: str, start: int, end: int) -> Seams:
    return Seams.of(InfillRequest(document, (Hole(start, end),), "python"), ANY_TOKEN)


def test_the_white_space_before_a_hole_is_the_models_to_write() -> None:
    seams = seams_of("def f():\n    \n", 13, 13)
    assert (seams.prefix, seams.leads, seams.suffix) == ("def f():", ("\n    ",), "\n")


def test_a_word_that_the_hole_cuts_is_the_models_to_write_again() -> None:
    text = "for number in num"
    request = InfillRequest(text + "ber_list:\n    pass\n", (Hole(17, 17),), "python")
    seams = Seams.of(request, ANY_TOKEN, ends_in_words=True)
    assert (seams.prefix, seams.leads) == ("for number in", (" num",))
    assert (seams.ending, seams.suffix) == ("ber_list", ":\n    pass\n")
    whole = " numerals, number_list"
    (kept,) = seams.fitting([whole], "")
    assert whole[kept.start : kept.stop] == "erals, num"
    # what does not end as it must stays as it is
    (kept,) = seams.fitting([" numbers"], "")
    assert kept == range(4, 8)


def test_words_that_no_name_is_as_long_as_are_left_alone() -> None:
    request = InfillRequest("x" * 100_000, (Hole(50_000, 50_000),), "python")
    seams = Seams.of(request, ANY_TOKEN, ends_in_words=True)
    assert (len(seams.prefix), seams.leads, seams.ending) == (50_000, ("",), "")


def test_white_space_that_no_token_starts_with_stays_in_the_prefix() -> None:
    request = InfillRequest("x" + " " * 100_000, (Hole(100_001, 100_001),), "python")
    seams = Seams.of(request, lambda lead: len(lead) < 32)
    assert (len(seams.prefix), seams.leads) == (100_001, ("",))


TWO_STUBS = "def f():\n    \n\ndef g():\n    \n"


@pytest.mark.parametrize(
    ("shape", "between", "lead"),
    [("free", "\n\ndef g():", "\n    "), ("line", "\n\ndef g():\n    ", "")],
)
def test_later_holes_write_the_white_space_before_them_too(
    shape: Shape, between: str, lead: str
) -> None:
    holes = (Hole(13, 13), Hole(len(TWO_STUBS) - 1, len(TWO_STUBS) - 1))
    seams = Seams.of(InfillRequest(TWO_STUBS, holes, "python", shape=shape), ANY_TOKEN)
    assert seams.between == (between,)
    assert seams.leads == ("\n    ", lead)


def test_a_later_hole_is_cut_where_the_text_behind_it_is_said_again() -> None:
    holes = (Hole(13, 13), Hole(len(TWO_STUBS) - 1, len(TWO_STUBS) - 1))
    seams = Seams.of(InfillRequest(TWO_STUBS + "print(1)\n", holes, "python"), ANY_TOKEN)
    one, two = "\n    return 1\n\ndef g():\n    pass", "\n    return 2\nprint(1)\n"
    kept = seams.fitting([one, two], "")
    texts = [text[r.start : r.stop] for text, r in zip((one, two), kept, strict=True)]
    assert texts == ["return 1", "return 2"]


def test_a_hole_over_a_line_end_leaves_one_behind() -> None:
    seams = seams_of("def f():\n    pass\nx = 1\n", 13, 18)
    assert seams.tails == ("\n",)
    assert seams.suffix == "\nx = 1\n"


def test_a_fill_with_less_than_the_lead_loses_only_what_it_shares() -> None:
    seams = seams_of("if x:\n        \n", 14, 14)
    (kept,) = seams.fitting(["\n    y"], "")
    assert kept == range(5, 6)


def test_what_closes_an_answer_is_no_part_of_it() -> None:
    seams = seams_of("def f():\n", 8, 8)
    (kept,) = seams.fitting(["\n    return 1\n```\nThat is it."], "\n```")
    assert kept == range(len("\n    return 1"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\n    return 1\n\n\ndef g():\n    pass", "\n    return 1"),
        ("\n    if x:\n        y\n\n    return 1", "\n    if x:\n        y\n\n    return 1"),
        ("\n    return 1\n  # near\n", "\n    return 1"),
        ("\n    x\n\n# of g\n\ndef g():\n    pass", "\n    x"),
        ("\n    x\n# of x\n    y", "\n    x\n# of x\n    y"),
        ('\n    x = """\nq\n"""\n    y\nz', '\n    x = """\nq\n"""\n    y'),
        ("\n  y\n    z", "\n  y\n    z"),
        ("\n    y\n  ", "\n    y\n  "),
    ],
)
def test_a_block_ends_where_a_line_begins_left_of_it(text: str, kept: str) -> None:
    document = "def f():\n    \n"
    for shape, expected in (("block", kept), ("free", text)):
        request = InfillRequest(document, (Hole(13, 13),), "python", shape=shape)  # type: ignore[arg-type]
        seams = Seams.of(request, ANY_TOKEN)
        assert text[: seams.block_end(text)] == expected
    (range_,) = Seams.of(
        InfillRequest(document, (Hole(13, 13),), "python", shape="block"), ANY_TOKEN
    ).fitting(["\n    return 1\ndef g():\n"], "")
    assert range_ == range(5, 13)


@pytest.mark.parametrize(
    ("document", "shape", "text", "closing", "over"),
    [
        ("x = |\ny\n", "line", " 1", "", False),
        ("x = |\ny\n", "line", " 1\n", "", True),
        # the line end that the hole begins with is none of its own
        ("def f():\n    |\n", "line", "\n    return", "", False),
        ("def f():\n    |\n", "line", "\n    return\n", "", True),
        ("def f():\n    |\n", "block", "\n    a = 1\n    b", "", False),
        ("def f():\n    |\n", "block", "\n    a = 1\nb", "", True),
        ("x = |\n", "free", " 1\n2\n3", "", False),
        ("x = |\n", "free", " 1\n```", "\n```", True),
    ],
)
def test_a_hole_is_over_where_what_came_next_would_be_cut(
    document: str, shape: Shape, text: str, closing: str, over: bool
) -> None:
    at = document.index("|")
    request = InfillRequest(document.replace("|", ""), (Hole(at, at),), "python", shape=shape)
    seams = Seams.of(request, starts_a_token=lambda text: True)
    assert seams.is_over(text, closing) is over
    if over:
        [kept] = seams.fitting([text], closing)
        [longer] = seams.fitting([text + " + z(2)"], closing)
        assert kept == longer


def test_a_hole_is_over_where_it_repeats_itself() -> None:
    seams = seams_of("x = \n", 4, 4)
    assert not seams.is_over(" 1\n2\n2", "")
    assert seams.is_over(" 1\n2\n2\n2\n", "")
