"""How a fill would look to those who read code without running it: parsers and linters. A language
model does not check what they do.

Knows source text and grammars; knows no tokens. Looks at the neighbourhood of the hole only, for
it ranks fills of the same hole and must not take longer than writing one.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from tree_sitter import Tree

from fillwright.engine.request import Hole
from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.functions import stubs
from fillwright.engine.syntax.grammars import directive, parser_for
from fillwright.engine.syntax.names import (
    loose_ends,
    names_outside_functions,
    names_within,
)

BEFORE_CHARACTERS = 4000
AFTER_CHARACTERS = 2000
NEAR_LINES = 30
"""How much of the text around a hole is parsed, and searched for repeated lines. All were set by
hand, so that a look at a candidate stays below a millisecond."""


@dataclass(frozen=True)
class Neighbourhood:
    """What stands around a hole: `before` and `after` it, whole lines, and `further` away.
    Remembers which names are known there, for the fills of a hole share most of theirs."""

    language: str
    before: bytes
    after: bytes
    further: tuple[bytes, bytes]
    _known: dict[str, bool] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, document: str, hole: Hole, language: str) -> "Neighbourhood":
        first = max(0, hole.start - BEFORE_CHARACTERS)
        start = document.rfind("\n", 0, first) + 1 if first else 0
        end = hole.end + AFTER_CHARACTERS
        end = document.rfind("\n", hole.end, end) + 1 or hole.end if end < len(document) else end
        before, after = document[start : hole.start], document[hole.end : end]
        further = _bytes(document[:start]), _bytes(document[end:])
        return cls(language, _bytes(before), _bytes(after), further)

    @classmethod
    def whole(cls, document: str, hole: Hole, language: str) -> "Neighbourhood":
        """All of the document."""
        before, after = document[: hole.start], document[hole.end :]
        return cls(language, _bytes(before), _bytes(after), (b"", b""))

    def knows(self, name: str) -> bool:
        """Whether a name that the function around the hole does not bind may be bound elsewhere:
        outside of functions, or so far away that nobody looks where it stands."""
        if name not in self._known:
            self._known[name] = name in self._outside or _is_in(name, self.further)
        return self._known[name]

    def has(self, name: str) -> bool:
        """Whether a name stands anywhere around the hole, or is a builtin of the language."""
        builtins = directive(self.language, "builtins")
        return name in builtins or _is_in(name, (self.before, self.after, *self.further))

    @cached_property
    def _outside(self) -> frozenset[str]:
        parser = parser_for(self.language)
        if parser is None:
            return frozenset()
        return names_outside_functions(parser.parse(self.before + self.after), self.language)

    @cached_property
    def near_lines(self) -> frozenset[bytes]:
        """The lines up to NEAR_LINES from the hole's, without their indentation."""
        above = self.before.split(b"\n")[-1 - NEAR_LINES : -1]
        below = self.after.split(b"\n")[1 : 1 + NEAR_LINES]
        return frozenset(line.strip() for line in (*above, *below))

    def with_fill(self, text: str) -> "Filled | None":
        """None where there is no grammar."""
        parser = parser_for(self.language)
        if parser is None:
            return None
        fill = _bytes(text)
        source = self.before + fill + self.after
        span = len(self.before), len(self.before) + len(fill)
        return Filled(self, source, parser.parse(source), *span)


@dataclass(frozen=True)
class Filled:
    """A neighbourhood with a text in the hole, `start..end` in bytes of its source. Only the
    difference between two texts means anything."""

    around: Neighbourhood
    source: bytes
    tree: Tree
    start: int
    end: int

    @cached_property
    def faults(self) -> int:
        """Syntax faults around the hole."""
        return faults(self.tree, self.around.language, self.start, self.end)

    @cached_property
    def is_stub(self) -> bool:
        """Whether nothing but the text in the hole holds the place of a function's body."""
        found = stubs(self.tree, self.around.language, (self.start, self.end))
        return any(stub.hole_start <= self.end and self.start <= stub.hole_end for stub in found)

    @cached_property
    def name_faults(self) -> int:
        """Names in the function around the hole that nothing binds, there or outside of functions,
        or that are bound for nothing."""
        end = len(self.source[: self.end].rstrip())
        found = loose_ends(self.tree, self.around.language, self.start, max(self.start, end))
        strange = [name for name in found.unbound if not self.around.knows(name)]
        return len(found.unread) + len(strange)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in the hole."""
        return names_within(self.tree, self.around.language, self.start, self.end)

    @cached_property
    def duplicates_a_line(self) -> bool:
        """Whether the fill makes its line a copy of one that stands near, as small models like to
        do. Lines of a single word (`else:`) do not count, nor does a fill of several lines."""
        if b"\n" in self.source[self.start : self.end]:
            return False
        first = self.source.rfind(b"\n", 0, self.start) + 1
        last = self.source.find(b"\n", self.end)
        line = self.source[first : last if last >= 0 else None].strip()
        return re.search(rb"\w\W+\w", line) is not None and line in self.around.near_lines


def _is_in(name: str, texts: tuple[bytes, ...]) -> bool:
    word = re.compile(rb"(?<![\w$])" + re.escape(_bytes(name)) + rb"(?![\w$])")
    return any(word.search(text) for text in texts)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
