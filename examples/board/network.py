"""The network of a board: a small DiffusionGemma, and its first weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from board.tokens import BoardTokens
from fillwright.engine.model.config import AttentionShape, LayerKind, ModelConfig
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.training.initialise import set_first_weights

KIND: LayerKind = "sliding_attention"
"""Of every layer: such a one has values of its own, and here it sees prompt and canvas whole."""


@dataclass(frozen=True, slots=True)
class BoardShape:
    """Sizes; the MLP and its twin are `intermediate_size` wide each."""

    hidden_size: int = 128
    layers: int = 5
    heads: int = 4
    intermediate_size: int = 192


def new_network(
    tokens: BoardTokens, shape: BoardShape, kinds: Sequence[Sequence[int]], seed: int
) -> DiffusionGemma:
    """A float32 network with first weights, ready to train.

    `kinds` says of each place which row, column and so on it is in. A token's first embedding is
    the sum of a vector for its symbol and one for each of these; training moves every token freely.
    """
    torch.manual_seed(seed)
    attention = AttentionShape(
        kv_heads=shape.heads,
        head_dim=shape.hidden_size // shape.heads,
        theta=10000.0,
        turning_pairs=shape.hidden_size // shape.heads // 2,
    )
    model = DiffusionGemma(
        ModelConfig(
            vocab_size=tokens.vocabulary,
            hidden_size=shape.hidden_size,
            intermediate_size=shape.intermediate_size,
            heads=shape.heads,
            layer_kinds=(KIND,) * shape.layers,
            shapes={KIND: attention},
            sliding_window=2 * tokens.places,
            experts=1,
            top_k_experts=1,
            expert_intermediate_size=shape.intermediate_size,
            rms_norm_eps=1e-6,
            logit_softcap=30.0,
            canvas_length=tokens.places,
        )
    )
    set_first_weights(model)
    with torch.no_grad():
        model.embed_tokens.weight.copy_(_first_embedding(tokens, shape.hidden_size, kinds))
    return model


def _first_embedding(
    tokens: BoardTokens, hidden: int, kinds: Sequence[Sequence[int]]
) -> torch.Tensor:
    """[vocabulary, hidden], of the length that a random one has."""
    parts = [torch.randn(tokens.symbols + 1, hidden).repeat(tokens.places, 1)]
    for of_places in kinds:
        vectors = torch.randn(max(of_places) + 1, hidden)[torch.tensor(of_places)]
        parts.append(vectors.repeat_interleave(tokens.symbols + 1, 0))
    length: float = (hidden * len(parts)) ** -0.5
    return torch.stack(parts).sum(0) * length
