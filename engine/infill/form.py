"""What the ids of a hole have to spell: a constraint, for those who know no text."""

from collections.abc import Iterable, Sequence
from typing import Protocol


class Form(Protocol):
    """Of one hole; ids are without its end mark, and from its first one on."""

    def is_met(self, ids: Sequence[int]) -> bool: ...

    def endings(self, beginning: Sequence[int]) -> Iterable[list[int]]:
        """What might follow the beginning so that the constraint is met, the most wanted first;
        to add nothing is an ending too."""
