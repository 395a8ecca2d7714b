"""Where a request's text meets tokens: the text around and between its holes, and what white space
the fills owe at their edges.

Knows characters only.
"""

from dataclasses import dataclass

from fillwright.engine.infill.prompt import split_lead
from fillwright.engine.request import InfillRequest


@dataclass(frozen=True, slots=True)
class Seams:
    """`prefix` and `suffix` stand around all holes, `between[i]` between holes i and i + 1.

    `lead` is white space that ends the real prefix and that the first fill must begin with, so
    that no token is cut; `tails[i]` is a line end that fill i owes because its hole replaced one.
    """

    prefix: str
    lead: str
    between: tuple[str, ...]
    suffix: str
    tails: tuple[str, ...]

    @classmethod
    def of(cls, request: InfillRequest) -> "Seams":
        text, holes = request.document, request.holes
        tails = tuple("\n" if text[hole.start : hole.end].endswith("\n") else "" for hole in holes)
        prefix, lead = split_lead(text[: holes[0].start])
        between = tuple(
            tail + text[before.end : after.start]
            for tail, before, after in zip(tails, holes, holes[1:], strict=False)
        )
        return cls(prefix, lead, between, tails[-1] + text[holes[-1].end :], tails)

    def without_lead(self, fills: list[str]) -> list[str]:
        """Fills as the model wrote them -> without the white space that stands there already."""
        return [remove_lead(fills[0], self.lead), *fills[1:]]


def remove_lead(fill: str, lead: str) -> str:
    """Drop what of `lead` the fill begins with; a shallower indentation drops less."""
    shared = 0
    while shared < min(len(fill), len(lead)) and fill[shared] == lead[shared]:
        shared += 1
    return fill[shared:]
