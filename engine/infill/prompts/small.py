"""The prompt of fillwright-small: what the encoder reads before a canvas.

The suffix stands first, so that typing only appends and the prefix KV cache survives keystrokes.
Knows token ids and text; knows nothing of canvases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fillwright.engine.infill.prompts.sides import prefix_ids
from fillwright.engine.infill.prompts.suffix_first import SuffixFirstPrompt
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.request import Snippet

PREFIX_TOKENS = 320


SUFFIX_TOKENS = 128


@dataclass(frozen=True)
class SmallPrompt:
    """`<language> <suffix> ... <prefix> ... <middle>`; the canvas is the middle, then end marks.

    The small model has learnt neither instructions nor context: both are left out.
    """

    tokenizer: CodeTokenizer
    prefix_tokens: int = PREFIX_TOKENS
    suffix_tokens: int = SUFFIX_TOKENS
    closing: str = ""

    @property
    def end_marks(self) -> tuple[int, ...]:
        return (self.tokenizer.special("<eos>"),)

    def ids(
        self,
        prefix: str,
        suffix: str,
        language: str,
        instruction: str | None = None,
        context: Sequence[Snippet] = (),
    ) -> list[int]:
        """Prompt ids of the text on both sides of a hole, cut to the token budgets."""
        special = self.tokenizer.special
        marks = special("<suffix>"), special("<prefix>"), special("<middle>")
        sides = SuffixFirstPrompt(
            self.tokenizer, marks, self.end_marks, self.prefix_tokens, self.suffix_tokens
        )
        return [special(language_token(language)), *sides.ids(prefix, suffix, language)]


def plain_prefix(tokenizer: CodeTokenizer, prefix: str, tokens: int = PREFIX_TOKENS) -> list[int]:
    """The end of the text before a hole as any text, at most `tokens` ids, at least one."""
    return prefix_ids(tokenizer, prefix, tokens) or [tokenizer.special("<eos>")]


LANGUAGE_TOKENS = {
    "python": "<python>",
    "javascript": "<javascript>",
    "javascriptreact": "<javascript>",
    "jsx": "<javascript>",
    "typescript": "<typescript>",
    "typescriptreact": "<typescript>",
    "tsx": "<typescript>",
}


def language_token(language: str) -> str:
    """The special token of a language as editors name it."""
    return LANGUAGE_TOKENS.get(language, "<other>")
