"""The prompt of models that learnt to fill in the middle, the suffix before the prefix: so typing
only appends, and the prefix KV cache survives keystrokes.

    <suffix> text after the hole <prefix> text before the hole <middle>

Knows token ids and text; knows nothing of canvases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fillwright.engine.infill.prompts.sides import prefix_ids, suffix_ids
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.request import Snippet


@dataclass(frozen=True)
class SuffixFirstPrompt:
    """`marks` are the ids that stand before the suffix, the prefix and the middle. Such a model has
    learnt neither instructions nor context: both are left out."""

    tokenizer: CodeTokenizer
    marks: tuple[int, int, int]
    end_marks: tuple[int, ...]
    prefix_tokens: int
    suffix_tokens: int
    closing: str = ""

    def ids(
        self,
        prefix: str,
        suffix: str,
        language: str,
        instruction: str | None = None,
        context: Sequence[Snippet] = (),
    ) -> list[int]:
        """Prompt ids of the text on both sides of a hole, cut to the token budgets."""
        before_suffix, before_prefix, before_middle = self.marks
        return [
            before_suffix,
            *suffix_ids(self.tokenizer, suffix, self.suffix_tokens),
            before_prefix,
            *prefix_ids(self.tokenizer, prefix, self.prefix_tokens),
            before_middle,
        ]
