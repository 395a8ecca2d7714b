"""How fillwright-small is trained on the two kinds of machine: sizes and batches.

`cpu` makes 7.7 M parameters, what two cores can teach in hours; its batches are small, to stay in
their cache. `gpu` makes 33 M in minutes of one H100. The text, the losses and the order
of the phases are the same on both. `further` goes on with the 33 M on a few cores, half of it with
functions that stand alone. Both draw holes as people leave them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from fillwright.engine.diffusion.row_convention import RowConvention

NoiseLaw = Literal["hybrid", "uniform"]


UNIFORM_SHARE = 0.2
"""Of the noise that is any token and not the mask: GIDD's self-correction (arXiv 2503.04482) at the
largest share it was published with."""


@dataclass(frozen=True, slots=True)
class HoleShares:
    """What holes are drawn: `kinds` and their shares; of function bodies, the share with `stubs`
    for the bodies below it; the share of pages that are `standalone` functions with
    their imports; of the others, the share that are one `function` cut out; of holes in `prose`
    (docstrings, comments, imports), the share that is kept; and of samples in the causal phase, the
    share that are `plain` text without a hole.

    Whole lines, rest of a line, syntax nodes, function bodies, several lines, random characters,
    nothing after a finished line (AST-FIM: syntax nodes teach more than random spans). Half of the
    holes are punched into a function as in a short file: the prompt is short then, and more of what
    is learnt is about filling. `AS_TYPED` draws what people leave open while they type.
    """

    kinds: Mapping[str, float] = field(
        default_factory=lambda: {
            "line": 0.45,
            "line end": 0.18,
            "node": 0.17,
            "lines": 0.12,
            "characters": 0.08,
        }
    )
    stubs: float = 0.0
    standalone: float = 0.0
    function: float = 0.5
    prose: float = 0.3
    plain: float = 0.2


@dataclass(frozen=True, slots=True)
class SmallShape:
    """Sizes of an embedded model; every `full_every`-th layer is a full one, the last included."""

    hidden_size: int = 256
    layers: int = 6
    full_every: int = 3
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    intermediate_size: int = 448
    expert_intermediate_size: int = 448
    sliding_window: int = 1024
    canvas_length: int = 32


@dataclass(frozen=True, slots=True)
class CausalRows:
    """Packed rows of `length` tokens; a step adds the gradients of `batches_per_step` batches.
    `long_share` of the batches have half as many rows, twice as long, with longer prompts."""

    rows: int
    length: int
    batches_per_step: int
    long_share: float = 0.0


@dataclass(frozen=True, slots=True)
class JointRows:
    """Prompts with corrupted canvases after them, `length` tokens together. `canvases` are the
    lengths of a canvas and their shares of the batches: a length is drawn first and then a hole
    that fits it, for a canvas as tight as its hole would tell how long the hole is. `said` of the
    prompt's tokens are instructions and no code."""

    rows: int
    length: int
    canvases: Mapping[int, float]
    canvases_per_prompt: int
    batches_per_step: int
    said: int = 0


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to train. `causal_turns` batches precede each joint one in the mixed phase. `workers`
    processes draw the batches; 0: the training process itself."""

    vocabulary: int
    shape: SmallShape
    causal: CausalRows
    joint: JointRows
    noise: NoiseLaw = "hybrid"
    rows: RowConvention = RowConvention.SHIFTED
    holes: HoleShares = HoleShares()
    matrix_rate: float = 0.03
    embedding_rate: float = 0.01
    gain_rate: float = 0.003
    causal_turns: int = 4
    workers: int = 0


@dataclass(frozen=True, slots=True)
class MaskedShape:
    """A small mask model of the Dream family that is made of the embedded one. Learnt are pairs of
    this `rank`. A batch has `batch` rows of `length` tokens, their holes `rows` open ones at most;
    it sees `context` when filling, for there a hole may grow."""

    rank: int = 32
    length: int = 128
    rows: int = 20
    context: int = 172
    batch: int = 24


AS_TYPED = HoleShares(
    kinds={
        "line": 0.35,
        "line end": 0.12,
        "finished": 0.12,
        "node": 0.07,
        "body": 0.09,
        "lines": 0.08,
        "characters": 0.17,
    },
    stubs=0.4,
    standalone=0.5,
    prose=0.07,
    plain=0.02,
)

CPU = Recipe(
    vocabulary=8192,
    shape=SmallShape(),
    causal=CausalRows(rows=2, length=512, batches_per_step=7),
    joint=JointRows(
        rows=4, length=320, canvases={32: 1.0}, canvases_per_prompt=4, batches_per_step=4
    ),
)

GPU = Recipe(
    vocabulary=16384,
    shape=SmallShape(
        hidden_size=512,
        layers=8,
        full_every=4,
        heads=8,
        kv_heads=4,
        intermediate_size=704,
        expert_intermediate_size=704,
        canvas_length=64,
    ),
    causal=CausalRows(rows=64, length=1024, batches_per_step=2),
    # every further length of canvas is another graph to compile: seconds of a short training
    joint=JointRows(
        rows=96,
        length=512,
        canvases={32: 0.65, 64: 0.35},
        canvases_per_prompt=2,
        batches_per_step=2,
    ),
    holes=replace(AS_TYPED, standalone=0.2, prose=0.3, plain=0.2),
    embedding_rate=0.006,
    workers=8,
)

FURTHER = replace(
    GPU,
    causal=CausalRows(rows=4, length=448, batches_per_step=5, long_share=0.2),
    joint=replace(GPU.joint, rows=4, length=384, canvases_per_prompt=4, batches_per_step=5),
    holes=AS_TYPED,
    causal_turns=2,
    workers=0,
)

RECIPES: Mapping[str, Recipe] = {"cpu": CPU, "gpu": GPU, "further": FURTHER}

MASKED = MaskedShape()
MASKED_RATES = 4e-4, 1e-3
"""AdamW's, of the pairs and of all else. With five times the first the loss rose again after ten
steps; nothing else was tried."""
