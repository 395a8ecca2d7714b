"""What a look at a body with a swapped token is counted as, and a run with the real model."""

from pathlib import Path

import pytest

from fillwright.engine.evaluation import command
from fillwright.engine.evaluation.doubt import DoubtedPlace, DoubtRecord, Look
from fillwright.engine.evaluation.journal import read_records

HELD_OUT = Path(__file__).parents[3] / "fixtures/evaluation/held_out"


def test_lines_are_ranked_by_gain_and_then_by_their_least_likely_token() -> None:
    places = DoubtedPlace(2, 4.0, False), DoubtedPlace(2, 6.0, True), DoubtedPlace(3, 5.0, False)
    gains = Look((1.0, 9.0, 2.0, 3.0), (0.0,) * 4, places, 1.0).by_gain()
    assert sorted(range(4), key=lambda line: -gains[line]) == [2, 3, 1, 0]


@pytest.mark.slow
def test_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["doubt", str(HELD_OUT / "mri"), "--items", "2", "--out", str(tmp_path), "--device"]
    assert command.main([*argv, "cpu"]) == 0
    records = read_records(tmp_path, DoubtRecord)
    assert [record.arm for record in records] == ["causal", "denoised"] * 2
    for record in records:
        for look in (record.swapped, record.untouched):
            assert len(look.lines) == len(look.odds)
            assert max(look.lines) > 0
            assert all(place.gain > 0 for place in look.places)
            assert all(place.line < len(look.lines) for place in look.places)
        assert not any(place.restores for place in record.untouched.places)
    # the two are read differently
    assert records[0].swapped.lines != records[1].swapped.lines
    assert "alarms" in capsys.readouterr().out
    assert command.main([*argv, "cpu"]) == 0
    assert len(read_records(tmp_path, DoubtRecord)) == 4
