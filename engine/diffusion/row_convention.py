"""Which token row i of a canvas predicts: i (DiffusionGemma) or i + 1 (shifted).

Knows nothing of what the rows hold.
"""

from enum import Enum

from fillwright.kernels.arrays import Array, namespace


class RowConvention(Enum):
    """OWN: row i predicts token i. SHIFTED: row i predicts token i + 1, as a causal model does;
    then row 0 of every canvas is the prompt's last token, pinned, and the prefix KV cache ends
    before it. Row i of the self-conditioning is about the same token as row i of the logits."""

    OWN = "own"
    SHIFTED = "shifted"

    @property
    def overlap(self) -> int:
        """How many tokens of what precedes a canvas are repeated as its first rows."""
        return 0 if self is RowConvention.OWN else 1

    def by_token(self, rows: Array) -> Array:
        """Per row of the model [batch, canvas, ...] -> per token. Shifted, entry 0 then holds the
        last row, which predicts the token after the canvas."""
        return _moved(rows, self.overlap) if self.overlap else rows

    def by_row(self, tokens: Array) -> Array:
        """The inverse of `by_token`: per token [batch, canvas, ...] -> per row."""
        return _moved(tokens, -self.overlap) if self.overlap else tokens


def _moved(rows: Array, by: int) -> Array:
    return namespace(rows).concat((rows[:, -by:], rows[:, :-by]), axis=1)
