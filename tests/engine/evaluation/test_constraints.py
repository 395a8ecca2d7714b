"""Which holes have to be something, who judges it, and a run with the real model."""

from pathlib import Path
from typing import get_args

import pytest

from fillwright.engine.evaluation import command
from fillwright.engine.evaluation.constraints import (
    CHOICES,
    Asked,
    ConstraintRecord,
    constrained,
    constraints_table,
)
from fillwright.engine.evaluation.journal import read_records
from fillwright.engine.evaluation.source_tree import Source, read_sources

HELD_OUT = Path(__file__).parents[3] / "fixtures/evaluation/held_out"
SOURCE = Source("a.py", 'import os\n\nWIDTH = 12\nNAMES = ["a", "b"]\nprint(WIDTH)\n', "python")


def test_what_stood_in_a_hole_meets_its_constraint() -> None:
    items = constrained([SOURCE], 12, 0)
    assert {item.question.kind for item in items} == set(get_args(Asked))
    for item in items:
        assert item.question.filled(item.question.gold) == SOURCE.text
        assert item.is_met(item.question.gold)
        assert not item.is_met("(")


def test_items_are_of_many_files_and_drawn_by_a_seed() -> None:
    sources, _ = read_sources([HELD_OUT])
    items = constrained(sources, 30, 0)
    assert items == constrained(sources, 30, 0) != constrained(sources, 30, 1)
    assert len({item.name for item in items}) == 30
    assert len({item.question.group for item in items}) >= 5
    for item in items:
        assert len(item.constraint.choices) <= CHOICES
        assert item.request(0).document == item.question.filled("")


def test_a_violation_is_what_is_not_met_and_does_not_say_so() -> None:
    records = [
        ConstraintRecord(str(number), "f", "parses", "x", "(", finish, met, 3, 1.0)
        for number, (finish, met) in enumerate(
            [("settled", True), ("settled", False), ("unmet", False), ("budget", False)]
        )
    ]
    rows = list(zip(*(column.cells for column in constraints_table(records).columns), strict=True))
    assert rows == [
        ("parses", "4", "1", "1", "2", "3.0", "1"),
        ("all", "4", "1", "1", "2", "3.0", "1"),
    ]


@pytest.mark.slow
def test_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["constraints", str(HELD_OUT / "mri"), "--items", "5", "--out", str(tmp_path)]
    assert command.main([*argv, "--device", "cpu"]) == 0
    records = read_records(tmp_path, ConstraintRecord)
    assert len(records) == 5
    assert not any(record.is_violation for record in records)
    assert "violations" in capsys.readouterr().out
