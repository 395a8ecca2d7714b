"""What pauses come to, counted by hand, and calibration against scikit-like ground truth."""

import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.calibrate import (
    fit,
    fit_all,
    fit_precedents,
    recalibrated,
    write,
)
from fillwright.engine.evaluation.typed_pause import TypedPause, begins
from fillwright.engine.evaluation.typing_summary import (
    at_once,
    calibration_error,
    chance_error,
    compared,
    coverage_at,
    curve,
    saved_share,
    summarise_typing,
    taken_for_finished,
)
from fillwright.engine.infill.ranking.calibration import (
    Calibration,
    Calibrations,
    PrecedentCalibration,
    features,
)
from fillwright.engine.request import Certainty, Precedent


def pause(
    gold: str = "width)", shown: str = "", fill: str = "", sure: float = 0.5, **other: object
) -> TypedPause:
    base = TypedPause(
        name="p/a.py:1:4",
        group="p/a.py",
        project="p",
        language="python",
        kind=".",
        left="self.",
        gold=gold,
        shown=shown,
        whole=shown == (fill or shown),
        reason="" if shown else "unsure",
        fill=fill or shown,
        certainty=Certainty(sure, 0.0, (), sure, 0.0, 1),
        asked=True,
        ms=100.0,
    )
    return replace(base, **other)  # type: ignore[arg-type]


def test_a_beginning_is_right_where_it_cuts_no_word() -> None:
    assert begins("width", "width)")
    assert begins("width) ", "width)")
    assert not begins("wid", "width)")
    assert not begins("height", "width)")
    assert not begins(" ", " width")


def test_what_is_right() -> None:
    assert pause(shown="width)").is_right
    assert not pause(shown="width").is_right
    assert pause(shown="width", fill="width, height)").is_right
    assert not pause(shown="wid", fill="width").is_right
    assert not pause().is_right
    assert pause(fill="width)").would_be_right
    assert not pause(gold="", shown="x").is_right
    assert pause(gold="").is_finished
    assert pause(shown="width, height").has_right_first_word
    assert not pause(shown="widths").has_right_first_word


def test_what_is_taken_for_finished_is_counted_where_it_is_and_where_it_is_not() -> None:
    finished = [pause("", reason="finished")] * 3 + [pause(" ", "x"), pause("", reason="unsure")]
    others = [pause(reason="finished"), pause(shown="width)"), pause(), pause()]
    assert taken_for_finished([*finished, *others]) == (
        "nothing seems to be missing at 3 of 5 finished lines, and at 1 of the 4 other pauses"
    )


def test_what_is_shown_at_once_is_counted_with_its_time() -> None:
    soon = {"first_ms": 5.0, "first_shown": True}
    pauses = [
        pause(shown="width)", first="width)", **soon),
        pause(shown="width)", first="height)", **soon),
        pause(shown="width)"),
        pause(shown="height)"),
        pause(shown="height)", first="width)", first_ms=5.0),
    ]
    assert at_once(pauses) == (
        "shown at once: at 2 of 5 pauses, right at 1; "
        "something right is there after 100 ms (without: 100)"
    )
    assert "after 5 ms (without: 100)" in at_once(pauses[:1])
    assert at_once(pauses[3:4]) == "shown at once: at 0 of 1 pauses"


def test_two_runs_are_compared_where_both_have_paused() -> None:
    first = [pause(name="1"), pause(name="2", fill="width)"), pause(name="3"), pause(name="4")]
    second = [pause(name="1", fill="width)"), pause(name="2"), pause(name="3", fill="width)")]
    second += [pause(name="4", gold=""), pause(name="5", fill="width)")]
    assert compared(first, second) == (
        "of 4 pauses within a line the whole fill is right at 2 (first run: 1; 2 won, 1 lost)"
    )


def test_a_summary_counts() -> None:
    pauses = [
        pause(shown="width)"),
        pause(shown="height)"),
        pause(shown="width", fill="width, height)"),
        pause(fill="width)"),
        pause(gold="", shown="x"),
        pause(gold="", language="typescript", ms=300.0),
    ]
    every, python, typescript = summarise_typing(pauses)
    assert (every.name, python.name, typescript.name) == ("all", "python", "typescript")
    assert every.shown_whole.value == pytest.approx(3 / 6)
    assert every.shown_beginning.value == pytest.approx(1 / 6)
    assert every.right is not None
    assert every.right.value == pytest.approx(2 / 4)
    assert every.right_whole is not None
    assert every.right_whole.value == pytest.approx(1 / 3)
    assert every.right_beginning is not None
    assert every.right_beginning.value == 1.0
    assert every.wrong_at_finished is not None
    assert every.wrong_at_finished.value == pytest.approx(1 / 2)
    assert every.kept is not None
    assert every.kept.value == pytest.approx(1 / 2)
    assert typescript.right is None
    assert typescript.ms_p50 == 300.0


def test_what_accepting_saves() -> None:
    line = [
        # 10 characters are missing; the first 4 are accepted, then, one pause later, the last 3
        pause(gold="abcdefghij", shown="abcd", fill="abcdx", name="p/a.py:1:0"),
        # within what was accepted: no pause any more
        pause(gold="cdefghij", shown="cdefghij", name="p/a.py:1:2"),
        pause(gold="hij", shown="hij", name="p/a.py:1:7"),
    ]
    # the first beginning cuts a word, so it is not right
    assert saved_share(line) == pytest.approx(8 / 10)
    line[0] = replace(line[0], gold="abcd.fghij", shown="abcd")
    assert saved_share(line) == pytest.approx((4 + 3) / 10)
    assert saved_share([*line, pause(gold="z" * 10, name="p/a.py:2:0")]) == pytest.approx(7 / 20)


def test_the_surest_come_first() -> None:
    pauses = [
        pause(fill="width)", sure=0.9),
        pause(fill="height)", sure=0.8),
        pause(fill="width)", sure=0.7),
        pause(sure=0.99),
    ]
    assert curve(pauses) == [(0.25, 1.0), (0.5, 0.5), (0.75, pytest.approx(2 / 3))]
    assert coverage_at(pauses, 0.6) == (0.75, 1.0)
    assert coverage_at(pauses, 0.9) == (0.25, 0.5)
    assert coverage_at([pause(fill="height)")], 0.9) == (0.0, 0.0)


def test_the_calibration_error_is_the_gap_between_said_and_right() -> None:
    pauses = [pause(fill="width)", sure=0.75), pause(fill="height)", sure=0.75)]
    assert calibration_error(pauses) == pytest.approx(0.25)
    assert calibration_error([pause(sure=0.75)]) is None


def test_true_probabilities_of_few_fills_have_an_error_too() -> None:
    assert chance_error([pause(fill="width)", sure=0.5)]) == pytest.approx(0.5)
    assert chance_error([pause(fill="width)", sure=0.75)] * 2) == pytest.approx(0.28125)
    assert chance_error([pause(sure=0.75)]) is None
    chance = np.random.default_rng(0)
    said = chance.random(100)
    errors = [
        calibration_error(
            [pause(fill="width)" if chance.random() < p else "height)", sure=p) for p in said]
        )
        for _ in range(300)
    ]
    expected = chance_error([pause(fill="width)", sure=p) for p in said])
    assert expected == pytest.approx(np.mean([each for each in errors if each]), rel=0.05)


def drawn(count: int, true: Calibration) -> list[TypedPause]:
    chance = random.Random(0)
    pauses = []
    for _ in range(count):
        drafted, margin, near = chance.random(), chance.uniform(0, 10), chance.randint(1, 8)
        right = chance.random() < true.probability(drafted, margin, near)
        certainty = Certainty(drafted, 0.0, (), drafted, margin, near)
        pauses.append(pause(fill="width)" if right else "height)", certainty=certainty))
    return pauses


def test_a_fit_finds_the_weights_that_made_the_pauses() -> None:
    true = Calibration(0.8, 0.2, -0.5, bias=-0.4)
    pauses = drawn(4000, true)
    found = fit(pauses)
    for name in ("drafted", "margin", "near", "bias"):
        assert getattr(found, name) == pytest.approx(getattr(true, name), abs=0.25), name
    said = recalibrated(pauses, Calibrations(found))
    before, after = (summarise_typing(each)[0].off for each in (pauses, said))
    assert before is not None
    assert after is not None
    assert after < 0.03 < before


def test_a_fit_is_where_the_likelihood_is_level() -> None:
    pauses = drawn(300, Calibration(0.8, 0.2, -0.5, bias=-0.4))
    found = fit(pauses)
    rows = np.array(
        [features(c.drafted, c.margin, c.near, 0.0) for p in pauses if (c := p.certainty)]
    )
    right = np.array([p.would_be_right for p in pauses])
    weights = np.array([found.drafted, found.margin, found.near, found.standing, found.bias])
    slope = rows.T @ (1 / (1 + np.exp(-rows @ weights)) - right)
    assert np.abs(slope + weights * [1, 1, 1, 1, 0]).max() < 0.1


def test_pauses_with_a_project_are_fitted_alone() -> None:
    alone = drawn(300, Calibration(0.8, 0.2, -0.5, bias=-0.4))
    known = [
        replace(p, certainty=replace(p.certainty, knows_project=True))
        for p in drawn(300, Calibration(0.8, 0.2, -0.5, bias=1.0))
        if p.certainty
    ]
    both = fit_all([*known, *alone])
    assert both == Calibrations(fit(alone), fit(known))
    (one, other) = recalibrated([alone[0], known[0]], both)
    assert one.certainty
    assert other.certainty
    assert one.certainty.whole < other.certainty.whole
    with pytest.raises(BadRequest, match="--memory"):
        fit_all(alone)


def stood(count: int, true: PrecedentCalibration) -> list[TypedPause]:
    """Pauses at which a text stood before."""
    chance, pauses = random.Random(1), []
    for _ in range(count):
        left, right, less = chance.randint(4, 24), chance.randint(4, 24), chance.random()
        same = Precedent(left, right, chance.randint(1, 9))
        other = Precedent(4, max(4, int(less * right)), chance.randint(1, 9))
        nearest = other if chance.random() < 0.6 else None
        is_right = chance.random() < true.probability(same, nearest)
        certainty = Certainty(0.5, 0.0, (), 0.5, 0.0, 0, True, same, nearest)
        first = "width)" if is_right else "height)"
        pauses.append(replace(pause(), first=first, first_certainty=certainty))
    return pauses


def test_what_stood_before_says_as_much_as_it_was_right() -> None:
    true = PrecedentCalibration(2.0, 2.3, -3.4)
    found = fit_precedents(stood(4000, true), PrecedentCalibration())
    for name in ("share", "ahead", "bias"):
        assert getattr(found, name) == pytest.approx(getattr(true, name), abs=0.3), name
    assert fit_precedents(stood(50, true), true) is true


def test_a_precedent_speaks_for_its_text_and_against_another() -> None:
    said = PrecedentCalibration(2.0, 2.3, -3.4)
    near, far = Precedent(20, 20, 3), Precedent(4, 4, 1)
    assert said.standing(near, None) == -said.standing(None, near) > 1
    assert said.standing(near, far) > 1 > 0 > said.standing(far, near)
    assert said.standing(None, None) == PrecedentCalibration().standing(near, far) == 0
    calibration = Calibration(1.0, 0.0, 0.0, 1.0)
    even = calibration.probability(0.5, 0.0, 0)
    assert even == 0.5
    assert calibration.probability(0.5, 0.0, 0, said.standing(near, None)) > 0.7
    assert calibration.probability(0.5, 0.0, 0, said.standing(None, near)) < 0.3


def test_too_few_fills_are_no_fit() -> None:
    with pytest.raises(BadRequest, match="too few"):
        fit(drawn(50, Calibration()))
    with pytest.raises(BadRequest, match="alike"):
        fit([pause(fill="width)")] * 200)


def test_what_is_written_is_what_a_checkpoint_reads(tmp_path: Path) -> None:
    calibration = Calibration(0.75, 0.21, -0.34, bias=0.04)
    both = Calibrations(calibration, Calibration(0.8, 0.1, 0.0, bias=0.5))
    write(both, ["beets"], 694, tmp_path)
    assert Calibrations.of_checkpoint(tmp_path) == both
    assert math.isclose(
        calibration.probability(0.5, 0, 1), 1 / (1 + math.exp(0.34 * math.log(2) - 0.04))
    )
