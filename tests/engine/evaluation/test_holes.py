"""Holes in source trees: where they are, and what is said of what fills them."""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from fillwright.engine.evaluation.command import main
from fillwright.engine.evaluation.holes import KINDS, Kind, Punched, punch
from fillwright.engine.evaluation.journal import Record, read_records
from fillwright.engine.evaluation.question import Question
from fillwright.engine.evaluation.source_tree import Source, read_sources

ROOT = Path(__file__).parents[3]
HELD_OUT = ROOT / "fixtures" / "evaluation" / "held_out"

CODE = '''\
"""Shelves."""

import math


class Shelf:
    def __init__(self, books):
        self.books = list(books)

    def find(self, title):
        for book in self.books:
            if book.title == title:
                return book
        return None
'''


def holes_of(kind: Kind, text: str = CODE, seed: int = 0) -> list[Punched]:
    return punch(Source("a.py", text, "python"), [kind], 40, seed)


def one(gold: str, kind: Kind) -> Punched:
    [found] = [hole for hole in holes_of(kind) if hole.question.gold == gold]
    return found


@pytest.mark.parametrize("path", sorted(HELD_OUT.rglob("*.[jpt][sy]")), ids=lambda path: path.name)
def test_every_hole_is_a_piece_of_its_file_and_its_gold_is_right(path: Path) -> None:
    [source], _ = read_sources([path])
    holes = punch(source, KINDS, 12, 0)
    assert len({hole.question.name for hole in holes}) == len(holes) >= 6
    assert Counter(hole.question.kind for hole in holes)["line"] == 3
    for hole in holes:
        question = hole.question
        assert question.filled(question.gold) == source.text
        assert question.gold
        outcome = hole.judge(question.gold)
        assert outcome.parses
        assert outcome.verdict is None
    code = [hole for hole in holes if hole.question.kind in ("body", "block")]
    assert not any(hole.judge("(((").parses for hole in code)


def test_lines_are_whole_and_say_something() -> None:
    golds = {hole.question.gold for hole in holes_of("line")}
    assert golds == {line for line in CODE.split("\n") if line.strip()}
    assert {hole.question.shape for hole in holes_of("line")} == {"line"}


def test_bodies_begin_behind_their_colon() -> None:
    golds = {hole.question.gold for hole in holes_of("body")}
    assert "\n        self.books = list(books)" in golds
    assert {hole.question.prefix[-1] for hole in holes_of("body")} == {":"}


def test_the_draw_depends_on_the_file_and_the_seed_alone() -> None:
    assert holes_of("random") == holes_of("random")
    assert holes_of("random") != holes_of("random", seed=1)
    source = Source("a.py", CODE, "python")
    mixed = punch(source, KINDS, 12, 0)
    assert mixed[:4] == punch(source, KINDS, 4, 0)
    assert [hole.question.kind for hole in mixed[:4]] == list(KINDS)


@pytest.mark.parametrize(
    ("fill", "parses", "identifiers", "resolved"),
    [
        ("\n        self.books = list(books)", True, 4, 4),
        ("\n        self.books = sorted(books, key=len)", True, 6, 3),
        ("\n        pass", True, 0, 0),
        ("\n    self.books = books", False, 3, 3),
        ("\n        self.books = (books", False, 3, 3),
        ("", False, 0, 0),
    ],
)
def test_a_fill_is_judged_by_the_file_around_it(
    fill: str, parses: bool, identifiers: int, resolved: int
) -> None:
    outcome = one("\n        self.books = list(books)", "body").judge(fill)
    assert (outcome.parses, outcome.identifiers, outcome.resolved) == (
        parses,
        identifiers,
        # `list` and `key` occur nowhere else in the file
        resolved - ("list" in fill),
    )


def test_a_name_that_a_fill_completes_counts_whole() -> None:
    hole = Punched(Question("q", "g", "random", "python", "tit", "le = 1", "\ntitle\n", "free"))
    assert (hole.judge("le = 1").identifiers, hole.judge("le = 1").resolved) == (1, 1)
    assert (hole.judge("an = 1").identifiers, hole.judge("an = 1").resolved) == (1, 0)


def test_a_hole_in_nothing_but_space_asks_nothing() -> None:
    holes = holes_of("random", "x" + " \n" * 500 + "y = 1\n")
    assert holes
    assert all(any(map(str.isalnum, hole.question.gold)) for hole in holes)


def test_the_command_scores_a_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.py").write_bytes(b"\xff")
    (tmp_path / "good.py").write_text(CODE)
    out = tmp_path / "run"
    argv = ["holes", str(tmp_path), "--per-file", "4", "--out", str(out), "--decode"]
    assert main([*argv, "gold", "empty", "auto", "--tokens", "6", "--steps", "1"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "exact 100.0 % (95 % CI 20.7-100.0, n=4)"
    assert "1 files are left out" in captured.err
    records = read_records(out, Record)
    assert {record.arm for record in records} == {"gold", "empty", "auto 1"}
    assert all(record.verdict is None for record in records)
    assert main([*argv[:-1], "--kinds", "line", "--decode", "gold", "--out", str(out / "2")]) == 0
    assert {record.kind for record in read_records(out / "2", Record)} == {"line"}


def test_an_unknown_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["holes", ".", "--kinds", "line,poem"])
    assert "'line,poem' is not out of line, block, body, random" in capsys.readouterr().err


def test_no_training_corpus_holds_the_held_out_packages() -> None:
    sources = tomllib.loads((HELD_OUT / "sources.toml").read_text("utf-8"))
    training = tomllib.loads((ROOT / "engine/training/packages.toml").read_text("utf-8"))
    learnt = {name for packages in training.values() for name in packages}
    held_out = {name for packages in sources.values() for name in packages}
    assert not held_out & learnt
    assert held_out == {path.name for path in HELD_OUT.iterdir() if path.is_dir()}
    assert all((HELD_OUT / name / "LICENSE").exists() for name in held_out)
