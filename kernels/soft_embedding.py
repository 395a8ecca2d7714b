"""The expected embedding under a distribution over the vocabulary, for self-conditioning.

    y = softmax(logits) E * scale

logits [..., vocab] float, E [vocab, hidden], perhaps packed. The softmax is float32, the product in
E's type.
A row of nothing but -inf is nothing expected: y = 0.
Reads the whole embedding matrix: vocab * hidden elements.
"""

import torch
from torch import Tensor

from fillwright.kernels.packed_matrix import PackedMatrix


def soft_embedding(logits: Tensor, embedding: Tensor | PackedMatrix, scale: float) -> Tensor:
    """logits [..., vocab] -> [..., hidden] in the embedding's type."""
    probabilities = logits.softmax(dim=-1, dtype=torch.float32).to(embedding.dtype)
    silent = logits.amax(dim=-1, keepdim=True) == -torch.inf
    expected: Tensor = probabilities @ embedding * scale
    return expected.masked_fill(silent, 0.0)
