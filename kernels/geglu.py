"""Gated MLP with the tanh approximation of GELU.

    y = (gelu_tanh(g) * u) Wd,   [g, u] = x Wgu

x [..., rows, hidden] in the weights' type, gate_up [..., hidden, 2 * intermediate] (gate columns
first), down [..., intermediate, hidden]; with a leading dimension, as many MLPs side by side.
Reads the weights once: 3 * hidden * intermediate elements per MLP.
"""

import torch.nn.functional as F
from torch import Tensor


def geglu(x: Tensor, gate_up: Tensor, down: Tensor) -> Tensor:
    """Apply the gated MLP to the last dimension of `x` -> [..., rows, hidden]."""
    gate, up = (x @ gate_up).chunk(2, dim=-1)
    return (F.gelu(gate, approximate="tanh") * up) @ down
