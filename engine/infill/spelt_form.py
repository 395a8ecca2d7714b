"""A constraint on a hole's text as one on its ids. Knows how ids spell, and what of a hole's text
stays; knows no model.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fillwright.engine.infill.constraint.check import Check
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer


@dataclass(frozen=True)
class SpeltForm:
    """A form.Form of a request's only hole; `closing` is the prompt's."""

    check: Check
    tokenizer: CodeTokenizer
    seams: Seams
    closing: str

    def is_met(self, ids: Sequence[int]) -> bool:
        text = self.tokenizer.decode(ids)
        (kept,) = self.seams.fitting([text], self.closing)
        return self.check.is_met(text[kept.start : kept.stop] + self.seams.tails[0])

    def endings(self, beginning: Sequence[int]) -> Iterator[list[int]]:
        text = self.tokenizer.decode(beginning)
        (kept,) = self.seams.fitting([text], self.closing)
        return (self.tokenizer.encode(end) for end in self.check.endings(text[kept.start :]))
