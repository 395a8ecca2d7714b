"""Fills that leave no more syntax errors in their file than it must have. Knows text and grammars;
of a long file it looks at the neighbourhood of the hole.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tree_sitter import Parser

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.constraint.closers import closers
from fillwright.engine.infill.constraint.unavoidable import unavoidable
from fillwright.engine.infill.ranking.plausibility import Neighbourhood
from fillwright.engine.request import Hole
from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.grammars import parser_for, query_for
from fillwright.engine.syntax.line_ends import goes_on_below
from fillwright.engine.syntax.patch import Patch

FINAL = ("", ":", " {", ";")
"""What may follow the closers of a statement's beginning, in any language; the parser decides."""
WHOLE_CHARACTERS = 50_000
"""How long a document may be of which all is parsed. Of a longer one it is the neighbourhood of the
hole, and what is cut in two there looks like an error of the file. Set by hand, so that nineteen
of twenty looks at a text take less than 7 ms."""


@dataclass(eq=False)
class Parses:
    """In the hole of one document, `before` and `after` which stands what the `patch` parses, in
    UTF-8. `_tried` are the answers, for looks at a draft ask for the same texts again."""

    language: str
    parser: Parser
    before: bytes
    after: bytes
    patch: Patch
    _tried: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, document: str, hole: Hole, language: str) -> "Parses":
        """Raises BadRequest for a language without a grammar."""
        parser = parser_for(language)
        if parser is None:
            raise BadRequest(
                f"Nothing is known of the syntax of {language!r}; ask without the constraint."
            )
        before, after = _around(document, hole, language)
        return cls(language, parser, before, after, Patch(parser, before, after))

    def is_met(self, fill: str) -> bool:
        if fill not in self._tried:
            self._tried[fill] = self._parses(fill)
        return self._tried[fill]

    def _parses(self, fill: str) -> bool:
        if not fill.strip() or self._faults(fill) > self._unavoidable:
            return False
        text = (fill if self._ends_line else "").rstrip().encode("utf-8", "surrogatepass")
        return not text or not goes_on_below(self.patch.tree, len(self.before) + len(text))

    def endings(self, beginning: str) -> Iterator[str]:
        closing = closers(beginning)
        return (closing + final for final in FINAL)

    def _faults(self, fill: str) -> int:
        text = fill.encode("utf-8", "surrogatepass")
        end = len(self.before) + len(text)
        # a block that stays empty ends where the code before the hole does
        start = len(self.before.rstrip())
        return faults(self.patch.parse(text), self.language, start, end)

    @cached_property
    def _ends_line(self) -> bool:
        """Whether the line ends after the hole, in a language in which that ends a statement."""
        rest = self.after.split(b"\n", 1)[0]
        return not rest.strip() and query_for(self.language, "layout") is not None

    @cached_property
    def _unavoidable(self) -> int:
        return unavoidable(self.parser, self.language, self.before, self.after)


def _around(document: str, hole: Hole, language: str) -> tuple[bytes, bytes]:
    """What is parsed before and after the hole."""
    if len(document) > WHOLE_CHARACTERS:
        near = Neighbourhood.of(document, hole, language)
        return near.before, near.after
    before, after = document[: hole.start], document[hole.end :]
    return before.encode("utf-8", "surrogatepass"), after.encode("utf-8", "surrogatepass")
