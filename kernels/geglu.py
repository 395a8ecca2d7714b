"""Gated MLP with the tanh approximation of GELU.

    y = (gelu_tanh(x Wg^T) * (x Wu^T)) Wd^T

x [..., hidden], gate and up [intermediate, hidden], down [hidden, intermediate]. Reads the three
weight matrices once: 3 * hidden * intermediate elements.
"""

import torch.nn.functional as F
from torch import Tensor


def reference(x: Tensor, gate: Tensor, up: Tensor, down: Tensor) -> Tensor:
    return F.linear(F.gelu(F.linear(x, gate), approximate="tanh") * F.linear(x, up), down)


def geglu(x: Tensor, gate: Tensor, up: Tensor, down: Tensor) -> Tensor:
    """Apply the gated MLP to the last dimension of `x`."""
    return reference(x, gate, up, down)
