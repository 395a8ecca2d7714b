"""What is kept of one pause in typing: what was shown there, and what should have been.

Knows the engine's answers; knows no editor and no model.
"""

import re
from dataclasses import dataclass

from fillwright.engine.evaluation.scores import exact
from fillwright.engine.request import Certainty

FIRST_WORD = re.compile(r"\s*(?:[^\w\s]\s*)*\w+")
WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class TypedPause:
    """One pause. `left` is the end of the line so far and `gold` the rest of it; `shown` is what
    stood after the cursor, "" for nothing, because of `reason`; `whole`: it was all of the fill.
    `fill` is what would have been shown if everything were, and `certainty` the engine's of it.
    `ms`: from the request to the engine's fill; `asked`: the engine was asked, and not only memory.
    `first` is what stood between such contexts before, with its certainty: it was there after
    `first_ms`, and `first_shown` until the fill came.
    """

    name: str
    group: str
    project: str
    language: str
    kind: str
    left: str
    gold: str
    shown: str
    whole: bool
    reason: str
    fill: str
    certainty: Certainty | None
    asked: bool
    ms: float
    first: str = ""
    first_certainty: Certainty | None = None
    first_ms: float = 0.0
    first_shown: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is missing in the line."""
        return not self.gold.strip()

    @property
    def is_right(self) -> bool:
        """Whether what was shown is the rest of the line, or where it was only a beginning, begins
        it and ends where a word does."""
        if not self.shown.strip():
            return False
        return exact(self.shown, self.gold) if self.whole else begins(self.shown, self.gold)

    @property
    def first_is_right(self) -> bool:
        """Whether what was shown until the fill came is the rest of the line."""
        return self.first_shown and bool(self.first.strip()) and exact(self.first, self.gold)

    @property
    def has_right_first_word(self) -> bool:
        """Whether the first word that was shown is right, with the signs before it."""
        word = FIRST_WORD.match(self.shown)
        return begins(word[0] if word else self.shown, self.gold)

    @property
    def would_be_right(self) -> bool:
        """Whether the whole fill is the rest of the line, shown or not."""
        return bool(self.fill.strip()) and exact(self.fill, self.gold)


def begins(text: str, gold: str) -> bool:
    """Whether `gold` begins with `text` and no word of it is cut."""
    said = text.rstrip()
    if not said or not gold.startswith(said):
        return False
    return not (WORD.match(said[-1]) and WORD.match(gold[len(said) : len(said) + 1]))
