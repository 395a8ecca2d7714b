"""From the text of a fill to the change of the document: nothing outside the hole, and no worse.

Knows documents and syntax, neither the engine nor the protocol. What cannot be made to fit is
dropped with a reason: an empty answer is better than a broken file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fillwright.engine.request import Hole
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.fitting.choice import fitting
from fillwright.lsp_server.fitting.docstring import docstring_layout
from fillwright.lsp_server.fitting.layouts import layouts
from fillwright.lsp_server.fitting.place import place_of
from fillwright.lsp_server.fitting.repeats import says_again
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.positions import LINE_END

# markers of models' prompts; what stands after one is no code
SENTINEL = re.compile(r"<\|\w+\|?>|<\w+\|>|<(?:eos|bos|pad|mask|fim_\w+)>")
MUCH = 120
KEPT_SHARE = 0.2
"""A rewrite of more than so many characters must leave that share of them: less is no rewrite."""


DropCode = Literal[
    "empty",
    "whitespace",
    "repeats-what-follows",
    "does-not-parse",
    "deletes-too-much",
    "unchanged",
    "stub",
]

MESSAGES: dict[DropCode, str] = {
    "empty": "The model wrote nothing here.",
    "whitespace": "The model wrote nothing but white space here.",
    "repeats-what-follows": "The model only repeated the code that follows.",
    "does-not-parse": "What the model wrote would break the syntax of the file.",
    "deletes-too-much": "The model would delete most of what stands there.",
    "unchanged": "The model wrote what stands there already.",
    "stub": "The model only wrote that the code is still to come.",
}


@dataclass(frozen=True, slots=True)
class Dropped:
    """Why nothing is written into hole number `hole` (from 0): a code for programs and a sentence
    for people."""

    hole: int
    code: DropCode

    @property
    def message(self) -> str:
        return MESSAGES[self.code]


@dataclass(frozen=True, slots=True)
class Fit:
    """What became of a fill: the changes in order, and a reason for each hole without one."""

    changes: tuple[TextChange, ...]
    dropped: tuple[Dropped, ...] = ()


def fit_fill(
    document: Document,
    carving: Carving,
    texts: Sequence[str],
    formatting: Formatting | None = None,
) -> Fit:
    """The changes that put one text into each hole.

    Each is minimal: what stands there already is not in its range. Indentation and line ends are
    made the document's, what the text repeats from around the hole is cut off, and what would bring
    syntax errors that were not there is repaired or cut back. A rewritten selection is never cut
    back: it fits or it is dropped.
    """
    changes = list[TextChange]()
    dropped = list[Dropped]()
    filled = document
    # from the last hole on: what is filled after a hole does not move it
    for number, (hole, text) in reversed(list(enumerate(zip(carving.holes, texts, strict=True)))):
        try:
            fitted = _fitted(filled, carving, hole, text, formatting)
            change = _minimal(filled, hole, fitted)
        except _DoesNotFit as reason:
            dropped.append(Dropped(number, reason.code))
            continue
        changes.append(change)
        if len(carving.holes) > 1:
            filled = filled.replaced(change.start, change.end, change.text, document.version)
    return Fit(tuple(reversed(changes)), tuple(reversed(dropped)))


class _DoesNotFit(Exception):  # noqa: N818 - an outcome, not an error
    def __init__(self, code: DropCode) -> None:
        self.code = code


def _fitted(
    document: Document,
    carving: Carving,
    hole: Hole,
    text: str,
    formatting: Formatting | None,
) -> str:
    text = _said(document, LINE_END.sub("\n", text))
    goes_on = ""
    if carving.shape == "line":
        text, _, goes_on = text.partition("\n")
    if not text.strip():
        raise _DoesNotFit("whitespace" if text else "empty")
    place = place_of(document, carving, hole, text, formatting)
    cut = bool(goes_on.strip()) and not says_again(goes_on, place.below)
    ways = [docstring_layout(text, place)] if carving.what == "docstring" else layouts(text, place)
    ways = [way for way in ways if way.strip()]
    # what stands there already is left alone, whatever a parser thinks of it
    if place.written in (text, f"\n{text}" if place.fresh else text, *ways[:1]):
        raise _DoesNotFit("unchanged")
    if not ways:
        raise _DoesNotFit("repeats-what-follows")
    fitted = fitting(document, carving, hole, ways, place, cut=cut)
    if fitted is None:
        raise _DoesNotFit("does-not-parse")
    if carving.what != "line end" and _deletes_too_much(place.written, fitted):
        raise _DoesNotFit("deletes-too-much")
    return fitted


def _said(document: Document, text: str) -> str:
    """The text up to a marker of the model's prompt, unless the document is about those."""
    for marker in SENTINEL.finditer(text):
        if marker.group() not in document.text:
            return text[: marker.start()]
    return text


def _deletes_too_much(written: str, fitted: str) -> bool:
    before, after = (len("".join(text.split())) for text in (written, fitted))
    return before >= MUCH and after < KEPT_SHARE * before


def _minimal(document: Document, hole: Hole, text: str) -> TextChange:
    """The change without what it has in common with the hole at either end."""
    written = document.lf[hole.start : hole.end]
    shorter = min(len(written), len(text))
    head = next((at for at in range(shorter) if written[at] != text[at]), shorter)
    room = shorter - head
    tail = next((at for at in range(room) if written[-1 - at] != text[-1 - at]), room)
    if head + tail == len(written) == len(text):
        raise _DoesNotFit("unchanged")
    start, end = document.from_lf(hole.start + head), document.from_lf(hole.end - tail)
    line_end = document.line_end_at(document.from_lf(hole.start))
    return TextChange(start, end, text[head : len(text) - tail].replace("\n", line_end))
