"""How a fill must not begin: as one more stub, or on the line that its hole follows. A model that
sees other stubs would write another, and one that sees a comment or a line would go on with it.

Knows source text and grammars; knows no tokens.
"""

from fillwright.engine.infill.ranking.plausibility import (
    AFTER_CHARACTERS,
    BEFORE_CHARACTERS,
    Filled,
    Neighbourhood,
)
from fillwright.engine.request import Hole, InfillRequest
from fillwright.engine.syntax.blocks import ends_a_comment
from fillwright.engine.syntax.functions import stubs

PLACEHOLDER_CHARACTERS = 400
"""More than this holds no place. Set by hand."""
WHOLE_CHARACTERS = 64_000
"""A document of so many is parsed as a whole, for a method whose class is cut away is none; 5 ms
of processor time. Of a longer one the neighbourhood is."""


def placeholders(document: str, hole: Hole, language: str) -> tuple[str, ...]:
    """What would make a stub of the function around a hole, of what does so there or near it; texts
    without their indentation."""
    around = _around(document, hole, language)
    filled = around.with_fill(document[hole.start : hole.end])
    if filled is None:
        return ()
    near = _stubs_near(filled)
    if not near:
        return ()
    one = filled if filled.is_stub else around.with_fill(near[0])
    return near if one is not None and one.is_stub else ()


def own_line(request: InfillRequest, hole: Hole) -> str:
    """The line end that a hole's text begins with where what it replaces does so, and where it is a
    block that follows a comment; else ""."""
    if request.document.startswith("\n", hole.start, hole.end):
        return "\n"
    if request.shape != "block":
        return ""
    filled = _around(request.document, hole, request.language).with_fill("")
    return "\n" if filled is not None and ends_a_comment(filled.tree, filled.start) else ""


def _stubs_near(filled: Filled) -> tuple[str, ...]:
    reach = max(0, filled.start - BEFORE_CHARACTERS), filled.end + AFTER_CHARACTERS
    found = stubs(filled.tree, filled.around.language, reach)
    texts = (filled.source[one.hole_start : one.hole_end] for one in found)
    plain = dict.fromkeys(text.decode("utf-8", "replace").strip() for text in texts)
    return tuple(text for text in plain if 0 < len(text) <= PLACEHOLDER_CHARACTERS)


def _around(document: str, hole: Hole, language: str) -> Neighbourhood:
    if len(document) <= WHOLE_CHARACTERS:
        return Neighbourhood.whole(document, hole, language)
    return Neighbourhood.of(document, hole, language)
