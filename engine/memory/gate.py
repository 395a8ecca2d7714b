"""How much the user's own code and the model each count for the next token: a mixture of the
model's distribution with those of the precedents, shares by a linear gate.

After kNN-LM (Khandelwal et al. 2020, "Generalization through Memorization") and the cache model
(Grave et al. 2017), with the gate's shares instead of a fixed one. Knows numbers and the file that
holds the constants.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.errors import CheckpointError
from fillwright.engine.memory.evidence import PARTS, Part, Parts, Precedents
from fillwright.kernels.arrays import Array, log_softmax, namespace, on_host

Floats = NDArray[np.float64]

FILE = "memory.json"
CLAMPED_AT = 4.0
"""Standard deviations; without it the gate trusts what it has never seen."""
LEAST = 1e-4
"""Added to a probability before its logarithm becomes a feature."""
TINIEST = 1e-30
"""A share that is less is taken for so much, for its logarithm."""
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

    def shares(self, found: Floats, present: NDArray[np.bool_]) -> Floats:
        """Of the model and of each part, 1 together and 0 of what is not `present`: [rows, 1 +
        parts], as that is, of the features [rows, features]."""
        scaled = (found - self.mean) / self.std
        scores = np.clip(scaled, -CLAMPED_AT, CLAMPED_AT) @ self.weights + self.bias
        scores[~present] = -np.inf
        shares: Floats = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        return shares


def features(parts: Parts, model: Floats) -> Floats:
    """How sure the model is; and of each part how long, how many and how various it is, and what
    the model thinks of what it says most often. `model` are log probabilities [vocab]."""
    most = float(model.max())
    found = [math.exp(most), most]
    for part in parts:
        found += _of_part(part, model)
    return np.array(found)


def _of_part(part: Part, model: Floats) -> list[float]:
    if part is None:
        return [0.0] * FEATURES_OF_A_PART
    total, best = float(part.counts.sum()), int(part.counts.argmax())
    return [
        math.log(part.length),
        math.log(total),
        float(len(part.tokens) == 1),
        float(part.counts[best]) / total,
        math.log(math.exp(model[part.tokens[best]]) + LEAST),
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
        model = on_host(log_softmax(logits[looked_up])).astype(np.float32, copy=False)
        ends = [
            bound(own, self.precedents, written[row], self.is_line)
            for row, own in zip(looked_up, model, strict=True)
        ]
        more = [place for place, end in enumerate(ends) if end < 1]
        if not more:
            return logits
        rows = [looked_up[place] for place in more]
        model = model[more]
        found = [parts[row] for row in rows]
        every = np.array([features(each, own) for each, own in zip(found, model, strict=True)])
        present = np.array([[True, *(part is not None for part in each)] for each in found])
        shares = self.gate.shares(every, present)
        for place, own, said, share in zip(more, model, found, shares, strict=True):
            self._mix(own, said, share, ends[place])
        self._remembered.update(zip((written[row] for row in rows), 1 - shares[:, 0], strict=True))
        xp = namespace(logits)
        mixed = xp.asarray(logits, copy=True)
        mixed[rows] = xp.asarray(model, dtype=logits.dtype, device=logits.device)
        return mixed

    def remembered(self, ids: Sequence[int]) -> float:
        """The share of the memory in these tokens, a mean; 0 where nothing was looked up."""
        shares = [self._remembered.get(tuple(ids[:end]), 0.0) for end in range(len(ids))]
        return sum(shares) / len(shares) if shares else 0.0

    def _mix(self, model: Floats, parts: Parts, shares: Floats, end: float) -> None:
        """Mix one row's log probabilities [vocab], in place, with its parts; an end is so likely
        as only the model says."""
        marks = list(self.precedents.end_marks)
        ends = model[marks] if end else None
        model += math.log(max(shares[0], TINIEST))
        for share, part in zip(shares[1:], parts, strict=True):
            if part is not None:
                said = np.log(share * (1 - end) / part.counts.sum() * part.counts)
                model[part.tokens] = np.logaddexp(model[part.tokens], said)
        if ends is not None:
            model[marks] = ends


def bound(model: Floats, precedents: Precedents, written: tuple[int, ...], is_line: bool) -> float:
    """Leave of the model's log probabilities [vocab], in place, what may come after what is
    `written`, as its precedents do; gives how likely an end is that only the model may say, 1 where
    nothing else may come."""
    marks = list(precedents.end_marks)
    allowed = list(precedents.following(written))
    if allowed:
        kept = model[allowed]
        model[:] = -np.inf
        model[allowed] = kept - _log_sum(kept)
        return 0.0
    ended = _log_sum(model[marks])
    if written and not is_line:
        return min(1.0, math.exp(ended))
    model[marks] = -np.inf
    if written:
        model[marks[0]] = ended
    elif ended < 0:
        model -= math.log1p(-math.exp(ended))
    return 0.0 if written or ended < 0 else 1.0


def _log_sum(logs: Floats) -> float:
    return float(np.logaddexp.reduce(logs.astype(np.float64)))
