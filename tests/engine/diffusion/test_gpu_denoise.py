"""The GPU's loop against the torch loop, in Triton's interpreter or on a GPU."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import Generator, Tensor

pytest.importorskip("triton", reason="the GPU's loop is not tested: Triton runs on Linux alone")

from fillwright.engine.diffusion.canvas import Canvas
from fillwright.engine.diffusion.denoise import denoise
from fillwright.engine.diffusion.gpu_denoise import GpuCanvas, tail_rows
from fillwright.engine.diffusion.gpu_loop import GpuLoop
from fillwright.engine.diffusion.guide import Guidance
from fillwright.engine.diffusion.noise import DraftNoise, UniformNoise
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.errors import BadRequest
from fillwright.engine.model.config import AttentionShape, ModelConfig
from fillwright.engine.model.cuda_graph import Graphs
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork
from fillwright.engine.model.slot_cache import SlotCache
from fillwright.engine.model.window import Window

VOCABULARY, ROOM, ROWS = 97, 48, 16
SHAPE = AttentionShape(kv_heads=1, head_dim=32, theta=1e4, turning_pairs=16)
CONFIG = ModelConfig(
    vocab_size=VOCABULARY,
    hidden_size=32,
    intermediate_size=48,
    heads=2,
    layer_kinds=("sliding_attention", "full_attention"),
    shapes={"sliding_attention": SHAPE, "full_attention": SHAPE},
    sliding_window=8,
    experts=4,
    top_k_experts=2,
    expert_intermediate_size=24,
    rms_norm_eps=1e-6,
    logit_softcap=30.0,
    canvas_length=ROWS,
)


@dataclass(frozen=True)
class Listed:
    """The same noise for everyone who asks for the n-th time."""

    asked: list[int] = field(default_factory=list)

    def draw(self, shape: torch.Size, generator: Generator) -> Tensor:
        self.asked.append(1)
        random = torch.Generator().manual_seed(len(self.asked))
        return torch.randint(VOCABULARY, shape, generator=random).to(generator.device)


@pytest.fixture(scope="module")
def model() -> DiffusionGemma:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = DiffusionGemma(CONFIG)
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=parameter.shape[-1] ** -0.5, generator=random)
        network.embed_tokens.weight.mul_(3)
    network = network.to(device).eval().requires_grad_(False)
    network.frequencies = {kind: each.to(device) for kind, each in network.frequencies.items()}
    return network


# so cold that the token drawn is the likeliest, no matter who draws
COLD = DenoiseSettings(Listed(), steps=3, t_min=1e-3, t_max=1e-3, confidence_threshold=1e-4)


def loop_with_cache(
    model: DiffusionGemma, slots: int = 1, room: int = ROOM
) -> tuple[GpuCanvas, SlotCache]:
    network = GpuNetwork.of(model, room + ROWS)
    made = CacheSlots.empty(CONFIG, slots, room, model.embed_tokens.weight.dtype, model.device)
    return GpuCanvas(network, made, Graphs(model.device), ROWS), SlotCache.all_of(network, made)[-1]


@pytest.mark.parametrize(
    ("length", "known", "marks", "pinned_signal"),
    [
        (20, 20, (), "one-hot"),
        (20, 0, (11, 12), "zero"),
        (40, 20, (11,), "zero"),
        (40, 0, (), "zero"),
    ],
)
def test_every_step_is_that_of_the_torch_loop(
    model: DiffusionGemma, length: int, known: int, marks: tuple[int, ...], pinned_signal: str
) -> None:
    """Prompts that were read before, too short for the smallest tail, in part in the slot, new."""
    device = model.device
    random = torch.Generator().manual_seed(2)
    prompt = torch.randint(VOCABULARY, (length,), generator=random).to(device)
    canvas = Canvas.lay_out([4, 5], [[7, 8]], head=[5], suffix=[6, 2], length=ROWS)
    settings = replace(COLD, end_marks=marks, pinned_signal=pinned_signal)

    ours, cache = loop_with_cache(model, slots=2)
    cache.defer(prompt)
    cache.catch_up(known)
    generator = Generator(device).manual_seed(1)
    theirs = denoise(
        model, model.prefill(prompt), [canvas], replace(settings, noise=Listed()), generator
    )
    mine = ours.denoise(cache, canvas, replace(settings, noise=Listed()), generator)
    compared = 0
    for step, wanted in zip(mine, theirs, strict=True):
        assert (step.step, step.steps_left) == (wanted.step, wanted.steps_left)
        assert (step.last, step.done.tolist()) == (wanted.last, wanted.done.tolist())
        assert torch.equal(step.argmax_canvas, wanted.argmax_canvas.cpu())
        assert torch.equal(step.accepted_token_mask, wanted.accepted_token_mask.cpu())
        likeliest = wanted.logits.softmax(-1).amax(-1).cpu()
        torch.testing.assert_close(step.confidence(), likeliest, rtol=1e-3, atol=1e-4)
        compared += 1
    assert compared >= 2
    assert cache.known == cache.length == length


class Objector:
    """Refuses a row, and writes a token, at its first two looks."""

    def __init__(self) -> None:
        self.looks: list[list[int]] = []

    def look(
        self,
        holes: Sequence[range],
        tokens: Sequence[int],
        confidence: Sequence[float],
        steps_left: int,
    ) -> Guidance:
        self.looks.append(list(tokens))
        objects = len(self.looks) <= 2
        written = [31 if objects and row == 2 else token for row, token in enumerate(tokens)]
        return Guidance(written, [objects and row == 3 for row in range(len(tokens))])

    def after(self, written: Sequence[int]) -> "Objector":
        return self


def test_a_guide_is_heeded_as_by_the_torch_loop(model: DiffusionGemma) -> None:
    device = model.device
    prompt = torch.arange(20, device=device)
    canvas = Canvas.lay_out([ROWS - 1], head=[5], length=ROWS)
    ours, cache = loop_with_cache(model)
    cache.defer(prompt)
    generator = Generator(device).manual_seed(1)

    def settings() -> DenoiseSettings:
        return replace(COLD, end_marks=(11,), noise=Listed(), guide=Objector())

    theirs = list(denoise(model, model.prefill(prompt), [canvas], settings(), generator))
    mine = list(ours.denoise(cache, canvas, settings(), generator))
    assert len(mine) == len(theirs) == COLD.steps
    for step, wanted in zip(mine, theirs, strict=True):
        assert torch.equal(step.argmax_canvas, wanted.argmax_canvas.cpu())
        assert torch.equal(step.accepted_token_mask, wanted.accepted_token_mask.cpu())
        assert step.done.tolist() == wanted.done.tolist()
    assert mine[0].argmax_canvas[0, 2] == 31
    assert not mine[0].accepted_token_mask[0, 3]


class Rehearsed(Graphs):
    """Capturing makes the step, as it does on a GPU."""

    def capture(self, work: Callable[[], object]) -> Callable[[], object]:
        work()
        return work


def test_a_step_that_is_captured_late_disturbs_nothing(model: DiffusionGemma) -> None:
    network = GpuNetwork.of(model, ROOM + ROWS)
    slots = CacheSlots.empty(CONFIG, 2, ROOM, model.embed_tokens.weight.dtype, model.device)
    loop = GpuCanvas(network, slots, Rehearsed(model.device), ROWS)
    caches = SlotCache.all_of(network, slots)
    canvas, generator = Canvas.lay_out([ROWS]), Generator(model.device).manual_seed(1)
    random = torch.Generator().manual_seed(2)
    # the first prompt is short, so that the second's tail is the first to be captured
    for cache, length in ((caches[0], 20), (caches[1], 40)):
        prompt = torch.randint(VOCABULARY, (length,), generator=random).to(model.device)
        cache.defer(prompt)
        mine = loop.denoise(cache, canvas, replace(COLD, noise=Listed()), generator)
        theirs = denoise(
            model, model.prefill(prompt), [canvas], replace(COLD, noise=Listed()), generator
        )
        for step, wanted in zip(mine, theirs, strict=True):
            assert torch.equal(step.argmax_canvas, wanted.argmax_canvas.cpu())


def test_a_step_stays_what_it_was_when_the_next_is_made(model: DiffusionGemma) -> None:
    loop, cache = loop_with_cache(model)
    cache.defer(torch.tensor([1, 2, 3], device=model.device))
    settings = replace(COLD, noise=Listed(), steps=4, entropy_bound=0.0)
    steps = loop.denoise(
        cache, Canvas.lay_out([ROWS]), settings, Generator(model.device).manual_seed(1)
    )
    kept = [(step, step.argmax_canvas.clone(), step.confidence().clone()) for step in steps]
    assert len({tuple(draft[0].tolist()) for _, draft, _ in kept}) > 1
    for step, draft, confidence in kept:
        assert torch.equal(step.argmax_canvas, draft)
        assert torch.equal(step.confidence(), confidence)


def test_it_stops_when_the_canvas_is_done_or_nobody_wants_it(model: DiffusionGemma) -> None:
    loop, cache = loop_with_cache(model)
    cache.defer(torch.tensor([1, 2, 3], device=model.device))
    settings = replace(COLD, noise=Listed(), steps=20, stability_threshold=0, entropy_bound=50.0)
    canvas = Canvas.lay_out([ROWS - 2], head=[5], suffix=[6])
    generator = Generator(model.device).manual_seed(1)
    [only] = loop.denoise(cache, canvas, replace(settings, confidence_threshold=50.0), generator)
    assert only.last
    assert only.done.all()
    asked = iter([False, False, True])
    unsure = replace(settings, stability_threshold=30)
    steps = list(loop.denoise(cache, canvas, unsure, generator, None, lambda: next(asked)))
    assert [step.step for step in steps] == [1, 2]


def test_a_canvas_can_begin_as_a_draft(model: DiffusionGemma) -> None:
    loop, cache = loop_with_cache(model)
    cache.defer(torch.tensor([1, 2, 3], device=model.device))
    said = torch.arange(ROWS)
    settings = replace(COLD, noise=UniformNoise(VOCABULARY), steps=1)
    generator = Generator(model.device).manual_seed(1)
    start = DraftNoise(said, 0.0, settings.noise)
    [ours] = loop.denoise(cache, Canvas.lay_out([ROWS]), settings, generator, start)
    fresh = model.prefill(cache.ids)
    [theirs] = denoise(model, fresh, [Canvas.lay_out([ROWS])], settings, generator, start)
    assert torch.equal(ours.argmax_canvas, theirs.argmax_canvas.cpu())


def test_shifted_rows_are_refused(model: DiffusionGemma) -> None:
    loop, cache = loop_with_cache(model)
    shifted = replace(COLD, rows=RowConvention.SHIFTED)
    with pytest.raises(ValueError, match="their own token"):
        next(loop.denoise(cache, Canvas.lay_out([ROWS]), shifted, Generator(model.device)))


def test_nothing_is_written_outside_a_slot(model: DiffusionGemma) -> None:
    loop, cache = loop_with_cache(model)
    canvas, generator = Canvas.lay_out([ROWS]), Generator(model.device)
    long = torch.zeros(ROOM + 1, dtype=torch.int64, device=model.device)
    with pytest.raises(BadRequest, match="room for 48"):
        cache.defer(long)
    with pytest.raises(ValueError, match="slot 2 is none of 1"):
        next(loop.denoise(replace(cache, slot=2), canvas, COLD, generator))
    with pytest.raises(ValueError, match="49 tokens, and room for 48"):
        next(loop.denoise(replace(cache, ids=long, known=ROOM + 1), canvas, COLD, generator))


def test_a_tail_is_read_again_over_the_end_of_a_window(model: DiffusionGemma) -> None:
    """In sliding layers a slot has 1,056 rows, which begin again."""
    device, length, known = model.device, 1070, 1050
    random = torch.Generator().manual_seed(2)
    prompt = torch.randint(VOCABULARY, (length,), generator=random).to(device)
    canvas, generator = Canvas.lay_out([ROWS]), Generator(device).manual_seed(1)
    ours, cache = loop_with_cache(model, room=1100)
    assert [key.shape[2] for key, _ in cache._layers] == [1056, 1100]
    model.extend(cache, prompt[:known])
    cache.defer(prompt[known:])
    assert tail_rows(cache) == 32
    theirs = denoise(
        model, model.prefill(prompt), [canvas], replace(COLD, noise=Listed()), generator
    )
    mine = ours.denoise(cache, canvas, replace(COLD, noise=Listed()), generator)
    for step, wanted in zip(mine, theirs, strict=True):
        assert torch.equal(step.argmax_canvas, wanted.argmax_canvas.cpu())
        likeliest = wanted.logits.softmax(-1).amax(-1).cpu()
        torch.testing.assert_close(step.confidence(), likeliest, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("prompt", "known", "tail"),
    [
        (20, 20, 0),
        (20, 3, 0),
        (40, 40, 0),
        (40, 39, 32),
        (40, 0, 32),
        (200, 100, 128),
        (2000, 0, 512),
    ],
)
def test_as_few_prompt_rows_as_hold_what_is_new(prompt: int, known: int, tail: int) -> None:
    cache = a_slot(prompt)
    cache.known = known
    assert tail_rows(cache) == tail


def test_what_was_written_over_is_not_read_again() -> None:
    cache = a_slot(2000)
    cache.has_read(2000)
    reach = CONFIG.sliding_window - 1
    cache.truncate(cache.first + reach + 31)
    cache.ids = torch.zeros(cache.length + 1, dtype=torch.int64)
    assert tail_rows(cache) == 32
    cache.truncate(cache.length - 2)
    cache.ids = torch.zeros(cache.length + 1, dtype=torch.int64)
    assert tail_rows(cache) == 0


def a_slot(prompt: int) -> SlotCache:
    """For a prompt of so many tokens, none of which are read; without a network."""
    slots = CacheSlots.empty(CONFIG, 1, 4000, torch.float32, torch.device("meta"))
    return SlotCache(
        ids=torch.zeros(prompt, dtype=torch.int64),
        window=Window.of(CONFIG),
        _layers=list(slots.layers),
        slot=0,
        room=slots.room,
        reader=lambda start, ids: None,
    )


def test_lengths_have_steps_of_their_own(model: DiffusionGemma) -> None:
    network = GpuNetwork.of(model, ROOM + ROWS)
    slots = CacheSlots.empty(CONFIG, 1, ROOM, model.embed_tokens.weight.dtype, model.device)
    loop = GpuLoop(network, slots)
    fractions: list[float] = []
    loop.prepare((8, ROWS), fractions.append)
    assert fractions == [0.5, 1.0]
    [cache] = SlotCache.all_of(network, slots)
    cache.defer(torch.tensor([1, 2, 3], device=model.device))
    settings = replace(COLD, noise=UniformNoise(VOCABULARY), steps=1)
    generator = Generator(model.device).manual_seed(1)
    for rows in (8, ROWS, 11):
        [step] = loop(cache, [Canvas.lay_out([rows], length=rows)], settings, generator)
        assert step.argmax_canvas.shape == (1, rows)
    with pytest.raises(ValueError, match="one canvas at a time"):
        loop(cache, [Canvas.lay_out([8], length=8)] * 2, settings, generator)
