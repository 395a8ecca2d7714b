"""The unlikely places of a whole document: the engine is asked window by window, so that fills come
in between.

Knows the engine's client; knows nothing of LSP.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fillwright.engine.errors import BadRequest
from fillwright.engine.request import DoubtRequest, Ranking
from fillwright.lsp_server.fills.inflight import Superseded
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document

if TYPE_CHECKING:
    from fillwright.engine.daemon.client import EngineClient

LONGEST = 200_000
"""Characters of a document; a longer one would take an hour. Set by hand."""


@dataclass(frozen=True, slots=True)
class UnlikelyPlace:
    """`change` would make the lines around likelier, by `gain` nats; `own` stands there now."""

    change: TextChange
    own: str
    gain: float

    def moved(self, by: int) -> "UnlikelyPlace":
        """The same place in a text that begins `by` characters earlier."""
        return UnlikelyPlace(self.change.moved(by), self.own, self.gain)


@dataclass(frozen=True, slots=True)
class Check:
    """How a document is looked through: `key` is its own at the engine, and no fill's. `by` and
    `gain` are as in a DoubtRequest."""

    key: str
    by: Ranking | None = None
    gain: float | None = None


async def unlikely_places(
    engine: "EngineClient",
    document: Document,
    check: Check,
    seen: Callable[[float], None] = lambda share: None,
) -> list[UnlikelyPlace]:
    """All of them, in order; `seen` gets the share of the document that was looked at, after each
    window, and what it raises ends the work.

    Raises BadRequest for a document that is too long, Superseded when somebody else looks at the
    same key, and what the engine's client raises.
    """
    text, at = document.lf, 0
    if len(text) > LONGEST:
        raise BadRequest(
            f"A file of {len(text)} characters takes too long to look through; the most is "
            f"{LONGEST}."
        )
    found: list[UnlikelyPlace] = []
    while at < len(text):
        request = DoubtRequest(
            text, at, len(text), document.language, check.key, by=check.by, gain=check.gain
        )
        doubts = await engine.doubts(request)
        if doubts.finish == "cancelled":
            raise Superseded
        for place in doubts.places:
            start, end = document.from_lf(place.start), document.from_lf(place.end)
            new = place.text.replace("\n", document.line_end_at(start))
            own = document.text[start:end]
            found.append(UnlikelyPlace(TextChange(start, end, new), own, place.gain))
        at = doubts.end
        seen(at / len(text))
    return sorted(found, key=lambda each: each.change.start)
