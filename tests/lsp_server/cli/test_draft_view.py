from dataclasses import replace

import pytest

from fillwright.engine.request import Draft, Hole
from fillwright.lsp_server.cli.draft_view import DraftView, printable

TEN = "".join(f"line {number}\n" for number in range(1, 11))


def shown(document: str, holes: list[Hole], draft: Draft) -> list[str]:
    view = DraftView(document, holes, "plaintext")
    return [line.rstrip() for line in view.show(draft, masked=True).plain.split("\n")]


def draft(*texts: str, settled: list[list[tuple[int, int]]] | None = None) -> Draft:
    ranges = settled or [[(0, len(text))] for text in texts]
    return Draft(1, 3, texts, tuple(map(tuple, ranges)))


def hole(document: str, text: str) -> Hole:
    start = document.index(text)
    return Hole(start, start + len(text))


def test_a_hole_stands_in_three_lines_of_context_with_its_lines_marked() -> None:
    assert shown(TEN, [hole(TEN, "5")], draft("five\nand a half")) == [
        "     2   line 2",
        "     3   line 3",
        "     4   line 4",
        "     5 ▌ line five",
        "     6 ▌ and a half",
        "     7   line 6",
        "     8   line 7",
        "     9   line 8",
    ]


def test_the_line_before_a_body_is_not_marked() -> None:
    document = "def f():\n    pass\n"
    lines = shown(document, [hole(document, "\n    pass")], draft("\n    x\n\n    y"))
    assert lines == ["     1   def f():", "     2 ▌     x", "     3 ▌", "     4 ▌     y"]


def test_what_is_not_settled_is_masked_and_keeps_its_width() -> None:
    text = "ab cd\nef"
    lines = shown("", [Hole(0, 0)], draft(text, settled=[[(1, 2), (6, 7)]]))
    assert lines == ["     1 ▌ ░b ░░", "     2 ▌ e░"]


def test_what_is_not_settled_is_dim_on_a_terminal() -> None:
    view = DraftView("x = \n", [Hole(4, 4)], "python")
    text = view.show(draft("spam", settled=[[(1, 3)]]), masked=False)
    first = text.plain.index("spam")
    dim = [
        place
        for place in range(first, first + 4)
        if any(
            span.start <= place < span.end and "dim" in str(span.style).split()
            for span in text.spans
        )
    ]
    assert dim == [first, first + 3]


def test_what_is_settled_is_coloured_by_how_sure_the_model_is_of_it() -> None:
    sure = ((0, 1, 0.4), (1, 2, 0.6), (2, 3, 0.95))
    one = replace(draft("abcd", settled=[[(0, 3)]]), confidences=(sure,))
    text = DraftView("x = \n", [Hole(4, 4)], "plaintext").show(one, masked=False)
    first = text.plain.index("abcd")
    styles = [
        [str(span.style) for span in text.spans if span.start <= first + at < span.end]
        for at in range(4)
    ]
    assert [("red underline" in each, "magenta underline" in each) for each in styles] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
    ]
    assert "dim" in " ".join(styles[3])


def test_holes_far_apart_are_shown_apart_and_near_ones_together() -> None:
    far = shown(TEN, [hole(TEN, "line 1"), hole(TEN, "10")], draft("one", "ten"))
    assert far == [
        "     1 ▌ one",
        "     2   line 2",
        "     3   line 3",
        "     4   line 4",
        "     ⋮",
        "     7   line 7",
        "     8   line 8",
        "     9   line 9",
        "    10 ▌ line ten",
    ]
    near = shown(TEN, [hole(TEN, "2"), hole(TEN, "4")], draft("two", "four"))
    assert near == [
        "     1   line 1",
        "     2 ▌ line two",
        "     3   line 3",
        "     4 ▌ line four",
        "     5   line 5",
        "     6   line 6",
        "     7   line 7",
    ]


@pytest.mark.parametrize("document", ["", "\n", "x", "x\n", "\n\n\n\n\n\n", "a\n\nb"])
def test_every_offset_can_be_shown(document: str) -> None:
    for offset in range(len(document) + 1):
        lines = shown(document, [Hole(offset, offset)], draft("!"))
        assert sum(line.endswith("!") or "▌" in line for line in lines) == 1


def test_a_line_of_100_000_characters_is_cut_around_the_hole() -> None:
    document = "a" * 50_000 + "b" * 50_000
    [line] = shown(document, [Hole(50_000, 50_000)], draft("!"))
    assert line.startswith("     1 ▌ …aaa")
    assert "a!b" in line
    assert line.endswith("b…")
    assert len(line) < 200


def test_a_draft_cannot_steer_the_terminal() -> None:
    assert printable("a\tb\x1b[2J\x00\x7f\x9b\u202e\ud800\nc") == "a    b␛[2J␀␡���\nc"
    [line] = shown("", [Hole(0, 0)], draft("\x1b[2J"))
    assert line == "     1 ▌ ␛[2J"
