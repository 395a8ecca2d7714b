"""The prompt of fillwright-small: what the encoder reads before a canvas.

The suffix stands first, so that typing only appends and the prefix KV cache survives keystrokes.
Knows token ids and text; knows nothing of canvases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fillwright.engine.infill.text.windows import (
    WINDOW_CHARACTERS_PER_TOKEN,
    prefix_window,
    stable_tail,
)
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
        head = prefix[prefix_window(len(prefix), self.prefix_tokens) :]
        tail = suffix[: self.suffix_tokens * WINDOW_CHARACTERS_PER_TOKEN]
        return [
            special(language_token(language)),
            special("<suffix>"),
            *self.tokenizer.encode(tail)[: self.suffix_tokens],
            special("<prefix>"),
            *stable_tail(self.tokenizer.encode(head), self.prefix_tokens),
            special("<middle>"),
        ]


def plain_prefix(tokenizer: CodeTokenizer, prefix: str, tokens: int = PREFIX_TOKENS) -> list[int]:
    """The end of the text before a hole as any text, at most `tokens` ids, at least one."""
    head = prefix[prefix_window(len(prefix), tokens) :]
    return stable_tail(tokenizer.encode(head), tokens) or [tokenizer.special("<eos>")]


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
