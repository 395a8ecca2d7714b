"""Recall: a fill is found again at its hole and after typing into it, and nowhere else."""

from fillwright.engine.request import Certainty, Hole
from fillwright.lsp_server.fills.candidate import Candidate
from fillwright.lsp_server.fills.recall import Recall

TEXT = "def add(a, b):\n    return \n\nprint(add(1, 2))\n"
HOLE = Hole(26, 26)


def recall() -> Recall:
    kept = Recall()
    kept.keep("file:///a.py", "line", TEXT, HOLE, (Candidate("a + b"), Candidate("a - b")))
    return kept


def found(kept: Recall, uri: str, shape: str, document: str, hole: Hole) -> tuple[str, ...] | None:
    recalled = kept.find(uri, shape, document, hole)
    return None if recalled is None else tuple(one.text for one in recalled.candidates)


def after_typing(text: str) -> tuple[str, Hole]:
    return TEXT[:26] + text + TEXT[26:], Hole(26 + len(text), 26 + len(text))


def test_the_same_hole_gets_the_whole_fill() -> None:
    assert found(recall(), "file:///a.py", "line", TEXT, HOLE) == ("a + b", "a - b")


def test_typing_what_the_fill_says_leaves_the_rest_of_it() -> None:
    assert found(recall(), "file:///a.py", "line", *after_typing("a ")) == ("+ b", "- b")
    assert found(recall(), "file:///a.py", "line", *after_typing("a +")) == (" b",)


def test_deleting_before_the_hole_on_its_line_puts_the_deleted_before_the_fill() -> None:
    document = TEXT[:22] + TEXT[26:]
    assert found(recall(), "file:///a.py", "line", document, Hole(22, 22)) == (
        "urn a + b",
        "urn a - b",
    )
    document = TEXT[:10] + TEXT[26:]
    assert found(recall(), "file:///a.py", "line", document, Hole(10, 10)) is None


def test_typing_something_else_or_all_of_it_finds_nothing() -> None:
    assert found(recall(), "file:///a.py", "line", *after_typing("b")) is None
    fully = Recall()
    fully.keep("file:///a.py", "line", TEXT, HOLE, (Candidate("a + b"),))
    assert fully.find("file:///a.py", "line", *after_typing("a + b")) is None


def test_other_documents_shapes_and_surroundings_find_nothing() -> None:
    assert found(recall(), "file:///b.py", "line", TEXT, HOLE) is None
    assert found(recall(), "file:///a.py", "block", TEXT, HOLE) is None
    assert found(recall(), "file:///a.py", "line", TEXT.replace("print", "write"), HOLE) is None
    assert found(recall(), "file:///a.py", "line", TEXT.replace("add", "sub"), HOLE) is None


def test_a_bracket_that_the_editor_closed_inside_the_hole_is_no_matter() -> None:
    document = TEXT[:26] + "a )" + TEXT[26:]
    assert found(recall(), "file:///a.py", "line", document, Hole(28, 29)) == ("+ b", "- b")


def test_the_newest_fill_wins_and_the_oldest_is_forgotten() -> None:
    kept = Recall(capacity=2)
    for text in ("one", "two", "three"):
        kept.keep("file:///a.py", "line", TEXT, HOLE, (Candidate(text),))
    assert found(kept, "file:///a.py", "line", TEXT, HOLE) == ("three",)
    assert found(kept, "file:///a.py", "line", *after_typing("o")) is None


def test_only_the_place_of_the_fill_itself_is_the_same_place() -> None:
    for document, hole, same in ((TEXT, HOLE, True), (*after_typing("a "), False)):
        recalled = recall().find("file:///a.py", "line", document, hole)
        assert recalled is not None
        assert recalled.is_same_place is same


def test_an_empty_fill_is_known_where_it_was_made_and_nowhere_else() -> None:
    nothing = Candidate("", Certainty(0.0, 0.95, (), 0.0, 0.0, 1))
    kept = Recall()
    kept.keep("file:///a.py", "line", TEXT, HOLE, (nothing,))
    recalled = kept.find("file:///a.py", "line", TEXT, HOLE)
    assert recalled is not None
    assert recalled.candidates == (nothing,)
    assert kept.find("file:///a.py", "line", *after_typing("a")) is None
