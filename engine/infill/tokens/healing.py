"""How a hole must begin and end where its edges cut words ("token healing"): the hole of
`for number in num|` begins with ` num`. The tokens of a cut word are not those of the word.

Knows text and tokens; knows no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer


@dataclass(frozen=True)
class Edges:
    """What the text of a hole begins with and, after that, ends with; either may be empty."""

    tokenizer: CodeTokenizer
    lead: str
    ending: str

    def following(self, ids: Sequence[int]) -> list[int]:
        """The tokens that may come after `ids` until the lead is written; none: any.

        White space that ends the lead is one token, together with what it may be part of.
        """
        rest = self.lead[len(self.tokenizer.decode(ids)) :] if self.lead else ""
        if not rest:
            return []
        allowed = self.tokenizer.starting_with(rest)
        return allowed if rest.isspace() else allowed + self.tokenizer.beginning(rest)

    def may_end(self, ids: Sequence[int]) -> bool:
        if not self.ending:
            return True
        return self.tokenizer.decode(ids)[len(self.lead) :].endswith(self.ending)

    @cached_property
    def last_tokens(self) -> list[int]:
        """The tokens that alone make an end of what they follow."""
        return self.tokenizer.ending_with(self.ending) if self.ending else []
