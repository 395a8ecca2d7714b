"""A layer with a mixture of experts on the CPU's kernels: only what a row's own experts weigh is
multiplied with it, and no row is dropped. Follows kernels/expert_mlp.py and layers.Router.
"""

from dataclasses import dataclass

import numpy as np

from fillwright.kernels.arrays import largest, softmax
from fillwright.kernels.cpu.layer import Angles, LayerParts, LayerRows
from fillwright.kernels.cpu.matrices import CpuMatrix, Floats
from fillwright.kernels.cpu.operations import CpuKernels, Integers


@dataclass(frozen=True, slots=True, eq=False)
class CpuExperts:
    """Gated MLPs after `gain` [hidden], of which a row takes `top`: those to which the router
    [experts, hidden] gives most, after a gain [hidden] of its own; `scales` [experts] are theirs.
    """

    gain: Floats
    gate_ups: tuple[CpuMatrix, ...]
    downs: tuple[CpuMatrix, ...]
    router_gain: Floats
    router: Floats
    scales: Floats
    top: int

    def chosen(self, residual: Floats, eps: float) -> tuple[Integers, Floats]:
        """residual [rows, hidden] -> the index and the weight of each row's experts [rows, top]"""
        size = np.sqrt(np.square(residual).mean(-1, keepdims=True) + np.float32(eps))
        scores = (residual / size * self.router_gain) @ self.router.T
        shares, index = largest(softmax(scores), self.top)
        return index, shares / shares.sum(-1, keepdims=True) * self.scales[index]

    def run(self, kernels: CpuKernels, residual: Floats, eps: float) -> Floats:
        """residual [rows, hidden] -> the sum of each row's experts, the same shape."""
        index, weight = self.chosen(residual, eps)
        flat = index.flatten()
        # the rows of one expert after those of another
        order = np.argsort(flat, kind="stable")
        called, counts = np.unique(flat, return_counts=True)
        answered = kernels.experts(
            [self.gate_ups[expert] for expert in called],
            [self.downs[expert] for expert in called],
            counts.tolist(),
            residual[order // self.top],
            self.gain,
            eps,
        )
        weighted = np.empty_like(answered)
        weighted[order] = answered * weight.flatten()[order, None]
        mixed: Floats = weighted.reshape(-1, self.top, residual.shape[-1]).sum(1)
        return mixed


def run_expert_layer(
    kernels: CpuKernels,
    parts: LayerParts,
    experts: CpuExperts,
    hidden: Floats,
    angles: Angles,
    rows: LayerRows,
    scalar: float,
) -> None:
    """What run_layer does, with experts beside the layer's only MLP."""
    (mlp,), eps, count = parts.mlps, parts.eps, len(hidden)
    raw = kernels.product(parts.qkv, hidden, parts.before_attention, eps)
    to = rows.shared if rows.own is None else rows.own
    queries = kernels.turn(parts.heads, raw, parts.head_gains, angles, eps, to, rows.first)
    attended = kernels.attend(parts.heads, queries, rows.shared, rows.own, rows.seen)
    out = kernels.product(parts.out, attended.reshape(count, -1))
    kernels.join(hidden, [out], None, parts.after_attention, eps)
    both = [
        kernels.gated_mlp(mlp.gate_up, mlp.down, hidden, mlp.gain, eps),
        experts.run(kernels, hidden, eps),
    ]
    kernels.join(hidden, both, parts.closing, parts.after_mlps, eps, scalar)
