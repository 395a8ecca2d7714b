"""Which of several fills is taken, and what speaks against it."""

import pytest

from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.remote.choosing import ranked
from fillwright.engine.remote.marks import Marks
from fillwright.engine.remote.question import Piece
from fillwright.engine.remote.take import Hole, Take
from tests.engine.remote.conftest import request_for

FUNCTION = "def f(x, width):\n    height = x\n    return ‸\n\ndef g(:\n    pass\n"


def take(request, text, end="stop"):
    seams = Seams.of(request, lambda lead: False)
    return Take(Hole(seams, Marks(), 32)).then(Piece(text, None, end))


def order(marked, *texts, **options):
    request = request_for(marked, **options)
    takes = [take(request, text) for text in texts]
    return [(best.fill, against.count) for best, against in ranked(request, takes)]


def test_what_parses_comes_first_though_the_file_around_does_not():
    assert order(FUNCTION, "width * (height", "width * height") == [
        ("width * height", 0),
        ("width * (height", 1),
    ]


def test_a_single_fill_is_not_blamed_for_the_file_around():
    assert order(FUNCTION, "width * height") == [("width * height", 0)]
    assert order(FUNCTION, "width * (height") == [("width * (height", 1)]


def test_what_more_of_them_say_comes_first():
    fills = order("a = ‸\n", "one()", "two()", "two()")
    assert [fill for fill, _ in fills] == ["two()", "two()", "one()"]


def test_names_that_nothing_binds_come_last():
    source = "def f(width):\n    return ‸\n"
    assert [fill for fill, _ in order(source, "heigth", "width")] == ["width", "heigth"]


def test_nothing_is_better_than_nothing_only():
    assert [fill for fill, _ in order("a = ‸\n", "", "b")] == ["b", ""]


@pytest.mark.parametrize("end", ["length", None])
def test_what_has_not_ended_is_blamed(end):
    request = request_for("a = ‸\n")
    [(_, against)] = ranked(request, [take(request, "len(x)", end)])
    assert against.is_unfinished
    assert against.count == 1


def test_a_line_that_stands_near_is_blamed():
    assert order("total = a + b\n‸\n", "total = a + b") == [("total = a + b", 1)]


def test_a_language_without_a_grammar_is_no_obstacle():
    assert order("a ‸\n", "b (", language="klingon") == [("b (", 0)]
