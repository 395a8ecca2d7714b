"""Mixture of experts: every token through its chosen experts' gated MLPs, weighted and summed.

    y[t] = sum_k weight[t, k] * expert_{index[t, k]}(x[t])
    expert_e(x) = (gelu_tanh(g) * u) Wd_e^T,  [g; u] = x Wgu_e^T

x [tokens, hidden], gate_up [experts, 2 * intermediate, hidden] (gate rows first),
down [experts, hidden, intermediate], index and weight [tokens, k]. No token is ever dropped: a
capacity limit keeps the denoiser from converging. Reads the weights of every expert touched.
"""

import torch
from torch import Tensor

from fillwright.kernels.geglu import geglu


def expert_mlp(x: Tensor, gate_up: Tensor, down: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Route `x` [tokens, hidden] through the experts; returns [tokens, hidden]."""
    chosen = x.new_empty(*index.shape, x.shape[-1])
    for expert in torch.unique(index).tolist():
        tokens, slots = torch.where(index == expert)
        answer = geglu(x[tokens], gate_up[expert].mT, down[expert].mT)
        # under autocast it is in another type than x
        chosen[tokens, slots] = answer.to(x.dtype)
    return (chosen * weight[..., None]).sum(dim=1).to(x.dtype)
