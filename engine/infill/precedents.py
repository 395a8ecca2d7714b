"""Where a hole's precedents are looked up: in the project's other files, and in the open file
beyond what the prompt shows. What stands beside the hole is in view already, and a small model
would only repeat it.

Knows text and tokens; knows no model.
"""

from collections.abc import Sequence

from fillwright.engine.infill.prompts.small import PREFIX_TOKENS, SUFFIX_TOKENS
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.between import stood_between
from fillwright.engine.memory.contexts import SortedContexts, Store
from fillwright.engine.memory.evidence import Precedents


def precedents_of(
    tokenizer: CodeTokenizer, seams: Seams, hole: Constraints, project: Sequence[Store]
) -> Precedents:
    """Of the only hole; its own text is in none of them, and nothing reaches across it."""
    before, after = tokenizer.encode(seams.prefix), tokenizer.encode(seams.suffix)
    beyond = [ids for ids in (before[:-PREFIX_TOKENS], after[SUFFIX_TOKENS:]) if ids]
    far = [Store(SortedContexts.of(beyond, len(tokenizer.texts)))] if beyond else []
    lead, ending = seams.leads[0], seams.ending
    found = stood_between([*far, *project], before, after, hole.end_marks, "\n" in lead)
    between = [
        one
        for one in found
        for text in [tokenizer.decode(one.tokens)]
        if text.startswith(lead) and text[len(lead) :].endswith(ending)
    ]
    return Precedents(far, project, before, hole.following, hole.end_marks, between)
