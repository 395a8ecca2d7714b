"""The open document beyond what the prompt shows, as contexts to look up: what stands beside a hole
is in view already, and a small model would only repeat it.

Knows text and tokens; knows no model. Most of it does not change while somebody types, so its text
is cut at line ends, in steps, and what is sorted of it is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from fillwright.engine.infill.prompts.small import PREFIX_TOKENS, SUFFIX_TOKENS
from fillwright.engine.infill.text.windows import (
    WINDOW_CHARACTERS_PER_TOKEN,
    WINDOW_STEP,
    prefix_window,
)
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.contexts import SortedContexts, Store
from fillwright.engine.memory.limits import GAP
from fillwright.engine.memory.masking import masked
from fillwright.engine.memory.remembered import ids_of

KEPT = 8
"""Of so many documents, the last ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """Of one hole: the tokens next `before` it, at least as many as are matched, those `after` it,
    and the `far` parts of its document."""

    before: Sequence[int]
    after: Sequence[int]
    far: Sequence[Store]


@dataclass(frozen=True, slots=True)
class Read:
    """The `ids` of a text, and the `safe` ones, in which keys and passwords are masked."""

    ids: list[int]
    safe: list[int]


class FarParts:
    """Keeps what was read and sorted last, by its texts."""

    def __init__(self, tokenizer: CodeTokenizer) -> None:
        self._tokenizer = tokenizer
        # while somebody types, the text before the line and the text after it stay as they are
        self._read = lru_cache(2 * KEPT)(self._read_now)
        self._sorted_texts = lru_cache(KEPT)(self._sort_texts)
        self._sorted_ids = lru_cache(KEPT)(self._sort_ids)

    def around(self, prefix: str, suffix: str) -> Around:
        """What is around a hole between these texts. Keys and passwords are in no far part."""
        cut = line_end_before(prefix, prefix_window(len(prefix), PREFIX_TOKENS))
        # counted from its end, where nobody types
        unseen = max(0, len(suffix) - SUFFIX_TOKENS * WINDOW_CHARACTERS_PER_TOKEN)
        end = line_end_after(suffix, len(suffix) - unseen // WINDOW_STEP * WINDOW_STEP)
        before, after = self._before(prefix[cut:]), self._read(suffix[:end])
        beyond = tuple(before.safe[:-PREFIX_TOKENS]), tuple(after.safe[SUFFIX_TOKENS:])
        far = list[SortedContexts]()
        if cut or end < len(suffix):
            far.append(self._sorted_texts(prefix[:cut], suffix[end:]))
        if any(beyond):
            far.append(self._sorted_ids(*beyond))
        return Around(before.ids, after.ids, [Store(contexts) for contexts in far])

    def _before(self, text: str) -> Read:
        """The text up to the hole, whose last line is what changes."""
        line_end = line_end_before(text, len(text))
        line = self._tokenizer.encode(text[line_end:])
        if len(line) > PREFIX_TOKENS:
            # some of it is no more in view, and must be masked too
            return self._read(text)
        head = self._read(text[:line_end])
        return Read(head.ids + line, head.safe + line)

    def _read_now(self, text: str) -> Read:
        ids = self._tokenizer.encode(text)
        return Read(ids, self._ids(masked(text, GAP), ids))

    def _sort_texts(self, *texts: str) -> SortedContexts:
        streams = [self._ids(masked(text, GAP), None) for text in texts if text]
        return SortedContexts.of(streams, self._vocabulary)

    def _sort_ids(self, *streams: tuple[int, ...]) -> SortedContexts:
        return SortedContexts.of(filter(None, streams), self._vocabulary)

    def _ids(self, text: str, known: list[int] | None) -> list[int]:
        """Of a text in which secrets are masked; `known` are those of one without."""
        if known is not None and GAP not in text:
            return known
        return ids_of(text, self._tokenizer.encode, self._vocabulary)

    @property
    def _vocabulary(self) -> int:
        return len(self._tokenizer.texts)


def line_end_before(text: str, place: int) -> int:
    """The last line end up to a place that stands after code: there no token crosses. 0 for
    none."""
    end = text.rfind("\n", 0, place + 1)
    while end > 0 and text[end - 1].isspace():
        end = text.rfind("\n", 0, end)
    return max(0, end)


def line_end_after(text: str, place: int) -> int:
    """The first line end from a place on that stands after code, as `line_end_before`; the text's
    end for none."""
    end = text.find("\n", place)
    while end > 0 and text[end - 1].isspace():
        end = text.find("\n", end + 1)
    return end if end > 0 else len(text)
