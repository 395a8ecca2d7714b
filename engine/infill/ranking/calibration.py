"""From what speaks for a fill to the probability that it is the right one.

Knows numbers and the file that holds the weights; loads no torch.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from fillwright.engine.errors import CheckpointError
from fillwright.engine.memory.limits import LEAST_SIDE
from fillwright.engine.request import Precedent

LEAST, MOST = 1e-4, 0.995
LARGEST_EXPONENT = 700.0
LONGEST_MARGIN = 10.0
"""Probabilities and nats beyond these say no more: a logarithm of theirs would outweigh all
else."""
FILE = "certainty.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """From evidence to the probability that a fill is the right one: logistic regression on four
    features (Platt 1999), fitted by `fillwright eval calibrate`. As it stands here, without a fit,
    the probability is the draft's own."""

    drafted: float = 1.0
    margin: float = 0.0
    near: float = 0.0
    standing: float = 0.0
    bias: float = 0.0

    def probability(self, drafted: float, margin: float, near: int, standing: float = 0.0) -> float:
        """The probability, in (0, 1), of a fill with this evidence."""
        weights = (self.drafted, self.margin, self.near, self.standing, self.bias)
        return _probability(weights, features(drafted, margin, near, standing))


@dataclass(frozen=True, slots=True)
class PrecedentCalibration:
    """From where a text stood before to the probability that it is right here, whatever a model
    says: logistic regression on two features, fitted likewise. Without a fit nothing is said."""

    share: float = 0.0
    ahead: float = 0.0
    bias: float = -math.inf

    def probability(self, same: Precedent | None, other: Precedent | None) -> float:
        """The probability, in [0, 1), of a text that stood there, against that of the nearest
        `other` one."""
        if same is None:
            return 0.0
        weights = (self.share, self.ahead, self.bias)
        return _probability(weights, precedent_features(same, other))

    def standing(self, same: Precedent | None, other: Precedent | None) -> float:
        """What precedents add to the odds of a text, nats, as evidence of its own."""
        doubt, other_doubt = self.probability(same, other), self.probability(other, same)
        return math.log1p(-other_doubt) - math.log1p(-doubt)


@dataclass(frozen=True, slots=True)
class Calibrations:
    """One for fills in which the project's other files had a say, and one for those in which the
    file was `alone`: a file's own far part is copied in vain more often than what others say. And
    one for what stood between such contexts before."""

    alone: Calibration = field(default_factory=Calibration)
    with_project: Calibration = field(default_factory=Calibration)
    precedent: PrecedentCalibration = field(default_factory=PrecedentCalibration)

    @classmethod
    def of_checkpoint(cls, folder: Path) -> "Calibrations":
        """What `certainty.json` of a checkpoint says; without the file nothing is fitted. Raises
        CheckpointError where it holds something else."""
        path = folder / FILE
        if not path.exists():
            return cls()
        try:
            said = json.loads(path.read_text("utf-8"))
            alone, with_project = (_read(said[kind]) for kind in ("alone", "with_project"))
            precedent = PrecedentCalibration(**_numbers(said.get("precedent", {})))
            return cls(alone, with_project, precedent)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise CheckpointError(
                f"{path} does not hold the weights {', '.join(asdict(Calibration()))} of a file "
                f"alone and with_project ({error}); copy it from the checkpoint again, or remove "
                "it."
            ) from error

    def of(self, knows_project: bool) -> Calibration:
        return self.with_project if knows_project else self.alone


def _read(weights: Mapping[str, float]) -> Calibration:
    return Calibration(**_numbers(weights))


def _numbers(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in weights.items()}


def features(
    drafted: float, margin: float, near: int, standing: float
) -> tuple[float, float, float, float, float]:
    """What the weights of a `Calibration` multiply, in their order."""
    kept = min(max(drafted, LEAST), MOST)
    odds = math.log(kept / (1 - kept))
    return odds, min(margin, LONGEST_MARGIN), math.log1p(near), standing, 1.0


def precedent_features(same: Precedent, other: Precedent | None) -> tuple[float, float, float]:
    """What the weights of a `PrecedentCalibration` multiply, in their order: the share of the
    places that have this text, and how much further it matches than the nearest other one, or than
    nothing would."""
    share = same.places / (same.places + (other.places if other else 0))
    matching = other.left + other.right if other else 2 * LEAST_SIDE - 1
    return share, math.log((same.left + same.right) / matching), 1.0


def _probability(weights: Sequence[float], found: Sequence[float]) -> float:
    score = sum(weight * feature for weight, feature in zip(weights, found, strict=True))
    return 1 / (1 + math.exp(min(-score, LARGEST_EXPONENT)))
