"""Which token row i of a canvas predicts: i (DiffusionGemma) or i + 1 (shifted).

Knows nothing of what the rows hold.
"""

from enum import Enum

from torch import Tensor


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

    def by_token(self, rows: Tensor) -> Tensor:
        """Per row of the model [batch, canvas, ...] -> per token. Shifted, entry 0 then holds the
        last row, which predicts the token after the canvas."""
        return rows.roll(self.overlap, dims=1) if self.overlap else rows

    def by_row(self, tokens: Tensor) -> Tensor:
        """The inverse of `by_token`: per token [batch, canvas, ...] -> per row."""
        return tokens.roll(-self.overlap, dims=1) if self.overlap else tokens
