"""Mixture of experts: every token through its chosen experts' gated MLPs, weighted and summed.

    y[t] = sum_k weight[t, k] * geglu(x[t]; expert index[t, k])

x [tokens, hidden], gate_up [experts, 2 * intermediate, hidden] (gate rows first),
down [experts, hidden, intermediate], index and weight [tokens, k]. No token is ever dropped: a
capacity limit keeps the denoiser from converging. Reads the weights of every expert touched.
"""

import torch
from torch import Tensor

from fillwright.kernels.geglu import geglu


def reference(x: Tensor, gate_up: Tensor, down: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    y = torch.zeros_like(x)
    for expert in index.unique().tolist():
        tokens, slots = torch.where(index == expert)
        gate, up = gate_up[expert].chunk(2, dim=0)
        out = geglu(x[tokens], gate, up, down[expert]) * weight[tokens, slots, None]
        y.index_add_(0, tokens, out.to(y.dtype))
    return y


def expert_mlp(x: Tensor, gate_up: Tensor, down: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Route `x` [tokens, hidden] through the experts; returns [tokens, hidden]."""
    return reference(x, gate_up, down, index, weight)
