"""Mixture of experts: every token through its chosen experts' gated MLPs, weighted and summed.

    y[t] = sum_k weight[t, k] * expert_{index[t, k]}(x[t])
    expert_e(x) = (gelu_tanh(g) * u) Wd_e^T,  [g; u] = x Wgu_e^T

x [tokens, hidden], gate_up [experts, 2 * intermediate, hidden] (gate rows first),
down [experts, hidden, intermediate], index and weight [tokens, k]. No token is ever dropped: a
capacity limit keeps the denoiser from converging. Reads the weights of every expert touched.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def reference(x: Tensor, gate_up: Tensor, down: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    chosen = x.new_empty(*index.shape, x.shape[-1])
    for expert in torch.unique(index).tolist():
        tokens, slots = torch.where(index == expert)
        chosen[tokens, slots] = one_expert(x[tokens], gate_up[expert], down[expert])
    return (chosen * weight[..., None]).sum(dim=1).to(x.dtype)


def expert_mlp(x: Tensor, gate_up: Tensor, down: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Route `x` [tokens, hidden] through the experts; returns [tokens, hidden]."""
    return reference(x, gate_up, down, index, weight)


def one_expert(x: Tensor, gate_up: Tensor, down: Tensor) -> Tensor:
    """All of `x` [..., hidden] through one expert's gate_up [2 * intermediate, hidden] and down."""
    gate, up = F.linear(x, gate_up).chunk(2, dim=-1)
    return F.linear(F.gelu(gate, approximate="tanh") * up, down)
