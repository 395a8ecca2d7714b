"""What every constraint can say of a text: whether it meets it, where it goes wrong, and what might
end it. Knows text only.
"""

from collections.abc import Iterable
from typing import Protocol

from fillwright.engine.infill.constraint.matches import Matches, OneOf
from fillwright.engine.infill.constraint.parses import Parses
from fillwright.engine.request import InfillRequest


class Check(Protocol):
    """Of fills of one hole, as they would stand in the document."""

    def is_met(self, fill: str) -> bool: ...

    def endings(self, beginning: str) -> Iterable[str]:
        """What might make a fill of a beginning, the most wanted first; "" is nothing more."""


def check_of(request: InfillRequest) -> Check | None:
    """The check of a request's constraint, None where it has none. Raises BadRequest for a pattern
    that is none."""
    constraint = request.constraint
    match constraint.kind:
        case "parses":
            return Parses.of(request.document, request.holes[0], request.language)
        case "regex":
            return Matches.of(constraint.pattern)
        case "one of":
            return OneOf(constraint.choices)
        case _:
            return None
