"""Fills that match a pattern, and fills that are one of some texts. Knows characters only."""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.constraint.closers import closers

TIMEOUT_S = 0.1
"""A pattern may take exponential time; one that takes longer than this is not met."""


@dataclass(frozen=True)
class Matches:
    """All of a fill matches the pattern."""

    pattern: "regex.Pattern[str]"

    @classmethod
    def of(cls, pattern: str) -> "Matches":
        """Raises BadRequest when it is no pattern."""
        try:
            return cls(regex.compile(pattern))
        except regex.error as error:
            raise BadRequest(
                f"The constraint's pattern cannot be used ({error}); correct it."
            ) from None

    def is_met(self, fill: str) -> bool:
        return self._matches(fill, partial=False)

    def endings(self, beginning: str) -> Iterator[str]:
        if self._matches(beginning, partial=True):
            yield from ("", closers(beginning))

    def _matches(self, text: str, *, partial: bool) -> bool:
        try:
            found = self.pattern.fullmatch(text, partial=partial, timeout=TIMEOUT_S)
        except TimeoutError:
            return False
        return found is not None


@dataclass(frozen=True, slots=True)
class OneOf:
    """A fill is one of the `choices`."""

    choices: tuple[str, ...]

    def is_met(self, fill: str) -> bool:
        return fill in self.choices

    def endings(self, beginning: str) -> list[str]:
        return [c[len(beginning) :] for c in self.choices if c.startswith(beginning)]
