"""From the text of a fill to the change of the document: nothing outside the hole, and no worse.

Knows documents and syntax, neither the engine nor the protocol. What cannot be made to fit is
dropped with a reason: an empty answer is better than a broken file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from fillwright.engine.request import Hole
from fillwright.lsp_server import layout
from fillwright.lsp_server.carve import Carving
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.fill_layout import Place, layouts
from fillwright.lsp_server.fill_trial import Trial
from fillwright.lsp_server.positions import LINE_END

LINES_BELOW = 20


@dataclass(frozen=True, slots=True)
class TextChange:
    """`text` replaces the half-open character range `start..end` of the editor's own text; its line
    ends are the document's."""

    start: int
    end: int
    text: str


DropCode = Literal["empty", "whitespace", "repeats-what-follows", "does-not-parse", "unchanged"]

MESSAGES: dict[DropCode, str] = {
    "empty": "The model wrote nothing here.",
    "whitespace": "The model wrote nothing but white space here.",
    "repeats-what-follows": "The model only repeated the code that follows.",
    "does-not-parse": "What the model wrote would break the syntax of the file.",
    "unchanged": "The model wrote what stands there already.",
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


def fit_fill(document: Document, carving: Carving, texts: Sequence[str]) -> Fit:
    """The changes that put one text into each hole.

    Each is minimal: what stands there already is not in its range. Indentation and line ends are
    made the document's, what the text repeats from behind the hole is cut off, and so is, line by
    line, what would bring syntax errors that were not there. A rewritten selection is never cut
    back: it fits or it is dropped.
    """
    changes = list[TextChange]()
    dropped = list[Dropped]()
    for number, (hole, text) in enumerate(zip(carving.holes, texts, strict=True)):
        try:
            changes.append(_minimal(document, hole, _fitted(document, carving, hole, text)))
        except _DoesNotFit as reason:
            dropped.append(Dropped(number, reason.code))
    return Fit(tuple(changes), tuple(dropped))


def applied(text: str, changes: Sequence[TextChange]) -> str:
    """The editor's text after changes that are in order and apart."""
    for change in reversed(changes):
        text = text[: change.start] + change.text + text[change.end :]
    return text


class _DoesNotFit(Exception):  # noqa: N818 - an outcome, not an error
    def __init__(self, code: DropCode) -> None:
        self.code = code


def _fitted(document: Document, carving: Carving, hole: Hole, text: str) -> str:
    text = LINE_END.sub("\n", text)
    if carving.shape == "line":
        text = text.split("\n", 1)[0]
    if not text.strip():
        raise _DoesNotFit("whitespace" if text else "empty")
    ways = layouts(text, _place(document, carving, hole))
    if not ways:
        raise _DoesNotFit("repeats-what-follows")
    if document.tree is None:
        return ways[0]
    trial = Trial(document, document.tree, hole)
    if carving.what == "body":
        ways = [trial.within_block(way, carving.indent) for way in ways]
    best = min(ways, key=trial.faults_with)
    allowed = trial.faults()
    if trial.faults_with(best) <= allowed:
        if not best.strip():
            raise _DoesNotFit("does-not-parse")
        return best
    if carving.what != "selection":
        for way in _prefixes(best):
            if trial.faults_with(way) <= allowed:
                return way
    raise _DoesNotFit("does-not-parse")


def _place(document: Document, carving: Carving, hole: Hole) -> Place:
    lines = document.lf_lines
    first, last = lines.line_of(hole.start), lines.line_of(hole.end)
    below = (
        lines.content(line).rstrip()
        for line in range(last + 1, len(lines))
        if not layout.is_blank(lines, line)
    )
    return Place(
        before=document.lf[lines.starts[first] : hole.start],
        after=document.lf[hole.end : lines.end_of(last)],
        below=tuple(islice(below, LINES_BELOW)),
        indent=carving.indent,
        unit=layout.unit(lines, first),
        fresh=carving.fresh,
        written=document.lf[hole.start : hole.end],
    )


def _prefixes(text: str) -> Iterator[str]:
    """The text without its last line, without its last two, and so on."""
    lines = text.split("\n")
    for count in range(len(lines) - 1, 0, -1):
        prefix = "\n".join(lines[:count]).rstrip()
        if prefix.strip():
            yield prefix


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
