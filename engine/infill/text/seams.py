"""Where a request's text meets tokens: the text around and between its holes, and what white space
the fills owe at their edges. Also how much of what a model wrote fits there.

Knows characters only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fillwright.engine.infill.text.blocks import block_end
from fillwright.engine.infill.text.cut_words import WORD_CHARACTERS, word_after, word_before
from fillwright.engine.infill.text.overlap import LOOKED_AT, overlap_start
from fillwright.engine.infill.text.repetition import repetition_start
from fillwright.engine.infill.text.windows import split_lead
from fillwright.engine.request import InfillRequest


@dataclass(frozen=True, slots=True)
class Seams:
    """`prefix` and `suffix` stand around all holes, `between[i]` between holes i and i + 1.

    `leads[i]` is white space that ends the real text before hole i and that its fill must begin
    with, so that no token is cut. Before the first hole it ends with the word that the hole cuts.
    `ending` is the rest of a word before the suffix: the last fill ends with it and leaves it out.
    `tails[i]` is a line end that fill i owes because its hole replaced one. `indentation` is a lone
    block's, "" where it is not known: a line left of it is not the block's.
    """

    prefix: str
    leads: tuple[str, ...]
    between: tuple[str, ...]
    ending: str
    suffix: str
    tails: tuple[str, ...]
    one_line: bool
    indentation: str

    @classmethod
    def of(
        cls,
        request: InfillRequest,
        starts_a_token: Callable[[str], bool],
        ends_in_words: bool = False,
    ) -> "Seams":
        """White space that no token starts with stays before its hole. So does that of later holes
        of one line each: a line end there would be their end. `ends_in_words`: whether the last
        fill can be made to end with the rest of a word."""
        text, holes = request.document, request.holes
        one_line = request.shape == "line"
        tails = tuple("\n" if text[hole.start : hole.end].endswith("\n") else "" for hole in holes)
        before = [text[: holes[0].start]]
        for tail, hole, after in zip(tails, holes, holes[1:], strict=False):
            before.append(tail + text[hole.end : after.start])
        leads = []
        for index, whole in enumerate(before):
            word = "" if index else word_before(whole)
            kept, lead = split_lead(whole.removesuffix(word))
            if lead and (not starts_a_token(lead) or (index and one_line)):
                kept, lead = kept + lead, ""
            before[index] = kept
            leads.append(lead + word)
        prefix, *between = before
        suffix = tails[-1] + text[holes[-1].end :]
        ending = word_after(suffix) if ends_in_words else ""
        suffix = suffix.removeprefix(ending)
        indentation = ""
        if request.shape == "block" and len(holes) == 1 and "\n" in leads[0]:
            indentation = leads[0].rsplit("\n", 1)[1].rstrip(WORD_CHARACTERS)
        return cls(
            prefix, tuple(leads), tuple(between), ending, suffix, tails, one_line, indentation
        )

    def fitting(self, written: Sequence[str], closing: str) -> list[range]:
        """Which characters of each hole's text stay.

        Cut are the white space that stands there already, what follows `closing` where that is
        not empty, a second line where only one may be, and what leaves the block. So are copies of
        its own last lines, and what the text after the hole repeats.
        """
        kept = []
        before = self.prefix[-LOOKED_AT:]
        after_each = zip(
            (*self.between, self.ending + self.suffix), (*self.leads[1:], ""), strict=True
        )
        for text, lead, (after, next_lead) in zip(written, self.leads, after_each, strict=True):
            start = shared_start(text, lead)
            fill = text.split(closing, 1)[0] if closing else text
            if after.startswith(self.ending) and fill[start:].endswith(self.ending):
                fill = fill.removesuffix(self.ending)
            fill = fill[: self.block_end(fill)]
            fill = fill[: repetition_start(fill)]
            if self.one_line:
                fill = fill[: start + len(first_line(fill[start:]))]
            end = max(start, overlap_start(before, fill, after + next_lead))
            kept.append(range(start, end))
            before = (before + lead + text[start:end] + after)[-LOOKED_AT:]
        return kept

    def is_over(self, text: str, closing: str) -> bool:
        """Whether the first hole may end after `text`: what came next would be cut, or it only
        repeats itself."""
        own = text[shared_start(text, self.leads[0]) :]
        return (
            bool(closing and closing in text)
            or (self.one_line and "\n" in own)
            or self.block_end(text) < len(text)
            or repetition_start(text) < len(text)
        )

    def block_end(self, text: str) -> int:
        """The length of a block's text, its lead included, without what leaves the block: the first
        further line of code that begins left of the indentation, and what follows."""
        end = block_end(text, self.indentation) if self.indentation else None
        return len(text) if end is None else end


def shared_start(text: str, lead: str) -> int:
    """How many characters of `lead` the text begins with."""
    pairs = zip(text, lead, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(text), len(lead)))


def whole_lines(text: str) -> int:
    """The length of the text without a last line that is not whole; 0 where that is all there is,
    but for white space."""
    end = max(0, text.rfind("\n"))
    return end if text[:end].strip() else 0


def first_line(text: str) -> str:
    return text.split("\n", 1)[0]
