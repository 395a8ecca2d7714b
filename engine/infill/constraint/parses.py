"""Fills that leave no more syntax errors in their file than it must have. Knows text and grammars;
looks at the neighbourhood of the hole.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.constraint.closers import closers
from fillwright.engine.infill.ranking.plausibility import Neighbourhood
from fillwright.engine.request import Hole
from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.grammars import parser_for, query_for
from fillwright.engine.syntax.line_ends import goes_on_below
from fillwright.engine.syntax.patch import Patch

FINAL = ("", ":", " {", ";")
"""What may follow the closers of a statement's beginning, in any language; the parser decides."""
PLAIN = (
    *("x", "", "pass", "if x:", "else:", "try:", "if (x) {", "}", "0,", "x: 0,", "x = 0;"),
    *(")", "]", '"'),
)
"""Texts one of which leaves no error in most holes that begin a line or follow a whole word, in a
file that has none elsewhere."""
GOING_ON = ("x", "", "()", " x", " in x", " import x")
"""How a line may go on after what it has, be that half a word."""
ENDING = ("", ":", " {", ",", "(", ") {", " = {")
"""How it may end after the brackets that it closes, for the line below to go on with."""


@dataclass(eq=False)
class Parses:
    """In the hole of one document. `patch` is its neighbourhood; errors there that no plain text
    in the hole would do away with are the file's own. `_tried` are the answers, for looks at
    a draft ask for the same texts again."""

    language: str
    around: Neighbourhood
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
        around = Neighbourhood.of(document, hole, language)
        return cls(language, around, Patch(parser, around.before, around.after))

    def is_met(self, fill: str) -> bool:
        if fill not in self._tried:
            self._tried[fill] = self._parses(fill)
        return self._tried[fill]

    def _parses(self, fill: str) -> bool:
        # first, for it changes the patch's tree
        unavoidable = self._unavoidable
        if not fill.strip() or self._faults(fill) > unavoidable:
            return False
        text = (fill if self._ends_line else "").rstrip().encode("utf-8", "surrogatepass")
        return not text or not goes_on_below(self.patch.tree, len(self.around.before) + len(text))

    def endings(self, beginning: str) -> Iterator[str]:
        closing = closers(beginning)
        return (closing + final for final in FINAL)

    def _faults(self, fill: str) -> int:
        text = fill.encode("utf-8", "surrogatepass")
        end = len(self.around.before) + len(text)
        # a block that stays empty ends where the code before the hole does
        start = len(self.around.before.rstrip())
        return faults(self.patch.parse(text), self.language, start, end)

    @cached_property
    def _ends_line(self) -> bool:
        """Whether the line ends after the hole, in a language in which that ends a statement."""
        rest = self.around.after.split(b"\n", 1)[0]
        return not rest.strip() and query_for(self.language, "layout") is not None

    @cached_property
    def _unavoidable(self) -> int:
        least: int | None = None
        for text in dict.fromkeys(self._plain()):
            found = self._faults(text)
            least = found if least is None else min(least, found)
            if least == 0:
                return 0
        return least or 0

    def _plain(self) -> Iterator[str]:
        """Texts to try for one that leaves the fewest errors: none makes the bound wrong, and each
        can make it tighter."""
        for indentation in self._indentations():
            yield from (indentation + text for text in PLAIN)
        line = self.around.before.decode("utf-8", "replace").rpartition("\n")[2].lstrip()
        if not line:
            return
        closing = closers(line)
        # the lines below may close the brackets that are not quotes
        for closed in dict.fromkeys((closing, closing[:1], "")):
            for going_on in GOING_ON:
                yield from (going_on + closed + ending for ending in ENDING)

    def _indentations(self) -> Iterator[str]:
        """Where the hole begins a line, as deep as the lines around it and one step deeper."""
        before, after = (part.decode("utf-8", "replace") for part in self._sides())
        yield ""
        if before[-1:] in ("", "\n"):
            above, below = _depth(before.splitlines()[::-1]), _depth(after.splitlines())
            yield from (above, below, above + "    ")

    def _sides(self) -> tuple[bytes, bytes]:
        return self.around.before, self.around.after


def _depth(lines: list[str]) -> str:
    """The white space that the first line with anything else begins with."""
    line = next((line for line in lines if line.strip()), "")
    return line[: len(line) - len(line.lstrip())]
