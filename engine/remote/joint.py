"""Several holes that a server wrote at once, as one fill.

Knows requests, seams and takes; knows no server.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.remote.marks import Marks
from fillwright.engine.remote.question import Piece
from fillwright.engine.remote.take import Hole, Take
from fillwright.engine.request import Infill


def takes_of(
    seams: Seams, marks: Marks, tokens: int, written: Sequence[Sequence[Piece]]
) -> list[Take]:
    """What fits of each hole's pieces: each ends before the text between repeats."""
    takes = []
    after_each = zip(written, (*seams.between, seams.suffix), seams.tails, strict=True)
    for pieces, after, tail in after_each:
        around = replace(seams, suffix=after, tails=(tail,), between=(), leads=("",))
        take = Take(Hole(around, marks, tokens))
        for piece in pieces:
            if take.end is None:
                take = take.then(piece)
        takes.append(take.closed())
    return takes


def infill_of(takes: Sequence[Take], empty: Infill) -> Infill:
    """The fill of every hole, in the place of those that `empty` has none for."""
    scores = [take.scores(len(take.fill)) for take in takes]
    tokens = sum(len(known) or take.pieces for known, take in zip(scores, takes, strict=True))
    has_ended = all(take.has_ended for take in takes)
    return replace(
        empty,
        texts=tuple(take.fill + take.hole.seams.tails[0] for take in takes),
        confidences=tuple(
            tuple(min(1.0, math.exp(score)) for _, score in known) for known in scores
        ),
        finish="settled" if has_ended else "budget",
        tokens=tokens,
        steps=1,
        candidate_tokens=tokens,
    )
