"""What counts as agreeing, and a run with the real model."""

from pathlib import Path

import pytest

from fillwright.engine.evaluation import command
from fillwright.engine.evaluation.joint import ARMS, JointRecord, joint_table
from fillwright.engine.evaluation.journal import read_records

HELD_OUT = Path(__file__).parents[3] / "fixtures/evaluation/held_out"


def record(*fills: str, arm: str = "joint", too_far: bool = False, name: str = "a") -> JointRecord:
    return JointRecord(name, "f", "parameter and use", arm, "width", fills, 4, 1.0, too_far)


@pytest.mark.parametrize(
    ("fills", "agrees", "exact"),
    [
        (("width", "width"), True, True),
        ((" width", "width"), True, True),
        (("rows", "rows"), True, False),
        (("rows", "rows + 1"), True, False),
        (("width", "height"), False, False),
        (("width", ""), False, False),
        (("", ""), False, False),
    ],
)
def test_fills_agree_on_their_first_word(fills: tuple[str, ...], agrees: bool, exact: bool) -> None:
    assert (record(*fills).agrees, record(*fills).is_exact) == (agrees, exact)


def test_an_item_that_one_way_cannot_fill_is_in_no_share() -> None:
    far = [record("", "", too_far=True, name="far"), record("x", "y", arm=ARMS[1], name="far")]
    near = [record("x", "x"), record("x", "y", arm=ARMS[1])]
    shown = joint_table(far + near)
    rows = list(zip(*(column.cells for column in shown.columns), strict=True))
    assert [row[:5] for row in rows if row[1] == "all"] == [
        ("joint", "all", "1", "1", "100.0"),
        ("one by one", "all", "1", "1", "0.0"),
    ]


@pytest.mark.slow
def test_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["joint", str(HELD_OUT), "--items", "1", "--out", str(tmp_path), "--device", "cpu"]
    assert command.main(argv) == 0
    records = read_records(tmp_path, JointRecord)
    assert tuple(record.arm for record in records) == ARMS
    assert all(record.too_far or len(record.fills) > 1 for record in records)
    assert "agree" in capsys.readouterr().out
    assert command.main(argv) == 0
    assert read_records(tmp_path, JointRecord) == records
