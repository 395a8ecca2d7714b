"""What every constraint can say of a text: whether it meets it, where it goes wrong, and what might
end it. Knows text only.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from fillwright.engine.infill.constraint.matches import Matches, OneOf
from fillwright.engine.infill.constraint.parses import Parses
from fillwright.engine.request import Infill, InfillRequest


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


def judged(request: InfillRequest, fill: Infill) -> Infill:
    """The fill of somebody who knows no constraints: where it does not meet the request's, it says
    so. Raises BadRequest for a pattern that is none."""
    check = check_of(request)
    if check is None or fill.finish == "cancelled" or check.is_met(fill.texts[0]):
        return fill
    return replace(fill, finish="unmet")
