"""How sure the model was of a text, in one number. Knows nothing of where the text goes."""

import statistics
from collections.abc import Sequence


def geometric_mean(probabilities: Sequence[float]) -> float:
    """How sure the model was of a whole text, by its tokens' probabilities; 0 without tokens."""
    if not probabilities or min(probabilities) <= 0:
        return 0.0
    return statistics.geometric_mean(probabilities)
