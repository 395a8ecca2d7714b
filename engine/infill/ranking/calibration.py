"""From what speaks for a fill to the probability that it is the right one.

Knows numbers and the file that holds the weights; loads no torch.
"""

import json
import math
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from fillwright.engine.errors import CheckpointError

LEAST, MOST = 1e-4, 0.995
LONGEST_MARGIN = 10.0
FILE = "certainty.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """From evidence to the probability that a fill is the right one: logistic regression on four
    features (Platt 1999), fitted by `fillwright eval calibrate`. As it stands here, without a fit,
    the probability is the draft's own."""

    drafted: float = 1.0
    margin: float = 0.0
    near: float = 0.0
    remembered: float = 0.0
    bias: float = 0.0

    @classmethod
    def of_checkpoint(cls, folder: Path) -> "Calibration":
        """What `certainty.json` of a checkpoint says; without the file nothing is fitted. Raises
        CheckpointError where it holds something else."""
        path = folder / FILE
        if not path.exists():
            return cls()
        try:
            weights = json.loads(path.read_text("utf-8"))["weights"]
            return cls(**{name: float(value) for name, value in weights.items()})
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise CheckpointError(
                f"{path} does not hold the weights {', '.join(asdict(cls()))} ({error}); copy it "
                "from the checkpoint again, or remove it."
            ) from error

    def probability(self, drafted: float, margin: float, near: int, remembered: float) -> float:
        """The probability, in (0, 1), of a fill with this evidence."""
        score = zip(astuple(self), features(drafted, margin, near, remembered), strict=True)
        return 1 / (1 + math.exp(-sum(weight * feature for weight, feature in score)))


def features(drafted: float, margin: float, near: int, remembered: float) -> tuple[float, ...]:
    """What the weights of a `Calibration` multiply, in their order."""
    kept = min(max(drafted, LEAST), MOST)
    margin = min(margin, LONGEST_MARGIN)
    return math.log(kept / (1 - kept)), margin, math.log1p(near), remembered, 1.0
