"""Rotary position embedding, rotate-half pairing: dimension t turns with dimension t + head_dim/2.

    y[t]        = x[t] cos[t]        - x[t + d/2] sin[t]
    y[t + d/2]  = x[t + d/2] cos[t]  + x[t] sin[t]

x [batch, heads, sequence, head_dim]; cos, sin [batch or 1, sequence, head_dim]. A frequency of 0
(partial rotary) leaves its pair as it is.
"""

import torch
from torch import Tensor


def reference(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    turned = torch.cat((-second, first), dim=-1)
    return x * cos.unsqueeze(1) + turned * sin.unsqueeze(1)


def rotary(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn `x` [batch, heads, sequence, head_dim] by the given angles."""
    return reference(x, cos, sin)
