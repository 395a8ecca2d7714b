import json
from pathlib import Path

import pytest

from fillwright.engine.evaluation.question import Question
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.probes import length_scores
from fillwright.engine.training.calibrate import measured_bias
from fillwright.engine.training.command import main

HELD_OUT = Path(__file__).parents[3] / "fixtures" / "evaluation" / "held_out" / "humanize"


def question(gold: str) -> Question:
    return Question("a", "a", "line", "python", "x =", gold, "\ny = 2\n", "line")


def test_a_bias_is_the_mean_score_of_lengths_that_are_wrong(checkpoint: Path) -> None:
    infiller = load_infiller(checkpoint, "cpu")
    golds = [" 1", " width * height + len(width)"]
    right = [len(infiller.tokenizer.encode(gold)) for gold in golds]
    questions = [question(gold) for gold in golds]
    scores = [
        length_scores(infiller, each.request(decode="denoise", tokens=64)) for each in questions
    ]
    bias = measured_bias(infiller, questions, seed=0)
    assert abs(right[0] - right[1]) > 4
    for rows, measured in bias.points:
        wrong = [
            scored[rows]
            for scored, gold in zip(scores, right, strict=True)
            if abs(rows - gold) > max(1, gold / 4)
        ]
        assert measured == pytest.approx(sum(wrong) / len(wrong), abs=1e-3)
    assert {rows for rows, _ in bias.points} == {
        rows for rows in scores[0] if any(abs(rows - gold) > max(1, gold / 4) for gold in right)
    }


def test_the_command_writes_what_the_engine_then_searches_with(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = json.loads((checkpoint / "config.json").read_text("utf-8"))
    main(["calibrate", str(HELD_OUT), "--of", str(checkpoint), "--per-file", "3"])
    after = json.loads((checkpoint / "config.json").read_text("utf-8"))
    points = after["fillwright"].pop("length_bias")
    assert after == before
    assert json.loads(capsys.readouterr().out) == points
    infiller = load_infiller(checkpoint, "cpu")
    assert [list(point) for point in infiller.length_bias.points] == points
    assert len(points) > 3
