"""What a repair is counted as, and a run with the real model."""

from dataclasses import replace
from pathlib import Path

import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.evaluation import command
from fillwright.engine.evaluation.journal import read_records
from fillwright.engine.evaluation.repair import (
    ARMS,
    RepairRecord,
    line_rank,
    others_changed,
    repair_table,
    run_repair,
)
from fillwright.engine.evaluation.swaps import Swapped
from fillwright.engine.loading import load_engine

HELD_OUT = Path(__file__).parents[3] / "fixtures/evaluation/held_out"
BODY = "\n    if a <= b:\n        return a + 1\n"
ITEM = Swapped(
    "x", "x", "off by one", "python", "def f(a, b):" + BODY, 12, 12 + len(BODY), 10, "<", "<="
)


@pytest.mark.parametrize(
    ("fill", "changed"),
    [
        (BODY, 0),
        (ITEM.original, 0),
        (ITEM.original.replace("1", "2"), 1),
        (BODY.replace("a + 1", "b"), 3),
        (BODY.replace("<=", "!="), 0),
    ],
)
def test_other_changes_are_counted(fill: str, changed: int) -> None:
    assert BODY[ITEM.at :].startswith("<=")
    assert others_changed(ITEM, fill) == changed


def test_lines_are_ranked_by_their_least_likely_token() -> None:
    second = len(BODY) - 4
    assert line_rank(ITEM, [(8, -1.0), (13, -3.0), (second, -2.0)]) == (1, 2)
    assert line_rank(ITEM, [(8, -1.0), (13, -1.0), (second, -2.0)]) == (2, 2)


def test_a_body_longer_than_a_canvas_is_counted_and_the_run_goes_on(tmp_path: Path) -> None:
    body = BODY + "".join(f"    total_{i} = first_{i} * second_{i}\n" for i in range(20))
    document = ITEM.document[: ITEM.start] + body
    long = replace(ITEM, name="long", document=document, end=ITEM.start + len(body))
    infiller = load_engine(embedded_checkpoint(), "cpu")
    records = run_repair([long, ITEM], lambda: infiller, 0.2, tmp_path, {})
    assert [record.too_long for record in records] == [True] * 3 + [False] * 3
    shown = repair_table(records)
    assert [list(shown.columns[at].cells) for at in (1, 2)] == [["1"] * 3, ["1"] * 3]


@pytest.mark.slow
def test_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["repair", str(HELD_OUT / "h11"), "--items", "1", "--out", str(tmp_path)]
    assert command.main(argv) == 0
    records = read_records(tmp_path, RepairRecord)
    assert [record.arm for record in records] == list(ARMS)
    assert all(record.lines for record in records[:2])
    assert "renoise" in capsys.readouterr().out
    assert command.main(argv) == 0
    assert len(read_records(tmp_path, RepairRecord)) == len(ARMS)
