"""A place of a text, found again while the user types there. Knows no documents."""

from dataclasses import dataclass

WINDOW = 2048
"""Characters on each side of a place that must be the same; more than a model of this size sees."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The half-open range `start..end` of a text, recognised by what stands close around it."""

    start: int
    before: str
    after: str

    @classmethod
    def at(cls, text: str, start: int, end: int) -> "Anchor":
        """The anchor of a range of `text`."""
        return cls(start, text[max(0, start - WINDOW) : start], text[end : end + WINDOW])

    def remaining_of(self, fill: str, text: str, start: int, end: int) -> str | None:
        """What is left of a fill for this place in `text` as it is now, at `start..end`; None when
        the place is another one, or something else was typed there than the fill says.

        After what was typed as the fill has it, the rest is left. Before what was deleted on the
        same line, that stands before the fill again.
        """
        if text[end : end + WINDOW] != self.after:
            return None
        if start >= self.start:
            typed = text[self.start : start]
            same = text[max(0, self.start - WINDOW) : self.start] == self.before
            return fill[len(typed) :] if same and fill.startswith(typed) else None
        kept = len(self.before) - (self.start - start)
        if kept < 0 or text[start - kept : start] != self.before[:kept]:
            return None
        deleted = self.before[kept:]
        return None if "\n" in deleted or "\r" in deleted else deleted + fill
