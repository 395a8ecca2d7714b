"""A checkpoint in memory, and what is kept of documents between requests.

Knows no files: `loading.py` reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from fillwright.engine.diffusion.canvas import BUCKETS
from fillwright.engine.diffusion.denoise import Loop, denoise
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.infill.denoising.lengths import LengthBias
from fillwright.engine.infill.doubt_settings import DoubtSettings
from fillwright.engine.infill.far_parts import FarParts
from fillwright.engine.infill.plan import Drafting, Plan
from fillwright.engine.infill.prefix_caches import PrefixCaches, growing_caches
from fillwright.engine.infill.prompts.prompt import Prompt
from fillwright.engine.infill.ranking.calibration import Calibrations
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.infill.typed_pins import LastCanvases
from fillwright.engine.memory.gate import Gate
from fillwright.engine.memory.remembered import Remembered
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.interface import Model
from fillwright.engine.request import Decode, InfillRequest, Length

Several = Literal["joint", "one by one"]
FRAME = 128
"""Tokens that a prompt writes around what it shows: more than any of ours does."""
OTHER_CANDIDATES_TEMPERATURE = 0.8
"""Of all candidates but the first, which should differ from it; set by hand."""


@dataclass
class Checkpoint:
    """`default_decode` and `default_length` are what a request's `auto` means.

    `length_bias` is the model's own, for a search of lengths. `loop` denoises canvases after the
    prefixes in `caches`; without them it is denoise.denoise, and the caches grow. `warning` is
    what its user should know of the device. `calibrations` say how sure it may be of a fill.
    `languages` are the ids of those that it has learnt, None for all. `gate` says how much the
    user's own code counts, what is `remembered` of it and the open file; without a gate it is not
    looked at. `no_memory` is what the model raises where a GPU's is full. `doubt` says how unlikely
    places are found, where that was measured. `several` holes are denoised on one canvas or, where
    the model was measured to be better at that, one after another. Prompts and what is written
    after them have at most `window` tokens, None where nothing bounds them.
    """

    model: Model
    tokenizer: CodeTokenizer
    prompt: Prompt
    settings: DenoiseSettings
    default_decode: Decode
    model_name: str
    device: str
    default_length: Length = "end-mark"
    length_bias: LengthBias = field(default_factory=LengthBias)
    loop: Loop[Cache] | None = None
    caches: Sequence[Cache] = ()
    warning: str | None = None
    calibrations: Calibrations = field(default_factory=Calibrations)
    languages: tuple[str, ...] | None = None
    gate: Gate | None = None
    no_memory: tuple[type[Exception], ...] = ()
    doubt: DoubtSettings | None = None
    several: Several = "joint"
    window: int | None = None
    remembered: Remembered = field(init=False)
    far_parts: FarParts = field(init=False)
    denoise: Loop[Cache] = field(init=False)
    prefix_caches: PrefixCaches = field(init=False)
    last_canvases: LastCanvases = field(init=False)

    def __post_init__(self) -> None:
        self.denoise = self.loop or partial(denoise, self.model)
        self.prefix_caches = PrefixCaches(self.model, self.caches or growing_caches(self.model))
        self.last_canvases = LastCanvases()
        vocabulary = len(self.tokenizer.texts)
        self.far_parts = FarParts(self.tokenizer)
        self.remembered = Remembered(self.tokenizer.encode, vocabulary, self.gate is not None)

    @property
    def context_tokens(self) -> int:
        """How many tokens of the text around a hole the model is shown at most."""
        return self.prompt.prefix_tokens + self.prompt.suffix_tokens

    def room_beside(self, request: InfillRequest) -> int | None:
        """Tokens that pieces of other places may have in its prompt; None: any number."""
        if self.window is None:
            return None
        written = request.budget.tokens * len(request.holes) + BUCKETS[-1]
        around = self.context_tokens + len(request.instruction or "") + FRAME
        return max(0, self.window - written - around)

    def plan(self, request: InfillRequest, number: int) -> Plan:
        """How candidate `number` of a request is written, from 0. Only the first is likely as a
        whole; the others are drawn."""
        decode = self.default_decode if request.decode == "auto" else request.decode
        line_ends = self.tokenizer.line_ends if request.shape == "line" else ()
        return Plan(
            decode=decode,
            must_denoise=request.decode == "denoise",
            unasked=request.unasked,
            drafting=_drafting(request, number, decode),
            length=self.default_length if request.length == "auto" else request.length,
            temperature=0.0 if number == 0 else OTHER_CANDIDATES_TEMPERATURE,
            settings=replace(
                self.settings,
                steps=request.budget.steps or self.settings.steps,
                end_marks=self.prompt.end_marks + line_ends,
            ),
            tokens=request.budget.tokens,
            seed=request.seed + number,
        )


def _drafting(request: InfillRequest, number: int, decode: Decode) -> Drafting:
    """Only the first candidate's draft, and only that of one hole, is chosen among several. What
    replaces several lines is long too."""
    if number or decode == "denoise" or len(request.holes) > 1:
        return "alone"
    [hole] = request.holes
    lines = request.document.count("\n", hole.start, hole.end)
    return "samples" if request.shape == "block" or lines > 1 else "beams"
