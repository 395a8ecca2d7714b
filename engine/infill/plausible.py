"""How wrong a fill would look to a parser: what a language model does not check.

Knows source text and grammars; knows no tokens. Looks at the neighbourhood of the hole only, for
it ranks fills of the same hole and must not take longer than writing one.
"""

from fillwright.engine.request import Hole
from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.grammars import parser_for

BEFORE_CHARACTERS = 4000
BEHIND_CHARACTERS = 2000


def faults_with(document: str, hole: Hole, text: str, language: str) -> int:
    """The syntax faults around the hole with `text` in it; 0 where there is no grammar. Only the
    difference between two texts means anything."""
    parser = parser_for(language)
    if parser is None:
        return 0
    first = max(0, hole.start - BEFORE_CHARACTERS)
    start = document.rfind("\n", 0, first) + 1 if first else 0
    before = _bytes(document[start : hole.start])
    behind = document[hole.end : hole.end + BEHIND_CHARACTERS]
    if hole.end + BEHIND_CHARACTERS < len(document):
        behind = behind[: behind.rfind("\n") + 1]
    filled = _bytes(text)
    tree = parser.parse(before + filled + _bytes(behind))
    return faults(tree, language, len(before), len(before) + len(filled))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
