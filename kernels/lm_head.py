"""Output logits with softcap.

    y = cap * tanh((h E^T) / cap)

h [..., hidden], E [vocab, hidden]; the softcap is computed in float32, for in bfloat16 it loses
the differences that the entropy bound lives on. Reads the whole embedding matrix.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def reference(hidden: Tensor, embedding: Tensor, cap: float) -> Tensor:
    scores = F.linear(hidden, embedding).float()
    return torch.tanh(scores.div_(cap)) * cap


def lm_head(hidden: Tensor, embedding: Tensor, cap: float) -> Tensor:
    """Returns float32 logits [..., vocab]."""
    return reference(hidden, embedding, cap)
