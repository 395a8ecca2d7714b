"""From what speaks for a fill to the probability that it is the right one.

Knows numbers and the file that holds the weights; loads no torch.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from fillwright.engine.errors import CheckpointError

LEAST, MOST = 1e-4, 0.995
LONGEST_MARGIN = 10.0
"""Probabilities and nats beyond these say no more: a logarithm of theirs would outweigh all
else."""
FILE = "certainty.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """From evidence to the probability that a fill is the right one: logistic regression on three
    features (Platt 1999), fitted by `fillwright eval calibrate`. As it stands here, without a fit,
    the probability is the draft's own."""

    drafted: float = 1.0
    margin: float = 0.0
    near: float = 0.0
    bias: float = 0.0

    def probability(self, drafted: float, margin: float, near: int) -> float:
        """The probability, in (0, 1), of a fill with this evidence."""
        weights = (self.drafted, self.margin, self.near, self.bias)
        score = zip(weights, features(drafted, margin, near), strict=True)
        return 1 / (1 + math.exp(-sum(weight * feature for weight, feature in score)))


@dataclass(frozen=True, slots=True)
class Calibrations:
    """One for fills in which the project's other files had a say, and one for those in which the
    file was `alone`: a file's own far part is copied in vain more often than what others say."""

    alone: Calibration = field(default_factory=Calibration)
    with_project: Calibration = field(default_factory=Calibration)

    @classmethod
    def of_checkpoint(cls, folder: Path) -> "Calibrations":
        """What `certainty.json` of a checkpoint says; without the file nothing is fitted. Raises
        CheckpointError where it holds something else."""
        path = folder / FILE
        if not path.exists():
            return cls()
        try:
            said = json.loads(path.read_text("utf-8"))
            return cls(*(_read(said[each.name]) for each in fields(cls)))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise CheckpointError(
                f"{path} does not hold the weights {', '.join(asdict(Calibration()))} of a file "
                f"alone and with_project ({error}); copy it from the checkpoint again, or remove "
                "it."
            ) from error

    def of(self, knows_project: bool) -> Calibration:
        return self.with_project if knows_project else self.alone


def _read(weights: Mapping[str, float]) -> Calibration:
    return Calibration(**{name: float(value) for name, value in weights.items()})


def features(drafted: float, margin: float, near: int) -> tuple[float, float, float, float]:
    """What the weights of a `Calibration` multiply, in their order."""
    kept = min(max(drafted, LEAST), MOST)
    return math.log(kept / (1 - kept)), min(margin, LONGEST_MARGIN), math.log1p(near), 1.0
