"""What the user's own code says about the next token of a hole: four parts, each what followed
such a context there.

Knows token ids and sorted contexts; knows no probabilities and no text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.memory.between import Between
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
    and `end_marks` end the hole. Where the hole is a line, they may stand in code as well.
    `between` is what stood as a whole between what is on both sides of the hole, the best match
    first."""

    far: Sequence[Store]
    project: Sequence[Store]
    context: Sequence[int]
    following: Callable[[Sequence[int]], Sequence[int]]
    end_marks: tuple[int, ...]
    between: Sequence[Between] = ()
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
        if not stores:
            return None, None
        allowed = self._only(self.following(written))
        levels = (self._fitting(each, written, allowed) for each in what_followed(stores, context))
        # counting costs most of a look-up, and the shorter matches are not needed
        first, second = (*islice(filter(None, levels), 2), None, None)[:2]
        return first, second

    def _fitting(
        self, level: Following, written: tuple[int, ...], allowed: NDArray[np.bool_] | None
    ) -> Part:
        if allowed is not None:
            return level.only(allowed[level.tokens])
        ends = self._ends[level.tokens]
        if not ends.any():
            return level
        if not written:
            return level.only(~ends)
        tokens = np.append(level.tokens[~ends], self.end_marks[0])
        counts = np.append(level.counts[~ends], level.counts[ends].sum())
        return Following(level.length, tokens, counts)

    @cached_property
    def _ends(self) -> NDArray[np.bool_]:
        """By token, whether it ends the hole."""
        return self._marked(self.end_marks)

    def _only(self, tokens: Sequence[int]) -> NDArray[np.bool_] | None:
        """By token, whether it is one of these; None for no tokens."""
        return self._marked(tokens) if tokens else None

    def _marked(self, tokens: Sequence[int]) -> NDArray[np.bool_]:
        marked = np.zeros(self._vocabulary, dtype=np.bool_)
        marked[list(tokens)] = True
        return marked

    @property
    def _vocabulary(self) -> int:
        return next(store.contexts.separator for store in (*self.far, *self.project))
