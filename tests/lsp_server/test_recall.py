"""Recall: a fill is found again at its hole and after typing into it, and nowhere else."""

from fillwright.engine.request import Hole
from fillwright.lsp_server.recall import Recall

TEXT = "def add(a, b):\n    return \n\nprint(add(1, 2))\n"
HOLE = Hole(26, 26)


def recall() -> Recall:
    kept = Recall()
    kept.keep("file:///a.py", "line", TEXT, HOLE, ("a + b", "a - b"))
    return kept


def typed(text: str) -> tuple[str, Hole]:
    return TEXT[:26] + text + TEXT[26:], Hole(26 + len(text), 26 + len(text))


def test_the_same_hole_gets_the_whole_fill() -> None:
    assert recall().find("file:///a.py", "line", TEXT, HOLE) == ("a + b", "a - b")


def test_typing_what_the_fill_says_leaves_the_rest_of_it() -> None:
    assert recall().find("file:///a.py", "line", *typed("a ")) == ("+ b", "- b")
    assert recall().find("file:///a.py", "line", *typed("a +")) == (" b",)


def test_deleting_before_the_hole_on_its_line_puts_the_deleted_before_the_fill() -> None:
    document = TEXT[:22] + TEXT[26:]
    assert recall().find("file:///a.py", "line", document, Hole(22, 22)) == (
        "urn a + b",
        "urn a - b",
    )
    document = TEXT[:10] + TEXT[26:]
    assert recall().find("file:///a.py", "line", document, Hole(10, 10)) is None


def test_typing_something_else_or_all_of_it_finds_nothing() -> None:
    assert recall().find("file:///a.py", "line", *typed("b")) is None
    fully = Recall()
    fully.keep("file:///a.py", "line", TEXT, HOLE, ("a + b",))
    assert fully.find("file:///a.py", "line", *typed("a + b")) is None


def test_other_documents_shapes_and_surroundings_find_nothing() -> None:
    assert recall().find("file:///b.py", "line", TEXT, HOLE) is None
    assert recall().find("file:///a.py", "block", TEXT, HOLE) is None
    assert recall().find("file:///a.py", "line", TEXT.replace("print", "write"), HOLE) is None
    assert recall().find("file:///a.py", "line", TEXT.replace("add", "sub"), HOLE) is None


def test_a_bracket_that_the_editor_closed_inside_the_hole_is_no_matter() -> None:
    document = TEXT[:26] + "a )" + TEXT[26:]
    assert recall().find("file:///a.py", "line", document, Hole(28, 29)) == ("+ b", "- b")


def test_the_newest_fill_wins_and_the_oldest_is_forgotten() -> None:
    kept = Recall(capacity=2)
    for text in ("one", "two", "three"):
        kept.keep("file:///a.py", "line", TEXT, HOLE, (text,))
    assert kept.find("file:///a.py", "line", TEXT, HOLE) == ("three",)
    assert kept.find("file:///a.py", "line", *typed("o")) is None
