"""Which items are typed on, and a run with the real model."""

from pathlib import Path

import pytest

from fillwright.engine.evaluation import command
from fillwright.engine.evaluation.journal import read_records
from fillwright.engine.evaluation.pins import (
    LINES_PER_FILE,
    MOST_TYPED,
    PinsRecord,
    Way,
    pins_table,
    typed_on,
)
from fillwright.engine.evaluation.source_tree import read_sources

HELD_OUT = Path(__file__).parents[3] / "fixtures/evaluation/held_out"


def test_items_are_rests_of_lines_of_which_some_is_typed() -> None:
    sources, _ = read_sources([HELD_OUT])
    items = typed_on(sources, 20, 0, 8)
    assert len(items) == 20
    assert items == typed_on(sources, 20, 0, 8) != typed_on(sources, 20, 1, 8)
    names = [item.source.name for item in items]
    assert max(names.count(name) for name in names) <= LINES_PER_FILE
    for item in items:
        assert "\n" not in item.gold
        assert 1 <= item.typed <= min(MOST_TYPED, len(item.gold) - 1)
        assert 1 <= item.steps < 8
        first, then = item.request(0), item.request(item.typed)
        at = then.holes[0].start
        assert then.document[at - item.typed : at] == item.gold[: item.typed]
        assert len(then.document) == len(first.document) + item.typed


def test_each_case_has_a_row() -> None:
    going_on, again = Way("x", 0, 1.0, True, 1.0), Way("x", 8, 9.0, False, 0.5)
    records = [
        PinsRecord(name, "f", "shown", agrees, "r", "return", going_on, again)
        for name, agrees in (("a", True), ("b", False), ("c", False))
    ]
    rows = list(zip(*(column.cells for column in pins_table(records).columns), strict=True))
    assert [row[:4] for row in rows] == [
        ("shown, agreeing", "1", "0.0", "8.0"),
        ("shown, something else", "2", "0.0", "8.0"),
        ("all", "3", "0.0", "8.0"),
    ]
    assert rows[-1][4:] == ("1", "9", "100.0", "0.0", "1.000", "0.500")


@pytest.mark.slow
def test_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["pins", str(HELD_OUT / "mri"), "--items", "2", "--out", str(tmp_path)]
    assert command.main([*argv, "--device", "cpu"]) == 0
    records = read_records(tmp_path, PinsRecord)
    assert [record.when for record in records] == ["under way", "shown"] * 2
    for record in records:
        assert record.again.steps > 0
        if record.when == "shown" and record.agrees:
            assert (record.going_on.steps, record.typed + record.going_on.fill) == (0, record.first)
        else:
            # which items are drawn depends on the path, and a fill may go on in a second canvas
            assert 0 < record.going_on.steps <= 2 * 8
    assert "similar" in capsys.readouterr().out
