"""The prompt of fillwright-small: what the encoder reads before a canvas.

The suffix stands first, so that typing only appends and the prefix KV cache survives keystrokes.
Knows token ids and text; knows nothing of canvases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fillwright.engine.infill.tokenizer import CodeTokenizer
from fillwright.engine.request import Snippet

PREFIX_TOKENS = 320
SUFFIX_TOKENS = 128
# characters per token stays above 1.5 in code; more text than this is never looked at
WINDOW_CHARACTERS_PER_TOKEN = 6
WINDOW_STEP = 512
TAIL_STEP = 64


class Prompt(Protocol):
    """One per model family. `end_marks` are the tokens that end a hole; `closing` is text that may
    stand before them and is no part of the fill, or empty. At most `prefix_tokens` of the text
    before a hole are shown to the model, and `suffix_tokens` of that after it."""

    @property
    def prefix_tokens(self) -> int: ...

    @property
    def suffix_tokens(self) -> int: ...

    @property
    def closing(self) -> str: ...

    @property
    def end_marks(self) -> tuple[int, ...]: ...

    def ids(
        self,
        prefix: str,
        suffix: str,
        language: str,
        instruction: str | None = None,
        context: Sequence[Snippet] = (),
    ) -> list[int]:
        """What the encoder reads before the canvas of the hole between prefix and suffix."""


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


def prefix_window(length: int, tokens: int) -> int:
    """Where the looked-at part of a prefix of `length` characters starts.

    Moves in steps, so that the start stays put over many keystrokes and the cache with it.
    """
    excess = length - tokens * WINDOW_CHARACTERS_PER_TOKEN
    return 0 if excess <= 0 else -(-excess // WINDOW_STEP) * WINDOW_STEP


def stable_tail(ids: list[int], budget: int) -> list[int]:
    """At most `budget` last ids; like `prefix_window`, the cut moves in steps."""
    excess = len(ids) - budget
    return ids if excess <= 0 else ids[-(-excess // TAIL_STEP) * TAIL_STEP :]


def split_lead(prefix: str) -> tuple[str, str]:
    """Split the white space that ends a prefix off, for the hole to begin with.

    A prompt that ends in a newline, an indentation or a space would cut the token that the model
    knows for it together with what follows.
    """
    kept = prefix.rstrip(" \t")
    if kept.endswith("\n"):
        kept = kept[:-1]
    return kept, prefix[len(kept) :]
