"""What a guide is: it looks at a canvas between two steps and may object to rows, which are then
renoised whatever the network thinks of them, or write tokens of its own there.

Knows rows and tokens; what a guide goes by (a grammar, a pattern) is its own matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Guidance:
    """What a guide makes of one argmax canvas: its `tokens` as the guide would have them, and which
    rows are `refused`, so that they must not be accepted; one entry per row."""

    tokens: Sequence[int]
    refused: Sequence[bool]


class Guide(Protocol):
    def look(
        self,
        holes: Sequence[range],
        tokens: Sequence[int],
        confidence: Sequence[float],
        steps_left: int,
    ) -> Guidance:
        """The guidance for an argmax canvas of these `tokens`, with each one's untempered
        probability. Its free rows are the `holes`. After the last step (`steps_left` is 0) nothing
        is renoised any more."""

    def after(self, written: Sequence[int]) -> "Guide":
        """The guide of the next canvas of one hole, in which those before it have `written`."""
