"""The GPU's loop against the torch loop, in Triton's interpreter or on a GPU."""

from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import Generator, Tensor

pytest.importorskip("triton", reason="the GPU's loop is not tested: Triton runs on Linux alone")

from fillwright.engine.diffusion.canvas import Canvas
from fillwright.engine.diffusion.denoise import denoise
from fillwright.engine.diffusion.gpu_denoise import GpuCanvas
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.model import DiffusionGemma
from fillwright.engine.model.config import AttentionShape, ModelConfig
from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork

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
    """The same noise for whoever asks for the n-th time."""

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


# so cold that the token drawn is the likeliest, whoever draws
COLD = DenoiseSettings(Listed(), steps=3, t_min=1e-3, t_max=1e-3, confidence_threshold=1e-4)


@pytest.mark.parametrize(
    ("tail", "marks", "pinned_signal"), [(0, (), "one-hot"), (5, (11, 12), "zero")]
)
def test_every_step_is_that_of_the_torch_loop(
    model: DiffusionGemma, tail: int, marks: tuple[int, ...], pinned_signal: str
) -> None:
    device = model.device
    prompt = torch.randint(VOCABULARY, (20,), generator=torch.Generator().manual_seed(2)).to(device)
    canvas = Canvas.lay_out([4, 5], [[7, 8]], head=[5], suffix=[6, 2], length=ROWS)
    settings = replace(COLD, end_marks=marks, pinned_signal=pinned_signal)

    network = GpuNetwork.of(model, ROOM + ROWS)
    slots = CacheSlots.empty(CONFIG, 2, ROOM, model.embed_tokens.weight.dtype, device)
    reading = torch.tensor([1, 0, 20 - tail], dtype=torch.int32, device=device)
    none = torch.empty(0, CONFIG.hidden_size, device=device)
    network(prompt[: 20 - tail], none, slots, reading)
    ours = GpuCanvas(network, slots, replace(settings, noise=Listed()), ROWS, tail)
    generator = Generator(device).manual_seed(1)
    theirs = denoise(
        model, model.prefill(prompt), [canvas], replace(settings, noise=Listed()), generator
    )
    compared = 0
    for mine, wanted in zip(ours.denoise(canvas, prompt, 1, generator), theirs, strict=False):
        assert (mine.step, mine.steps_left) == (wanted.step, wanted.steps_left)
        assert torch.equal(mine.draft, wanted.draft[0])
        likeliest = wanted.logits[0].softmax(-1).amax(-1)
        torch.testing.assert_close(mine.probability, likeliest, rtol=1e-3, atol=1e-4)
        compared += 1
    assert compared >= 2


def test_the_loop_notices_one_step_late_that_a_canvas_is_done(model: DiffusionGemma) -> None:
    network = GpuNetwork.of(model, ROOM + ROWS)
    slots = CacheSlots.empty(CONFIG, 1, ROOM, model.embed_tokens.weight.dtype, model.device)
    settings = replace(COLD, noise=Listed(), steps=20, stability_threshold=0, entropy_bound=50.0)
    loop = GpuCanvas(network, slots, settings, ROWS, tail=3)
    canvas = Canvas.lay_out([ROWS - 2], head=[5], suffix=[6])
    prompt = torch.tensor([1, 2, 3], device=model.device)
    generator = Generator(model.device).manual_seed(1)
    steps = list(loop.denoise(canvas, prompt, 0, generator))
    assert steps[-1].done
    assert len(steps) == 2
    asked = iter([False, True])
    assert len(list(loop.denoise(canvas, prompt, 0, generator, lambda: next(asked)))) == 1


def test_shifted_rows_are_refused(model: DiffusionGemma) -> None:
    network = GpuNetwork.of(model, ROOM + ROWS)
    slots = CacheSlots.empty(CONFIG, 1, ROOM, torch.float32, model.device)
    with pytest.raises(ValueError, match="their own token"):
        GpuCanvas(network, slots, replace(COLD, rows=RowConvention.SHIFTED), ROWS, 0)


def test_nothing_is_written_outside_a_slot(model: DiffusionGemma) -> None:
    network = GpuNetwork.of(model, ROOM + ROWS)
    slots = CacheSlots.empty(CONFIG, 2, ROOM, model.embed_tokens.weight.dtype, model.device)
    loop = GpuCanvas(network, slots, replace(COLD, noise=Listed()), ROWS, tail=3)
    canvas, generator = Canvas.lay_out([ROWS]), Generator(model.device)
    prompt = torch.zeros(ROOM + 1, dtype=torch.int64, device=model.device)
    for given, slot, message in (
        (prompt, 0, "not between 3 and 48"),
        (prompt[:2], 0, "not between 3 and 48"),
        (prompt[:5], 2, "slot 2 is none of 2"),
    ):
        with pytest.raises(ValueError, match=message):
            next(loop.denoise(canvas, given, slot, generator))
