"""The text on either side of a hole as ids, cut to a budget.

Knows token ids and text; knows nothing of canvases.
"""

from fillwright.engine.infill.text.windows import (
    WINDOW_CHARACTERS_PER_TOKEN,
    prefix_window,
    stable_tail,
)
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer


def prefix_ids(tokenizer: CodeTokenizer, prefix: str, tokens: int) -> list[int]:
    """The end of the text before a hole, at most `tokens` ids; where it begins moves in steps."""
    seen = prefix[prefix_window(len(prefix), tokens) :]
    return stable_tail(tokenizer.encode(seen), tokens)


def suffix_ids(tokenizer: CodeTokenizer, suffix: str, tokens: int) -> list[int]:
    """The beginning of the text after a hole, at most `tokens` ids."""
    return tokenizer.encode(suffix[: tokens * WINDOW_CHARACTERS_PER_TOKEN])[:tokens]
