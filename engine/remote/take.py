"""One fill as it comes from a server: its text so far, and how much of it fits into the hole.

Knows characters and seams; knows no server.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from fillwright.engine.infill.text.seams import Seams, whole_lines
from fillwright.engine.remote.marks import Marks
from fillwright.engine.remote.question import Piece
from fillwright.engine.request import Length

# a server that does not stop where it was told is stopped
CHARACTERS_PER_TOKEN = 16
DROPPED = {number: None for number in range(32) if chr(number) not in "\n\t"} | {127: None}
End = Literal["stop", "length", "enough"]


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a fill is to stand: `seams` with nothing that the fill must repeat."""

    seams: Seams
    marks: Marks
    tokens: int

    def fitting(self, text: str) -> range:
        """Which characters of a text stay."""
        [kept] = self.seams.fitting([text], "")
        return kept


@dataclass(frozen=True)
class Take:
    """`ends[i]` is where the token of `log_probabilities[i]` ends; both are empty where the server
    gives none. `end` is None while it is written. `agreed` and `length` as in `Piece`, of the last
    one."""

    hole: Hole
    text: str = ""
    log_probabilities: tuple[float, ...] = ()
    ends: tuple[int, ...] = ()
    pieces: int = 0
    end: End | None = None
    agreed: float = 1.0
    length: Length = "end-mark"

    def then(self, piece: Piece) -> "Take":
        """With a further piece. It is over when the server says so, when a control token stands in
        it, or when what comes would be cut away anyway."""
        whole = self.text + _clean(piece.text)
        text = self.hole.marks.before_first(whole)
        scores = piece.log_probabilities or ()
        end: End | None = piece.end
        if len(text) < len(whole):
            end = "stop"
        elif end is None and self._has_enough(text):
            end = "enough"
        elif end is None and len(text) > self.hole.tokens * CHARACTERS_PER_TOKEN:
            end = "length"
        return replace(
            self,
            text=text,
            log_probabilities=(*self.log_probabilities, *scores),
            ends=(*self.ends, *(len(text) for _ in scores)),
            pieces=self.pieces + (len(scores) or bool(piece.text)),
            end=end,
            agreed=piece.agreed,
            length=piece.length,
        )

    def closed(self) -> "Take":
        """As it is when the stream ends without a reason."""
        return self if self.end else replace(self, end="stop")

    @cached_property
    def kept(self) -> range:
        return self.hole.fitting(self.text)

    @property
    def fill(self) -> str:
        kept = self.kept
        return self.text[kept.start : kept.stop]

    @property
    def lines(self) -> int:
        """The length of the fill without a last line that is not whole."""
        return min(len(self.fill), whole_lines(self.text) or len(self.text))

    @property
    def is_cut(self) -> bool:
        """Whether text was cut away that is more than what comes after the only line."""
        text = self.text.split("\n", 1)[0] if self.hole.seams.one_line else self.text
        return len(self.fill.rstrip()) < len(text.rstrip())

    @property
    def has_ended(self) -> bool:
        """Whether the text came to an end by itself, or as far as it is wanted."""
        return self.end in ("stop", "enough")

    def scores(self, characters: int) -> list[tuple[int, float]]:
        """The end and log probability of every token in the fill's first `characters`."""
        inside = bisect_right(self.ends, characters)
        if inside < len(self.ends) and self.ends[inside - 1 : inside] != (characters,):
            # the token that is cut belongs to it too
            inside += 1
        pairs = zip(self.ends, self.log_probabilities, strict=True)
        return [(min(end, characters), score) for end, score in list(pairs)[:inside]]

    def _has_enough(self, text: str) -> bool:
        last_line = text.rfind("\n")
        if last_line < 0:
            return False
        # of whole lines only: a line that is not may still turn out to be another one
        return self.hole.seams.one_line or self.hole.fitting(text[:last_line]).stop < last_line


def _clean(text: str) -> str:
    """Text that may stand in a file with LF line ends: no control characters, no half pairs."""
    return text.translate(DROPPED).encode("utf-8", "replace").decode()
