"""From the command line's places to carvings of a document.

Knows lines from 1 and documents; knows no files and no engine. A place outside the document, or
two that overlap, is an error of the caller.
"""

from collections.abc import Sequence
from itertools import pairwise

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.carving.carving import (
    Carving,
    carve_body,
    carve_line_end,
    carve_piece,
    carve_selection,
)
from fillwright.lsp_server.cli.locations import At, LineColumn, Location, Piece, Range
from fillwright.lsp_server.text.documents import Document


def carve_places(document: Document, places: Sequence[Location]) -> list[Carving]:
    """One carving with one hole for each place, in the order of the document.

    Raises BadRequest when a place is not in the document or two of them overlap.
    """
    carved = [(_carve(document, place), place) for place in places]
    carved.sort(key=lambda pair: pair[0].holes)
    for (before, place), (after, next_place) in pairwise(carved):
        if before.holes[0].overlaps(after.holes[0]):
            raise BadRequest(f"{place} and {next_place} overlap; give holes that lie apart.")
    return [carving for carving, _ in carved]


def _carve(document: Document, place: Location) -> Carving:
    if isinstance(place, At):
        return carve_line_end(document, _offset(document, place.position, place))
    if isinstance(place, Range):
        start = _offset(document, place.start, place)
        return carve_selection(document, start, _offset(document, place.end, place))
    if isinstance(place, Piece):
        piece = carve_piece(document, _offset(document, place.position, place), place.kind)
        if piece is None:
            raise BadRequest(
                f"{place}: there is no such piece of code; give another place or kind."
            )
        return piece
    carving = carve_body(document, _offset(document, LineColumn(place.line, 1), place))
    if carving is None:
        raise BadRequest(
            f"{place}: no function is seen around this line; "
            "give a line of its def or body, or use --range."
        )
    return carving


def _offset(document: Document, position: LineColumn, place: Location) -> int:
    """The LF offset of a position, which must be in the document."""
    lines = document.lf_lines
    if position.line > len(lines):
        raise BadRequest(
            f"{place}: the file has no line {position.line}, its last is {len(lines)}."
        )
    last_column = len(lines.content(position.line - 1)) + 1
    if position.column > last_column:
        raise BadRequest(
            f"{place}: line {position.line} has no column {position.column}, "
            f"its end is column {last_column}."
        )
    return lines.starts[position.line - 1] + position.column - 1
