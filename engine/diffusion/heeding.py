"""What a guide says of canvases, as arrays of the loop. Knows nothing of models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from fillwright.engine.diffusion.canvas import Canvas, CanvasRows
from fillwright.engine.diffusion.guide import Guide
from fillwright.kernels.arrays import Array, namespace


@dataclass(frozen=True, slots=True, eq=False)
class Objections:
    """What guides say of a step's argmax canvases, one per canvas; arrays are [batch, canvas].

    tokens   int64: the argmax canvases as the guide would have them
    written  bool: free rows in which that is another token
    refused  bool: the other free rows that must not be accepted
    """

    tokens: Array
    written: Array
    refused: Array

    @classmethod
    def of(
        cls,
        guide: Guide,
        canvases: Sequence[Canvas],
        rows: CanvasRows,
        argmax_canvas: Array,
        confidence: Array,
        steps_left: int,
    ) -> Self:
        """argmax_canvas int64 and confidence float32, both [batch, canvas]."""
        looks = [
            guide.look(canvas.holes, tokens, sure, steps_left)
            for canvas, tokens, sure in zip(
                canvases, argmax_canvas.tolist(), confidence.tolist(), strict=True
            )
        ]
        xp, device = namespace(rows.ids), rows.ids.device
        tokens = rows.pin(xp.asarray([list(each.tokens) for each in looks], device=device))
        tokens, _ = rows.settle(tokens, rows.free)
        written = tokens != argmax_canvas
        refused = xp.asarray([list(each.refused) for each in looks], device=device)
        return cls(tokens, written, refused & rows.free & ~written)

    @property
    def silent(self) -> Array:
        """Of which tokens the network is not told what it had expected, or it would say so again:
        bool [batch, canvas]."""
        return self.written | self.refused

    @property
    def any(self) -> Array:
        """Which canvases are not done because of them: bool [batch]."""
        return self.silent.any(-1)

    def heeded(self, canvas: Array, noise: Array) -> Array:
        """The next step's input `canvas`, with `noise` where rows are refused; all int64
        [batch, canvas]."""
        where = namespace(canvas).where
        return where(self.refused, noise, where(self.written, self.tokens, canvas))

    def accepted(self, mask: Array) -> Array:
        """What is accepted after them, of an accepted token mask bool [batch, canvas]."""
        return (mask | self.written) & ~self.refused
