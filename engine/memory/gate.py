"""How much the user's own code and the model each count for the next token: a mixture of the
model's distribution with those of the precedents, shares by a linear gate.

After kNN-LM (Khandelwal et al. 2020, "Generalization through Memorization") and the cache model
(Grave et al. 2017), with the gate's shares instead of a fixed one. Knows numbers and the file that
holds the constants.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.errors import CheckpointError
from fillwright.engine.memory.evidence import PARTS, Part, Parts, Precedents
from fillwright.kernels.arrays import Array, namespace, on_host, softmax

Floats = NDArray[np.float64]

FILE = "memory.json"
CLAMPED_AT = 4.0
"""Standard deviations; without it the gate trusts what it has never seen."""
LEAST = 1e-4
"""Added to a probability before its logarithm becomes a feature."""
FEATURES_OF_A_PART = 5
FEATURES = 2 + FEATURES_OF_A_PART * len(PARTS)


@dataclass(frozen=True, eq=False)
class Gate:
    """shares = softmax(clamp((features - mean) / std) @ weights + bias), over the model and the
    parts that there are. mean, std [features], weights [features, 1 + parts], bias [1 + parts]."""

    mean: Floats
    std: Floats
    weights: Floats
    bias: Floats

    def __post_init__(self) -> None:
        outputs = 1 + len(PARTS)
        shapes = [(FEATURES,), (FEATURES,), (FEATURES, outputs), (outputs,)]
        if [each.shape for each in (self.mean, self.std, self.weights, self.bias)] != shapes:
            raise ValueError(f"a gate has the shapes {shapes}")

    @classmethod
    def of_checkpoint(cls, folder: Path) -> "Gate | None":
        """What `memory.json` of a checkpoint says; without the file there is no memory. Raises
        CheckpointError where it holds something else."""
        path = folder / FILE
        if not path.exists():
            return None
        try:
            constants = json.loads(path.read_text("utf-8"))
            names = ("mean", "std", "weights", "bias")
            return cls(*(np.array(constants[name], dtype=np.float64) for name in names))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise CheckpointError(
                f"{path} does not hold the constants of a gate ({error}); copy it from the "
                "checkpoint again, or remove it."
            ) from error

    def shares(self, parts: Parts, probabilities: Floats) -> Floats:
        """Of the model and of each part, in [0, 1] and 1 together."""
        present = np.array([True, *(part is not None for part in parts)])
        return self.of_features(features(parts, probabilities), present)

    def of_features(self, found: Floats, present: NDArray[np.bool_]) -> Floats:
        """`shares` of the outputs that are `present`."""
        scaled = (found - self.mean) / self.std
        scores = np.clip(scaled, -CLAMPED_AT, CLAMPED_AT) @ self.weights + self.bias
        scores[~present] = -np.inf
        shares: Floats = np.exp(scores - scores.max())
        shares /= shares.sum()
        return shares


def features(parts: Parts, probabilities: Floats) -> Floats:
    """How sure the model is; and of each part how long, how many and how various it is, and what
    the model thinks of what it says most often."""
    most = probabilities.max()
    found = [most, np.log(most)]
    for part in parts:
        found += _of_part(part, probabilities)
    return np.array(found)


def _of_part(part: Part, probabilities: Floats) -> list[float]:
    if part is None:
        return [0.0] * FEATURES_OF_A_PART
    total, best = part.counts.sum(), part.counts.argmax()
    return [
        float(np.log(part.length)),
        float(np.log(total)),
        float(len(part.tokens) == 1),
        float(part.counts[best] / total),
        float(np.log(probabilities[part.tokens[best]] + LEAST)),
    ]


@dataclass(frozen=True, eq=False)
class Mixture:
    """Of one hole: mixes what the model says with its precedents. `is_line`: its end marks may
    stand in code too; if not, only the model says where the hole ends."""

    gate: Gate
    precedents: Precedents
    is_line: bool
    _remembered: dict[tuple[int, ...], float] = field(default_factory=dict)

    @property
    def knows_project(self) -> bool:
        """Whether the project's other files have a say, and not only the open file's far part."""
        return bool(self.precedents.project)

    def mixed(self, logits: Array, written: Sequence[tuple[int, ...]]) -> Array:
        """Log probabilities [rows, vocab] after what each row has `written`. A row for which
        there are no precedents keeps its logits as they are."""
        parts = [self.precedents.parts(each) for each in written]
        looked_up = [row for row, found in enumerate(parts) if any(p is not None for p in found)]
        if not looked_up:
            return logits
        xp = namespace(logits)
        model = softmax(on_host(logits[looked_up]).astype(np.float64))
        rows, mixtures = [], []
        for row, probabilities in zip(looked_up, model, strict=True):
            mixture = self._mixture(probabilities, parts[row], written[row])
            if mixture is not None:
                rows.append(row)
                mixtures.append(mixture)
        if not rows:
            return logits
        with np.errstate(divide="ignore"):
            logs = np.log(np.stack(mixtures))
        mixed = xp.asarray(logits, copy=True)
        mixed[rows] = xp.asarray(logs, dtype=logits.dtype, device=logits.device)
        return mixed

    def remembered(self, ids: Sequence[int]) -> float:
        """The share of the memory in these tokens, a mean; 0 where nothing was looked up."""
        shares = [self._remembered.get(tuple(ids[:end]), 0.0) for end in range(len(ids))]
        return sum(shares) / len(shares) if shares else 0.0

    def _mixture(self, model: Floats, parts: Parts, written: tuple[int, ...]) -> Floats | None:
        """Of one row's probabilities and its parts; None where only an end is possible."""
        end = bound(model, self.precedents, written, self.is_line)
        rest = model.sum() - end
        if rest <= 0:
            return None
        model /= model.sum()
        end /= rest + end
        shares = self.gate.shares(parts, model)
        self._remembered[written] = float(1 - shares[0])
        marks = list(self.precedents.end_marks)
        ends = model[marks]
        if end:
            model[marks] = 0
        mixture: Floats = shares[0] * model / (1 - end)
        for share, part in zip(shares[1:], parts, strict=True):
            if part is not None:
                mixture[part.tokens] += share * part.counts / part.counts.sum()
        if end:
            mixture *= 1 - end
            mixture[marks] = ends
        return mixture


def bound(model: Floats, precedents: Precedents, written: tuple[int, ...], is_line: bool) -> float:
    """Leave of the model's probabilities [vocab], in place, what may come after what is `written`,
    as its precedents do; gives how likely an end is that only the model may say."""
    marks = list(precedents.end_marks)
    allowed = list(precedents.following(written))
    if allowed:
        kept = np.zeros_like(model)
        kept[allowed] = model[allowed]
        model[:] = kept
    elif not written:
        model[marks] = 0
    elif is_line:
        end = model[marks].sum()
        model[marks] = 0
        model[marks[0]] = end
    else:
        return float(model[marks].sum())
    return 0.0
