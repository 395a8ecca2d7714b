"""Where a hole's precedents are looked up: in the project's other files, and in the open file
beyond what the prompt shows.

Knows text and tokens; knows no model.
"""

from collections.abc import Sequence
from dataclasses import replace

from fillwright.engine.infill.far_parts import FarParts
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.between import stood_between
from fillwright.engine.memory.contexts import Store
from fillwright.engine.memory.evidence import Precedents
from fillwright.engine.memory.related import are_related


def precedents_of(
    tokenizer: CodeTokenizer,
    far_parts: FarParts,
    seams: Seams,
    hole: Constraints,
    project: Sequence[Store],
) -> Precedents:
    """Of the only hole; its own text is in none of them, and nothing reaches across it."""
    around = far_parts.around(seams.prefix, seams.suffix)
    lead, ending = seams.leads[0], seams.ending
    found = stood_between(
        [*around.far, *project], around.before, around.after, hole.end_marks, "\n" in lead
    )
    between = [
        one
        for one in found
        for text in [tokenizer.decode(one.tokens)]
        if text.startswith(lead) and text[len(lead) :].endswith(ending)
    ]
    return Precedents(around.far, project, around.before, hole.following, hole.end_marks, between)


def related(found: Precedents) -> Precedents:
    """What has a say in the model's words: of a project that has little in common with what stands
    before the hole only what stood between."""
    return found if are_related(found.project, found.context) else replace(found, project=())
