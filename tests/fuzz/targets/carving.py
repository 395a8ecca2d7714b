"""Carving and fitting: an input is a language, a line end, a document, a NUL and a fill. Every way
to carve is tried at some places of it. The holes lie in the document, and what a fill changes lies
in its hole."""

from collections.abc import Iterator
from typing import get_args

from fillwright.engine.syntax.pieces import Kind
from fillwright.lsp_server.carving.carving import (
    Carving,
    carve_body,
    carve_braces,
    carve_line_end,
    carve_piece,
    carve_selection,
    is_written,
    stub_bodies,
    stub_bodies_in_class,
)
from fillwright.lsp_server.carving.docstrings import carve_docstring
from fillwright.lsp_server.carving.frames import framed
from fillwright.lsp_server.fitting.fit import fit_fill
from fillwright.lsp_server.text.changes import applied
from fillwright.lsp_server.text.documents import Document

PLACES, LONGEST = 3, 4000


def run(data: bytes) -> None:
    head, _, rest = data[:LONGEST].partition(b"\n")
    written, _, fill = rest.partition(b"\0")
    document = Document.of(written.decode("utf-8", "replace"), head.decode("latin-1")[:40])
    text = fill.decode("utf-8", "replace")
    length = len(document.lf)
    for number in range(PLACES):
        # the first ends of what differs between two inputs move all places
        offset = (len(text) + number * length // PLACES) % (length + 1)
        for carving in carvings(document, offset, (offset + len(data)) % (length + 1)):
            check(document, carving, text)


def carvings(document: Document, offset: int, other: int) -> Iterator[Carving]:
    """All that can be carved there."""
    start, end = sorted((offset, other))
    found = [
        carve_body(document, offset),
        carve_braces(document, offset),
        carve_line_end(document, offset),
        carve_selection(document, start, end),
        carve_docstring(document, offset),
        *(carve_piece(document, offset, kind) for kind in get_args(Kind)),
        *stub_bodies(document, offset),
        *stub_bodies_in_class(document, offset),
    ]
    return (carving for carving in found if carving is not None)


def check(document: Document, carving: Carving, text: str) -> None:
    """Whether the holes are in order and in the document, and a fill changes nothing else."""
    ends = [0, *(place for hole in carving.holes for place in (hole.start, hole.end))]
    assert ends == sorted(ends), carving
    assert ends[-1] <= len(document.lf), carving
    is_written(document, carving)
    framed(document, [carving])
    fit = fit_fill(document, carving, [text] * len(carving.holes))
    start, end = document.from_lf(ends[1]), document.from_lf(ends[-1])
    for change in fit.changes:
        assert start <= change.start <= change.end <= end, (carving, change)
    after = applied(document.text, fit.changes)
    assert after.startswith(document.text[:start])
    assert after.endswith(document.text[end:])
