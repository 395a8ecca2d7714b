"""From the text of a fill to the change of the document: nothing outside the hole, and no worse.

Knows documents and syntax, neither the engine nor the protocol. What cannot be made to fit is
dropped: an empty answer is better than a broken file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from fillwright.engine.request import Hole
from fillwright.engine.syntax.faults import faults
from fillwright.lsp_server import layout
from fillwright.lsp_server.carve import Carving
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.fill_layout import Place, layouts
from fillwright.lsp_server.positions import LINE_END

LINES_BELOW = 20


@dataclass(frozen=True, slots=True)
class TextChange:
    """`text` replaces the half-open character range `start..end` of the editor's own text; its line
    ends are the document's."""

    start: int
    end: int
    text: str


def fit_fill(document: Document, carving: Carving, texts: Sequence[str]) -> tuple[TextChange, ...]:
    """The changes that put one text into each hole, in order; none for a hole where nothing fits.

    Each is minimal: what stands there already is not in its range. Indentation and line ends are
    made the document's, what the text repeats from behind the hole is cut off, and so is, line by
    line, what would bring syntax errors that were not there. A rewritten selection is never cut
    back: it fits or it is dropped.
    """
    changes = []
    for hole, text in zip(carving.holes, texts, strict=True):
        fitted = _fitted(document, carving, hole, text)
        change = None if fitted is None else _minimal(document, hole, fitted)
        if change is not None:
            changes.append(change)
    return tuple(changes)


def applied(text: str, changes: Sequence[TextChange]) -> str:
    """The editor's text after changes that are in order and apart."""
    for change in reversed(changes):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def _fitted(document: Document, carving: Carving, hole: Hole, text: str) -> str | None:
    text = LINE_END.sub("\n", text)
    if carving.shape == "line":
        text = text.split("\n", 1)[0]
    ways = layouts(text, _place(document, carving, hole))
    if carving.what == "body":
        ways = [_within_block(document, hole, way, carving.indent) for way in ways]
    ways = [way for way in ways if way.strip()]
    if not ways or document.tree is None:
        return ways[0] if ways else None
    allowed = _faults(document, hole.start, hole.end)
    fewest, best = min(
        ((_faults_with(document, hole, way), way) for way in ways), key=lambda scored: scored[0]
    )
    if fewest <= allowed:
        return best
    if carving.what == "selection":
        return None
    prefixes = (way for way in _line_prefixes(best))
    return next((way for way in prefixes if _faults_with(document, hole, way) <= allowed), None)


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


def _with(document: Document, hole: Hole, text: str) -> Document:
    start, end = document.from_lf(hole.start), document.from_lf(hole.end)
    return document.replaced(start, end, text, document.version)


def _faults(document: Document, start: int, end: int) -> int:
    if document.tree is None:
        return 0
    return faults(document.tree, document.language, document.byte(start), document.byte(end))


def _faults_with(document: Document, hole: Hole, text: str) -> int:
    return _faults(_with(document, hole, text), hole.start, hole.start + len(text))


def _within_block(document: Document, hole: Hole, text: str, indent: str) -> str:
    """The text up to its first line that stands left of `indent` and so ends the block.

    Lines inside a string or a bracket that began in the text do not.
    """
    filled = _with(document, hole, text)
    lines = filled.lf_lines
    first = lines.line_of(hole.start)
    for line in range(first + 1, lines.line_of(hole.start + len(text)) + 1):
        if layout.is_blank(lines, line):
            continue
        left = len(layout.indentation(lines, line).expandtabs()) < len(indent.expandtabs())
        if left and not _continues(filled, line, hole.start):
            return filled.lf[hole.start : lines.starts[line]].rstrip()
    return text


def _continues(document: Document, line: int, start: int) -> bool:
    """Whether a line begins inside something that began on an earlier one, behind `start`."""
    if document.tree is None:
        return False
    point = document.point(layout.first_character(document.lf_lines, line))
    node = document.tree.root_node.descendant_for_point_range(point, point)
    start_byte = document.byte(start)
    while node is not None and node.start_byte >= start_byte:
        if node.start_point.row < line and not node.is_error:
            return True
        node = node.parent
    return False


def _line_prefixes(text: str) -> Iterator[str]:
    """The text without its last line, without its last two, and so on."""
    lines = text.split("\n")
    for count in range(len(lines) - 1, 0, -1):
        prefix = "\n".join(lines[:count]).rstrip()
        if prefix.strip():
            yield prefix


def _minimal(document: Document, hole: Hole, text: str) -> TextChange | None:
    """The change without what it has in common with the hole at either end; None if that is all."""
    written = document.lf[hole.start : hole.end]
    shorter = min(len(written), len(text))
    head = next((at for at in range(shorter) if written[at] != text[at]), shorter)
    room = shorter - head
    tail = next((at for at in range(room) if written[-1 - at] != text[-1 - at]), room)
    if head + tail == len(written) == len(text):
        return None
    start, end = document.from_lf(hole.start + head), document.from_lf(hole.end - tail)
    line_end = document.line_end_at(document.from_lf(hole.start))
    return TextChange(start, end, text[head : len(text) - tail].replace("\n", line_end))
