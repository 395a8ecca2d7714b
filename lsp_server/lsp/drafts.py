"""Drafts as they denoise, as the `fillwright/draft` notification. Knows no engine."""

from collections.abc import Sequence
from typing import Any

from fillwright.engine.request import Draft
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.fills.fills import Ask
from fillwright.lsp_server.lsp.convert import plain_range
from fillwright.lsp_server.text.positions import PositionEncoding

DRAFT = "fillwright/draft"
SURE = 0.9
"""The probability from which on a settled token is not marked; set by hand."""


def draft_params(ask: Ask, draft: Draft, encoding: PositionEncoding) -> dict[str, Any]:
    """One draft for an editor that draws it: for each hole its range in `version` of the document,
    the text so far (LF line ends), and the ranges of that text that are settled, in the units of
    the position encoding; of these the tokens that the model is `unsure` of, if it says. What a
    carving opens and closes with is settled from the start."""
    document = ask.document
    holes = []
    confidences = draft.confidences or ((),) * len(draft.texts)
    written = zip(ask.carvings, draft.texts, draft.settled, confidences, strict=True)
    for carving, text, settled, tokens in written:
        (hole,) = carving.holes
        start, end = document.from_lf(hole.start), document.from_lf(hole.end)
        whole, ranges = _framed(carving, text, settled)
        opens = len(carving.opening)
        unsure = [(start + opens, end + opens) for start, end, sure in tokens if sure < SURE]
        holes.append(
            {
                "range": plain_range(document, start, end, encoding),
                "text": whole,
                "settled": _in_units(whole, ranges, encoding),
                "unsure": _in_units(whole, unsure, encoding),
            }
        )
    return {
        "uri": document.uri,
        "version": document.version,
        "kind": ask.kind,
        "step": draft.step,
        "stepsLeft": draft.steps_left,
        "holes": holes,
    }


def _in_units(
    text: str, ranges: Sequence[tuple[int, int]], encoding: PositionEncoding
) -> list[list[int]]:
    return [[encoding.units(text[:first]), encoding.units(text[:last])] for first, last in ranges]


def _framed(
    carving: Carving, text: str, settled: tuple[tuple[int, int], ...]
) -> tuple[str, list[tuple[int, int]]]:
    whole = carving.opening + text + carving.closing
    before, after = len(carving.opening), len(whole) - len(carving.closing)
    ranges = [(0, before)] if before else []
    ranges += [(start + before, end + before) for start, end in settled]
    return whole, [*ranges, (after, len(whole))] if after < len(whole) else ranges
