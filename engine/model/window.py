"""How much of a prefix each layer keeps. Full layers keep all of it; sliding layers keep what the
next row sees, and a margin.

Knows positions only; no keys, no values and no tokens.
"""

from dataclasses import dataclass

from fillwright.engine.model.config import LayerKind, ModelConfig

MARGIN = 512
"""Tokens that a long prefix can be cut back by without being read again: two canvases of
DiffusionGemma that were drafted or committed, or as much deleted text. Set by hand."""
READ_AT_ONCE = 512
"""Rows of a pass that reads a prompt. Set by hand: more make a pass's masks larger, and fewer read
the weights more often."""
RING_STEP = 32
"""A ring's rows are a multiple of it, so that no block of a GPU's kernel goes over its end."""
MOST_SLACK = 1024
"""Rows that full layers have beyond those in use at most, so that typing seldom copies."""
EVERYTHING = 2**62


@dataclass(frozen=True, slots=True)
class Window:
    """A row of a sliding layer sees `reach` tokens before itself; `margin` more are kept."""

    reach: int
    margin: int = MARGIN

    @classmethod
    def of(cls, config: ModelConfig, margin: int = MARGIN) -> "Window":
        return cls(reach(config, "sliding_attention"), margin)

    @property
    def kept(self) -> int:
        """Rows that are kept where the oldest make way."""
        return self.reach + self.margin

    @property
    def room(self) -> int:
        """Rows of a sliding layer at most: those that are kept and those of a pass, so that the
        others move once in as many tokens."""
        return self.kept + READ_AT_ONCE

    @property
    def ring(self) -> int:
        """Rows of a sliding layer where each takes the place of the oldest, `room` or more."""
        return -(-self.room // RING_STEP) * RING_STEP


def slides(kind: LayerKind) -> bool:
    """Whether rows of this kind of layer see a window only."""
    return kind == "sliding_attention"


def reach(config: ModelConfig, kind: LayerKind) -> int:
    """How many earlier tokens a row of this kind of layer sees."""
    return config.sliding_window - 1 if slides(kind) else EVERYTHING


def roomy(positions: int) -> int:
    """Rows for so many positions, and a quarter more, at most MOST_SLACK."""
    return positions + min(positions // 4, MOST_SLACK) + 64


def kept_rows(config: ModelConfig, kind: LayerKind, tokens: int) -> int:
    """Rows that a layer of this kind has once so many tokens were read in one go."""
    rows = roomy(tokens)
    return min(rows, Window.of(config).room) if slides(kind) else rows


def cache_bytes(config: ModelConfig, tokens: int, number_bytes: int = 2) -> int:
    """Of keys and values of all layers, once so many tokens were read in one go, with numbers of
    so many bytes: 2 are bfloat16's."""
    return sum(
        number_bytes * row_numbers(config, kind) * kept_rows(config, kind, tokens)
        for kind in config.layer_kinds
    )


def row_numbers(config: ModelConfig, kind: LayerKind) -> int:
    """Of the keys and values of one position in a layer of this kind."""
    shape = config.shapes[kind]
    return 2 * shape.kv_heads * shape.head_dim


def slot_rows(config: ModelConfig, kind: LayerKind, room: int) -> int:
    """Rows that a layer of this kind has in a slot for prompts of `room` tokens."""
    return min(room, Window.of(config).ring) if slides(kind) else room


def slot_bytes(config: ModelConfig, room: int, number_bytes: int = 2) -> int:
    """Of keys and values of all layers in such a slot."""
    return sum(
        number_bytes * row_numbers(config, kind) * slot_rows(config, kind, room)
        for kind in config.layer_kinds
    )
