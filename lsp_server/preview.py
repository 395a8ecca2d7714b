"""Drafts as they denoise, as the `fillwright/draft` notification. Knows no engine."""

from typing import Any

from fillwright.engine.request import Draft
from fillwright.lsp_server.convert import plain_range
from fillwright.lsp_server.fills import Ask
from fillwright.lsp_server.positions import PositionEncoding

DRAFT = "fillwright/draft"


def draft_params(ask: Ask, draft: Draft, encoding: PositionEncoding) -> dict[str, Any]:
    """One draft for an editor that draws it: for each hole its range in `version` of the document,
    the text so far (LF line ends), and the ranges of that text that are settled, in the units of
    the position encoding."""
    document = ask.document
    return {
        "uri": document.uri,
        "version": document.version,
        "kind": ask.kind,
        "step": draft.step,
        "stepsLeft": draft.steps_left,
        "holes": [
            {
                "range": plain_range(
                    document, document.from_lf(hole.start), document.from_lf(hole.end), encoding
                ),
                "text": text,
                "settled": [
                    [encoding.units(text[:start]), encoding.units(text[:end])]
                    for start, end in settled
                ],
            }
            for hole, text, settled in zip(ask.holes, draft.texts, draft.settled, strict=True)
        ],
    }
