"""Root mean square normalisation.

    y = x / sqrt(mean(x^2) + eps) * weight          (weight is plain w, not 1 + w)

x [..., hidden] of any float type; the arithmetic is float32. Reads x once, writes y once.
"""

import torch.nn.functional as F
from torch import Tensor


def reference(x: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    return F.rms_norm(x, x.shape[-1:], weight, eps)


def rms_norm(x: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    """Normalise the last dimension of `x`; `weight` [hidden] or None for no gain."""
    return reference(x, weight, eps)
