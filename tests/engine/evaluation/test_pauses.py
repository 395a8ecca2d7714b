"""Where typing pauses: at the places a person stops at, in code, the same for every run."""

from collections import Counter
from pathlib import Path

import pytest

from fillwright.engine.evaluation.pauses import Pause, draw_bodies, draw_lines
from fillwright.engine.evaluation.source_tree import Source, read_sources

HELD_OUT = Path(__file__).parents[3] / "fixtures" / "evaluation" / "held_out"
CODE = '''"""A module.

Of three lines.
"""


class Shelf:
    """books = a docstring."""

    def find(self, title):
        # width = a comment
        name = self.books.get(title, None)
        text = """
        height = a string
        """
        return name
'''


def source(text: str = CODE) -> Source:
    return Source("shelf.py", text, "python")


def test_only_code_is_typed() -> None:
    lines = [line.text.strip() for line in draw_lines(source(), 100, 0)]
    assert lines
    for line in lines:
        assert line.split()[0] in {"class", "def", "name", "text", "return"}


def test_lines_are_where_they_stand_and_pauses_where_a_person_stops() -> None:
    kinds = Counter[str]()
    for seed in range(40):
        for line in draw_lines(source(), 100, seed):
            assert CODE[line.start : line.start + len(line.text)] == line.text
            places = [pause.place for pause in line.pauses]
            assert places == sorted(set(places))
            for pause in line.pauses:
                kinds[pause.kind] += 1
                before, rest = line.text[: pause.place], line.text[pause.place :].rstrip()
                assert stops(pause, before, rest), (before, rest)
    assert set(kinds) == {"fresh line", "word begun", "(", "=", ".", ",", "keyword", "finished"}


def stops(pause: Pause, before: str, rest: str) -> bool:
    match pause.kind:
        case "fresh line":
            return not before.strip() and bool(rest)
        case "word begun":
            return before[-1].isalpha() and rest[0].isidentifier()
        case "finished":
            return not rest
        case "=" | ",":
            return before.rstrip().endswith(pause.kind)
        case "keyword":
            return before.endswith(("return ", "import "))
    return before.endswith(pause.kind)


def test_a_line_is_named_by_its_number() -> None:
    [line] = [line for line in draw_lines(source(), 100, 1) if line.text.strip() == "class Shelf:"]
    assert line.name == "shelf.py:7"


def test_the_same_seed_draws_the_same_whatever_else_there_is() -> None:
    assert draw_lines(source(), 3, 5) == draw_lines(source(), 3, 5)
    drawn = {line.name for line in draw_lines(source(), 3, 5)}
    assert len(drawn) == 3
    assert any(draw_lines(source(), 3, seed) != draw_lines(source(), 3, 5) for seed in range(5))


def test_a_body_to_come_pauses_once_where_nothing_of_it_is_written() -> None:
    places = Counter[str]()
    for seed in range(20):
        [body] = draw_bodies(source(), 5, seed)
        [pause] = body.pauses
        assert (body.name, pause.kind) == ("shelf.py:10", "body")
        assert CODE[body.start :].startswith(body.text)
        assert body.text.endswith("        return name")
        typed = body.text[: pause.place]
        assert typed.splitlines()[0] == "    def find(self, title):"
        places[typed.partition(":")[2]] += 1
    assert set(places) == {"", "\n        "}
    assert draw_bodies(source(), 0, 0) == draw_bodies(source("x = 1\n"), 5, 0) == []


@pytest.mark.parametrize("project", ["h11", "comlink", "semver"])
def test_a_fifth_of_the_pauses_is_at_finished_lines(project: str) -> None:
    sources, _ = read_sources([HELD_OUT / project])
    pauses = [
        pause
        for one in sources
        for seed in range(5)
        for line in draw_lines(one, 40, seed)
        for pause in line.pauses
    ]
    share = sum(pause.kind == "finished" for pause in pauses) / len(pauses)
    assert 0.12 < share < 0.35
