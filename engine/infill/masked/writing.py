"""How the holes of one candidate are written, as the infiller sees it.

Knows requests and steps; knows no network.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from fillwright.engine.diffusion.kept import KeptStep
from fillwright.engine.infill.masked.seams import MaskSeams
from fillwright.engine.request import InfillRequest


@dataclass(frozen=True, slots=True)
class Attempt:
    """`shown` tokens of the text around the holes, of which `cached` need not be read again, and
    the `steps`, each made when it is asked for."""

    shown: int
    cached: int
    steps: Iterator[KeptStep]


class Writing(Protocol):
    """`together`: holes of a request are denoised jointly. `closing` is text that may stand before
    a hole's end mark and is no part of the fill, or empty."""

    @property
    def together(self) -> bool: ...
    @property
    def closing(self) -> str: ...
    def attempts(
        self,
        request: InfillRequest,
        seams: MaskSeams,
        number: int,
        cancelled: Callable[[], bool],
    ) -> Iterator[Attempt]:
        """Of candidate `number`, from 0; a further one is for where the last wrote nothing. Raises
        BadRequest where the holes cannot be written so."""
