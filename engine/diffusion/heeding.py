"""What a guide says of canvases, as tensors of the loop. Knows nothing of models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from fillwright.engine.diffusion.canvas import Canvas, CanvasRows
from fillwright.engine.diffusion.guide import Guide


@dataclass(frozen=True, slots=True, eq=False)
class Objections:
    """What guides say of a step's argmax canvases, one per canvas; tensors are [batch, canvas].

    tokens   int64: the argmax canvases as the guide would have them
    written  bool: free rows in which that is another token
    refused  bool: the other free rows that must not be accepted
    """

    tokens: Tensor
    written: Tensor
    refused: Tensor

    @classmethod
    def of(
        cls,
        guide: Guide,
        canvases: Sequence[Canvas],
        rows: CanvasRows,
        argmax_canvas: Tensor,
        confidence: Tensor,
        steps_left: int,
    ) -> Self:
        """argmax_canvas int64 and confidence float32, both [batch, canvas]."""
        looks = [
            guide.look(canvas.holes, tokens, sure, steps_left)
            for canvas, tokens, sure in zip(
                canvases, argmax_canvas.tolist(), confidence.tolist(), strict=True
            )
        ]
        device = rows.ids.device
        tokens = rows.pin(torch.tensor([list(each.tokens) for each in looks], device=device))
        tokens, _ = rows.settle(tokens, rows.free)
        written = tokens != argmax_canvas.to(device)
        refused = torch.tensor([list(each.refused) for each in looks], device=device)
        return cls(tokens, written, refused & rows.free & ~written)

    @property
    def silent(self) -> Tensor:
        """Of which tokens the network is not told what it had expected, or it would say so again:
        bool [batch, canvas]."""
        return self.written | self.refused

    @property
    def any(self) -> Tensor:
        """Which canvases are not done because of them: bool [batch]."""
        return self.silent.any(-1)

    def heeded(self, canvas: Tensor, noise: Tensor) -> Tensor:
        """The next step's input `canvas`, with `noise` where rows are refused; all int64
        [batch, canvas]."""
        return torch.where(self.refused, noise, torch.where(self.written, self.tokens, canvas))

    def accepted(self, mask: Tensor) -> Tensor:
        """What is accepted after them, of an accepted token mask bool [batch, canvas]."""
        return (mask | self.written) & ~self.refused
