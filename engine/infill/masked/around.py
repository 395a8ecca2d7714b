"""Holes written by a model that sees both sides of them in their places.

Knows ids, a layout and the network.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Generator

from fillwright.engine.diffusion.kept import MaskDenoiser, denoise_kept
from fillwright.engine.infill.masked.layout import Layout
from fillwright.engine.infill.masked.seams import MaskSeams
from fillwright.engine.infill.masked.writing import Attempt
from fillwright.engine.request import InfillRequest


@dataclass(frozen=True)
class AroundWriting:
    """A Writing. `model` gives the one that an attempt is denoised with; `device` is theirs."""

    model: Callable[[], MaskDenoiser]
    layout: Layout
    device: str
    together: bool = True
    closing: str = ""

    def attempts(
        self,
        request: InfillRequest,
        seams: MaskSeams,
        number: int,
        cancelled: Callable[[], bool],
    ) -> Iterator[Attempt]:
        """Where all of a block was deleted, a longer hole is tried: a model that deletes took the
        hole for one that nothing fits in."""
        for rows in self.layout.lengths(request):
            passage = self.layout.passage(request, seams, rows)
            shown = len(passage.ids) - rows * len(request.holes)
            settings = self.layout.settings(request, passage, number)
            generator = Generator(self.device).manual_seed(request.seed + number)
            steps = denoise_kept(self.model(), passage, settings, generator, cancelled)
            yield Attempt(shown, 0, steps)
