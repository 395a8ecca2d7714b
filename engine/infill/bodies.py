"""What stood before where such a block is to come: in the project's other files, and in the open
file beyond what the prompt shows.

Knows text and tokens; knows no model.
"""

from collections.abc import Sequence

from fillwright.engine.infill.far_parts import FarParts
from fillwright.engine.infill.state import Ids
from fillwright.engine.infill.text.blocks import block_end, own_indentation
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.after import stood_after
from fillwright.engine.memory.contexts import Store

BEYOND = 8
"""Tokens after a block that show where it ends."""


def bodies_before(
    tokenizer: CodeTokenizer,
    far_parts: FarParts,
    seams: Seams,
    budget: int,
    project: Sequence[Store],
) -> tuple[Ids, ...]:
    """The blocks that stood after such a text as stands before the only hole, of at most `budget`
    tokens; each begins as the hole must, and ends where a line leaves it."""
    around = far_parts.around(seams.prefix, seams.suffix)
    found = dict[Ids, None]()
    for ids in stood_after([*around.far, *project], around.before, budget + BEYOND):
        text = tokenizer.decode(ids)
        indentation = own_indentation(text)
        end = block_end(text, indentation) if indentation else None
        body = tuple(tokenizer.encode(text[:end])) if end else ()
        begins = text.startswith(seams.leads[0]) and seams.indentation in ("", indentation)
        if begins and 0 < len(body) <= budget:
            found[body] = None
    return tuple(found)
