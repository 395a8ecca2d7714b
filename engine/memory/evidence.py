"""What the user's own code says about the next token of a hole: four parts, each what followed
such a context there.

Knows token ids and sorted contexts; knows no probabilities and no text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from fillwright.engine.memory.contexts import LONGEST, Following, Store, what_followed

Part = Following | None
Parts = tuple[Part, ...]
PARTS = ("far longest", "far next", "project longest", "project next")
"""The longest match and the next shorter one, in the open file beyond what the prompt shows, and
in the project's other files."""


@dataclass(frozen=True, eq=False)
class Precedents:
    """Of one hole: `far` and `project` are where to look, `context` are the tokens before the hole,
    `following` says which tokens may come after what is written (none: any, as Edges.following),
    and `end_marks` end the hole. Where the hole is a line, they may stand in code as well."""

    far: Sequence[Store]
    project: Sequence[Store]
    context: Sequence[int]
    following: Callable[[Sequence[int]], Sequence[int]]
    end_marks: tuple[int, ...]
    _known: dict[tuple[int, ...], Parts] = field(default_factory=dict)

    def parts(self, written: Sequence[int]) -> Parts:
        """The parts after what the hole has `written`, None where nothing matches. Every end mark
        counts as the first of them, and as none where the hole would be empty."""
        key = tuple(written)
        if key not in self._known:
            context = [*self.context[-LONGEST:], *key]
            self._known[key] = (
                *self._two(self.far, context, key),
                *self._two(self.project, context, key),
            )
        return self._known[key]

    def _two(
        self, stores: Sequence[Store], context: Sequence[int], written: tuple[int, ...]
    ) -> tuple[Part, Part]:
        levels = (self._fitting(level, written) for level in what_followed(stores, context))
        first, second, *_ = [*(level for level in levels if level), None, None]
        return first, second

    def _fitting(self, level: Following, written: tuple[int, ...]) -> Part:
        allowed = self.following(written)
        if allowed:
            return level.only(np.isin(level.tokens, list(allowed)))
        ends = np.isin(level.tokens, self.end_marks)
        if not ends.any():
            return level
        if not written:
            return level.only(~ends)
        tokens = np.append(level.tokens[~ends], self.end_marks[0])
        counts = np.append(level.counts[~ends], level.counts[ends].sum())
        return Following(level.length, tokens, counts)
