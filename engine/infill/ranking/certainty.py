"""How sure the engine may be of a fill: what the search and the ranker know of it anyway.

Costs no model pass. Knows hypotheses and probabilities; of text only whether two are the same.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from fillwright.engine.infill.hypotheses import Beams, Evidence, Hypothesis
from fillwright.engine.infill.ranking.calibration import (
    LONGEST_MARGIN,
    Calibrations,
    PrecedentCalibration,
)
from fillwright.engine.infill.tokens.tokenizer import Spelling
from fillwright.engine.memory.between import Between
from fillwright.engine.request import Certainty, Precedent

FINISHED = 0.9
"""Where nothing is missing with this probability, a fill that nobody asked for stops. Measured on
817 pauses. It ends a fifth of them after the first pass and loses 0 to 5 % of the right fills. 0.5
would lose a fifth of those after a closing sign."""

Test = Callable[[Hypothesis], bool]


def nothing_missing(beams: Beams, adds_nothing: Test | None) -> float:
    """The probability that nothing is missing in the hole.

    It is that of an end mark as the first token or, where the hole must begin or end with
    something, of every end that `adds_nothing` to that.
    """
    if adds_nothing is None:
        return beams.end_first
    return _mass(beam for beam in beams.ended if adds_nothing(beam))


def probability_of_text(chosen: Hypothesis, beams: Beams, has_same_text: Test) -> float:
    """The probability of the chosen fill: its own, and that of every end with the same text."""
    others = (beam for beam in beams.ended if beam != chosen and has_same_text(beam))
    return _mass((chosen, *others))


def standing(
    found: Iterable[Between], is_same: Callable[[Between], bool]
) -> tuple[Precedent | None, Precedent | None]:
    """Where the same text stood before, and where the nearest other one did."""
    same, other = list[Precedent](), list[Precedent]()
    for one in found:
        precedent = Precedent(one.left, one.right, one.places)
        (same if is_same(one) else other).append(precedent)
    return next(iter(same), None), next(iter(other), None)


def certainty_of_precedent(
    text: str,
    calibration: PrecedentCalibration,
    knows_project: bool,
    same: Precedent,
    other: Precedent | None,
) -> Certainty:
    """How sure it is that a text which stood before is to stand here again."""
    whole = round(calibration.probability(same, other), 4)
    beginnings = ((len(text), whole),)
    return Certainty(whole, 0.0, beginnings, whole, 0.0, 0, knows_project, same, other)


def certainty_of(
    evidence: Evidence,
    calibrations: Calibrations,
    confidences: Sequence[float],
    spelling: Spelling,
    kept: range,
) -> Certainty:
    """How sure the engine is of the characters `kept` of a hole, whose tokens have these
    `confidences` and this `spelling`."""
    probability, beginnings = evidence.something, list[tuple[int, float]]()
    for confidence, end in zip(confidences, spelling.ends, strict=False):
        probability *= confidence
        if kept.start < end <= kept.stop:
            beginnings.append((end - kept.start, round(probability, 4)))
    calibration = calibrations.of(evidence.knows_project)
    standing = calibrations.precedent.standing(evidence.same, evidence.other)
    whole = calibration.probability(evidence.drafted, evidence.margin, evidence.near, standing)
    return Certainty(
        whole=round(whole, 4),
        nothing=round(evidence.nothing, 4),
        beginnings=tuple(beginnings),
        drafted=round(evidence.drafted, 6),
        margin=round(min(evidence.margin, LONGEST_MARGIN), 4),
        near=evidence.near,
        knows_project=evidence.knows_project,
        same=evidence.same,
        other=evidence.other,
    )


def _mass(beams: Iterable[Hypothesis]) -> float:
    return min(1.0, sum(math.exp(beam.log_probability) for beam in beams))
