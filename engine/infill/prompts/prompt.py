"""What every prompt offers: the ids that the encoder reads before a canvas, and what ends a hole.

Knows token ids and text; knows nothing of canvases.
"""

from collections.abc import Sequence
from typing import Protocol

from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.request import Snippet


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


class PromptForm(Protocol):
    """Makes a family's prompts; it has its own budgets, where none are given."""

    def __call__(
        self, tokenizer: CodeTokenizer, prefix_tokens: int = ..., suffix_tokens: int = ...
    ) -> Prompt: ...
