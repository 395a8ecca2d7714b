"""Output logits with softcap.

    y = cap * tanh((h W) / cap)

h [..., hidden], W [hidden, vocab]: the embedding, turned; the softcap is computed in float32, for
in bfloat16 it loses the differences that the entropy bound lives on. Reads the whole matrix.
"""

import torch
from torch import Tensor

from fillwright.kernels.packed_matrix import PackedMatrix


def lm_head(hidden: Tensor, head: Tensor | PackedMatrix, cap: float) -> Tensor:
    """hidden [..., hidden], head [hidden, vocab] -> float32 logits [..., vocab]."""
    scores = (hidden.to(head.dtype) @ head).float()
    return torch.tanh_(scores.mul_(1 / cap)) * cap
