"""How sure the engine may be of a fill: what the search and the judge know of it anyway.

Costs no model pass. Knows hypotheses and probabilities; of text only which hypotheses say the same.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from fillwright.engine.infill.hypotheses import Beams, Evidence, Hypothesis
from fillwright.engine.infill.ranking.calibration import LONGEST_MARGIN, Calibration
from fillwright.engine.infill.tokens.tokenizer import Spelling
from fillwright.engine.request import Certainty

FINISHED = 0.9
"""Where nothing is missing with this probability, a fill that nobody asked for stops. Measured on
817 pauses: it ends a fifth of them after the first pass and loses 0 to 5 % of the right fills; 0.5
would lose a fifth of those behind a closing sign."""

Says = Callable[[Hypothesis], bool]


def nothing_missing(beams: Beams, adds_nothing: Says | None) -> float:
    """The probability that nothing is missing in the hole: of an end mark as its first token or,
    where it must begin or end with something, of all that `adds_nothing` to that."""
    if adds_nothing is None:
        return beams.end_first
    return _mass(beam for beam in beams.ended if adds_nothing(beam))


def said_by_all(chosen: Hypothesis, beams: Beams, says_the_same: Says) -> float:
    """The probability of the chosen fill: its own, and that of every end that says the same."""
    others = (beam for beam in beams.ended if beam != chosen and says_the_same(beam))
    return _mass((chosen, *others))


def certainty_of(
    evidence: Evidence,
    calibration: Calibration,
    confidences: Sequence[float],
    spelling: Spelling,
    kept: range,
) -> Certainty:
    """How sure the engine is of the characters `kept` of a hole, whose tokens have these
    `confidences` and this `spelling`."""
    sure, beginnings = evidence.something, list[tuple[int, float]]()
    for confidence, end in zip(confidences, spelling.ends, strict=False):
        sure *= confidence
        if kept.start < end <= kept.stop:
            beginnings.append((end - kept.start, round(sure, 4)))
    whole = calibration.probability(evidence.drafted, evidence.margin, evidence.near)
    return Certainty(
        whole=round(whole, 4),
        nothing=round(evidence.nothing, 4),
        beginnings=tuple(beginnings),
        drafted=round(evidence.drafted, 6),
        margin=round(min(evidence.margin, LONGEST_MARGIN), 4),
        near=evidence.near,
    )


def _mass(beams: Iterable[Hypothesis]) -> float:
    return min(1.0, sum(math.exp(beam.log_probability) for beam in beams))
