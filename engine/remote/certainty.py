"""How sure one may be of a fill from a server: from its probabilities where it gives some, else
from how many fills of the same hole say the same.

The probability that a fill is right is, without likelihoods, the share of further samples that
agree with it, as Jeffreys' rule estimates it: (agreeing + 1/2) / (others + 1). Of one other that
agrees this makes 0.75, of one that does not 0.25, and of none to compare with 0.5. Each thing that
speaks against the fill takes 70 % off. So the thresholds of the gate mean the same as with
likelihoods: at `normal` (0.3) what was agreed on is shown unless something speaks against it, and
what was not is left away. Neither is calibrated, until `fillwright eval calibrate --engine` has
counted for a server's model how often its fills are right: then the probability is that of a
logistic regression on these, whose `margin` is what the faults take off, in nats.

Where the model was given the text after the hole, the share of it that it would have written
itself counts too.

Knows texts and probabilities; knows no server.
"""

import math
import re
from collections.abc import Sequence

from fillwright.engine.infill.ranking.calibration import Calibration
from fillwright.engine.remote.take import Take
from fillwright.engine.request import Certainty

SPEAKS_AGAINST = 0.3
LEAST_DOUBT = 1e-4
WORD_OR_SIGN = re.compile(r"\w+|\s+|[^\w\s]")


def certainty_of(
    take: Take, others: Sequence[Take], against: int, calibration: Calibration | None = None
) -> Certainty:
    """Of the fill that `take` is, `others` being further samples, and `against` counting what
    speaks against it."""
    doubt = SPEAKS_AGAINST**against
    drafted, nothing, beginnings = (
        _by_likelihood(take) if take.log_probabilities else _by_agreement(take, others, doubt)
    )
    # a fill of the wrong length may be sure of each word, but not of what comes after it
    doubt *= take.agreed
    near, margin = 1 + len(others), math.log(max(LEAST_DOUBT, doubt))
    whole = Calibration().probability(drafted, 0.0, near) * doubt
    if calibration is not None:
        whole = calibration.probability(drafted, margin, near)
    return Certainty(
        whole=round(whole, 4),
        nothing=round(nothing, 4),
        beginnings=tuple((end, round(sure, 4)) for end, sure in beginnings),
        drafted=round(drafted, 6),
        margin=round(margin, 4),
        near=near,
    )


Findings = tuple[float, float, list[tuple[int, float]]]


def _by_likelihood(take: Take) -> Findings:
    sure, beginnings = 1.0, list[tuple[int, float]]()
    for end, score in take.scores(len(take.fill)):
        sure *= math.exp(min(0.0, score))
        beginnings.append((end, sure))
    return sure, 0.0 if take.fill else 1.0, beginnings


def _by_agreement(take: Take, others: Sequence[Take], doubt: float) -> Findings:
    """All may agree on what does not parse: a beginning of that is as doubtful."""
    said, theirs = take.fill, [other.fill for other in others]
    same = _share(sum(other.strip() == said.strip() for other in theirs), len(theirs))
    empty = sum(not fill.strip() for fill in (said, *theirs)) / (1 + len(theirs))
    beginnings = []
    for word in WORD_OR_SIGN.finditer(said):
        begun = said[: word.end()]
        agreeing = sum(other.startswith(begun) for other in theirs)
        beginnings.append((word.end(), _share(agreeing, len(theirs)) * doubt))
    return same, empty, beginnings


def _share(agreeing: int, others: int) -> float:
    return (agreeing + 0.5) / (others + 1)
