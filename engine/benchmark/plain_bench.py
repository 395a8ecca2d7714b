"""A denoise step of a mask model: one pass over all rows, or over a block's after those that are
kept, and the logits of those that are open.

The floor is the time in which a copy moves the step's matrices. A few layers are timed, and the
whole is computed from them.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fillwright.engine.benchmark.plain_shapes import (
    PlainFormat,
    layer_bytes,
    random_transformer,
)
from fillwright.engine.benchmark.timing import bandwidth, milliseconds
from fillwright.engine.model.transformer_config import TransformerConfig


@dataclass(frozen=True, slots=True)
class PlainStep:
    """Milliseconds and bytes of one layer and of the logits; `bandwidth` in bytes per second."""

    layers: int
    layer_ms: float
    logits_ms: float
    layer_bytes: int
    head_bytes: int
    bandwidth: float

    @property
    def step_ms(self) -> float:
        return self.layers * self.layer_ms + self.logits_ms

    @property
    def floor_ms(self) -> float:
        return 1e3 * (self.layers * self.layer_bytes + self.head_bytes) / self.bandwidth


@torch.inference_mode()
def measure_plain(
    config: TransformerConfig,
    format: PlainFormat,
    rows: tuple[int, int],
    device: torch.device,
    timed_layers: int = 1,
    kept: int = 0,
) -> PlainStep:
    """`rows` are those of the sequence and those that are open. The first `kept` have keys and
    values already. Weights are random."""
    network = random_transformer(config, format, timed_layers, device)
    every, opened = rows
    ids = torch.zeros(1, every, dtype=torch.int64, device=device)
    _, known = network.continued(ids[:, :kept], 0, ())
    before = [(rows,) if kept else () for rows in known]

    def body() -> Tensor:
        return network.continued(ids[:, kept:], kept, before)[0]

    hidden = body()
    body_ms = milliseconds(body, device)
    logits_ms = milliseconds(lambda: network.logits(hidden[0, :opened]), device)
    return PlainStep(
        config.layers,
        body_ms / timed_layers,
        logits_ms,
        layer_bytes(network),
        2 * config.vocab_size * config.hidden_size,
        bandwidth(device),
    )
