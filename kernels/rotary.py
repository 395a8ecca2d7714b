"""Rotary position embedding, rotate-half pairing: dimension t turns with dimension t + head_dim/2.

    y[t]        = x[t] cos[t]        - x[t + d/2] sin[t]
    y[t + d/2]  = x[t + d/2] cos[t]  + x[t] sin[t]

x [batch, sequence, heads, head_dim]; cos, sin [batch or 1, sequence, 1, head_dim], the first half
of sin with the minus sign of the first line. A frequency of 0 (partial rotary) leaves its pair as
it is.
"""

import torch
from torch import Tensor


def rotary(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn `x` by the given angles -> [batch, sequence, heads, head_dim]."""
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, dims=-1), sin)
