"""What stood between such contexts before, as the first draft of a fill: it needs no model.

Knows text and tokens; knows no probabilities but those that it is given.
"""

from fillwright.engine.infill.ranking.calibration import PrecedentCalibration
from fillwright.engine.infill.ranking.certainty import certainty_of_precedent, standing
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.evidence import Precedents
from fillwright.engine.request import Draft


def first_draft(
    precedents: Precedents,
    tokenizer: CodeTokenizer,
    seams: Seams,
    calibration: PrecedentCalibration,
    steps_left: int,
) -> Draft | None:
    """The best match, and how sure it is that it is to stand here again; None where nothing stood
    between such contexts, or nothing of that fits."""
    if not precedents.between:
        return None
    first = tokenizer.decode(precedents.between[0].tokens)
    (kept,) = seams.fitting([first], "")
    text = first[kept.start : kept.stop] + seams.tails[0]
    same, other = standing(
        precedents.between, lambda one: tokenizer.decode(one.tokens).strip() == first.strip()
    )
    if not text.strip() or same is None:
        return None
    certainty = certainty_of_precedent(text, calibration, bool(precedents.project), same, other)
    return Draft(0, steps_left, (text,), ((),), certainty)
