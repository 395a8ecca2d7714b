"""Scores of fills, and how sure they are. Knows texts and numbers, no benchmark and no model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `n` items with its 95 % confidence interval; all in [0, 1]."""

    value: float
    low: float
    high: float
    n: int
    groups: int


def exact(fill: str, gold: str) -> bool:
    """The same text but for white space at line ends."""
    return _without_line_ends(fill) == _without_line_ends(gold)


def edit_similarity(fill: str, gold: str) -> float:
    """2 M / T in [0, 1]: M characters in common in order, T in both (Ratcliff and Obershelp's
    ratio, the edit similarity of CodeXGLUE and RepoBench)."""
    pair = (_without_line_ends(fill), _without_line_ends(gold))
    return SequenceMatcher(None, *pair, autojunk=False).ratio()


def clustered_share(successes: Sequence[bool], groups: Sequence[str]) -> Share:
    """The share of successes; items of one group are alike, so they count for less.

    Wilson's interval at the effective sample size n / deff, where deff is the variance of the
    ratio estimator with clusters over that without (Korn and Graubard 1998; compared by Dean and
    Pagano 2015). Unlike the normal interval it stays sound near 0 and 1: there deff cannot be
    seen, and the number of groups is the sample size.
    """
    n = len(successes)
    if n == 0 or n != len(groups):
        raise ValueError(f"{n} items cannot be scored in {len(groups)} groups")
    names, index = np.unique(np.array(groups), return_inverse=True)
    passed = np.array(successes, dtype=float)
    share, clusters = float(passed.mean()), len(names)
    size = float(clusters)
    if clusters > 1 and 0 < share < 1:
        residuals = np.bincount(index, weights=passed - share)
        clustered = clusters / (clusters - 1) * float(residuals @ residuals) / n**2
        size = n / max(1.0, clustered / (share * (1 - share) / (n - 1)))
    low, high = wilson(share, size)
    return Share(share, low, high, n, clusters)


def wilson(share: float, size: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share among `size` items."""
    z2 = NORMAL_95**2 / size
    middle = (share + z2 / 2) / (1 + z2)
    half = math.sqrt(z2 * share * (1 - share) + z2**2 / 4) / (1 + z2)
    # rounding must not put the share outside
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def _without_line_ends(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip()
