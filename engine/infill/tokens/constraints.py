"""What may be written in one hole, as far as tokens can say it.

Knows text and tokens; knows no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fillwright.engine.infill.tokens.healing import Edges


@dataclass(frozen=True)
class Constraints:
    """Of one hole. It takes at most `budget` tokens, and each of `end_marks` ends it.

    Its text has the `edges` (None: any). The text does not begin with a token of `avoided`, after
    any tokens of `white_space`; a hole with such has a text.
    """

    budget: int
    end_marks: tuple[int, ...] = ()
    edges: Edges | None = None
    avoided: tuple[int, ...] = ()
    white_space: frozenset[int] = frozenset()

    @property
    def has_edges(self) -> bool:
        """Whether the text must begin or end with something."""
        return self.edges is not None and bool(self.edges.lead or self.edges.ending)

    @property
    def last_tokens(self) -> list[int]:
        """The tokens that alone make an end of what they follow; none: any may."""
        return self.edges.last_tokens if self.edges else []

    def following(self, written: Sequence[int]) -> list[int]:
        """The tokens that may come after what is written, until the lead is; none: any."""
        return self.edges.following(written) if self.edges else []

    def may_end(self, written: Sequence[int]) -> bool:
        return self.edges is None or self.edges.may_end(written)

    def unwanted(self, written: Sequence[int]) -> tuple[int, ...]:
        """The tokens that must not come next, for the text would begin with what is avoided, or
        not at all; none: any may."""
        begins = bool(self.avoided) and self.white_space.issuperset(written)
        return (*self.avoided, *self.end_marks) if begins else ()
