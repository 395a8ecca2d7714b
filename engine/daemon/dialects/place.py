"""A hole as other people's clients send it: the text around it, in which language, and what is said
of it in the answer.

Knows no protocol's fields and no HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fillwright.engine.errors import BadRequest
from fillwright.engine.request import Budget, Hole, InfillRequest, Snippet

TOKENS = 128
"""What a fill may have where its request names no number."""

SEEDS = 2**63


@dataclass(frozen=True, slots=True)
class Said:
    """A fill as it is answered; `stopped_by` is the stop string that ended it, or ""."""

    text: str
    stopped_by: str


@dataclass(frozen=True, slots=True)
class Place:
    """One hole between `prefix` and `suffix`, with `context` of other files."""

    prefix: str
    suffix: str
    language: str
    context: tuple[Snippet, ...] = ()

    def request(self, budget: Budget, seed: int, candidates: int = 1) -> InfillRequest:
        """What the engine is asked. Raises `BadRequest` with a sentence."""
        before, behind = lf(self.prefix), lf(self.suffix)
        try:
            return InfillRequest(
                document=before + behind,
                holes=(Hole(len(before), len(before)),),
                language=self.language,
                context=tuple(Snippet(each.path, lf(each.text)) for each in self.context),
                candidates=candidates,
                budget=budget,
                seed=seed % SEEDS,
            )
        except ValueError as error:
            raise BadRequest(f"The request cannot be used: {error}.") from error

    def said(self, text: str, stop: Sequence[str]) -> Said:
        """The fill up to the first of the stop strings, with the line ends of the text around."""
        found = [(text.find(lf(mark)), mark) for mark in stop if mark and lf(mark) in text]
        end, stopped_by = min(found, default=(len(text), ""))
        line_end = "\r\n" if "\r\n" in self.prefix + self.suffix else "\n"
        return Said(text[:end].replace("\n", line_end), stopped_by)


def lf(text: str) -> str:
    """The text with the engine's line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
