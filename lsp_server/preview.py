"""Drafts as they denoise, as the `fillwright/draft` notification. Knows no engine."""

from typing import Any

from fillwright.engine.request import Draft
from fillwright.lsp_server.carve import Carving
from fillwright.lsp_server.convert import lsp_range
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.positions import PositionEncoding

DRAFT = "fillwright/draft"


def draft_params(
    document: Document, carving: Carving, kind: str, draft: Draft, encoding: PositionEncoding
) -> dict[str, Any]:
    """One draft for an editor that draws it: for each hole its range in `version` of the document,
    the text so far (LF line ends), and the ranges of that text that are settled, in the units of
    the position encoding."""
    return {
        "uri": document.uri,
        "version": document.version,
        "kind": kind,
        "step": draft.step,
        "stepsLeft": draft.steps_left,
        "holes": [
            {
                "range": _plain_range(document, hole.start, hole.end, encoding),
                "text": text,
                "settled": [
                    [encoding.units(text[:start]), encoding.units(text[:end])]
                    for start, end in settled
                ],
            }
            for hole, text, settled in zip(carving.holes, draft.texts, draft.settled, strict=True)
        ],
    }


def _plain_range(
    document: Document, start: int, end: int, encoding: PositionEncoding
) -> dict[str, dict[str, int]]:
    span = lsp_range(document, document.from_lf(start), document.from_lf(end), encoding)
    return {
        "start": {"line": span.start.line, "character": span.start.character},
        "end": {"line": span.end.line, "character": span.end.character},
    }
