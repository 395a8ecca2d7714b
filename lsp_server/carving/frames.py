"""Text around a fill that the document lacks so far: the marks of a docstring to come.

A carving's frame is written into the document before the engine sees it, and comes into the
editor's text together with the fill, or not at all. Knows neither the engine nor the protocol.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fillwright.engine.request import Hole
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.text.changes import TextChange, applied
from fillwright.lsp_server.text.documents import Document


@dataclass(frozen=True)
class Framed:
    """The document with the frames of its carvings in it, and the carvings as they lie there.

    `places` are the ranges `start..end`, in the editor's text of `document`, that are new for each
    carving with a frame; `moved` is how far each carving lies after its place in the original.
    """

    document: Document
    carvings: tuple[Carving, ...]
    places: tuple[tuple[int, int], ...]
    moved: tuple[int, ...]

    def original(self, number: int, changes: Sequence[TextChange]) -> tuple[TextChange, ...]:
        """The changes of carving `number`, in the editor's text of the original document."""
        start, end = self.places[number]
        back = self.moved[number]
        framed = start < end
        if not framed or not changes:
            return tuple(change.moved(-back) for change in changes)
        inside = [change.moved(-start) for change in changes]
        text = applied(self.document.text[start:end], inside)
        return (TextChange(start - back, start - back, text),)


def framed(document: Document, carvings: Sequence[Carving]) -> Framed:
    """The document with every frame written into it. The carvings have one hole each and are in
    order; one with a frame has an empty hole."""
    written, moved = document, 0
    inside, places, shifts = list[Carving](), list[tuple[int, int]](), list[int]()
    for carving in carvings:
        (hole,) = carving.holes
        place = document.from_lf(hole.start)
        start = place + moved
        # in a file of mixed line ends, a line feed would make one line end with a "\r" before it
        after_return = document.text[place - 1 : place] == "\r"
        line_end = "\r" if after_return else document.line_end_at(place)
        opening, closing = (
            text.replace("\n", line_end) for text in (carving.opening, carving.closing)
        )
        end = start + len(opening) + len(closing)
        shifts.append(moved)
        places.append((start, end))
        if start < end:
            written = written.replaced(start, start, opening + closing, document.version)
            moved += end - start
            at = written.to_lf(start + len(opening))
            inside.append(replace(carving, holes=(Hole(at, at),), opening="", closing=""))
        else:
            last = document.from_lf(hole.end) + shifts[-1]
            shifted = Hole(written.to_lf(start), written.to_lf(last))
            inside.append(replace(carving, holes=(shifted,)))
    return Framed(written, tuple(inside), tuple(places), tuple(shifts))
