"""The network made of Triton kernels against the torch one, in Triton's interpreter or on a GPU."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.window import slot_bytes

pytest.importorskip("triton", reason="the GPU's network is not tested: Triton runs on Linux alone")

from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork

KINDS = ["sliding_attention", "full_attention"]
HEADS = {"head_dim": 32, "global_head_dim": 64, "num_hidden_layers": 2, "layer_types": KINDS}
EXPERTS = {"num_experts": 8, "top_k_experts": 2}
ROOM = 64


@pytest.fixture(scope="module")
def model(tiny_folder: Callable[..., Path]) -> DiffusionGemma:
    folder = tiny_folder(**HEADS, **EXPERTS)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    return DiffusionGemma.from_checkpoint(folder, device, dtype)


@pytest.mark.parametrize(
    ("cached", "tail", "conditioned"),
    [(0, 0, True), (29, 0, False), (0, 11, True), (20, 9, False)],
)
def test_prompt_rows_and_a_canvas_in_one_pass(
    model: DiffusionGemma,
    tokens: Callable[..., torch.Tensor],
    cached: int,
    tail: int,
    conditioned: bool,
) -> None:
    device, dtype = model.device, model.embed_tokens.weight.dtype
    prompt, canvas = tokens(cached + tail).to(device), tokens(1, 12).to(device)
    signal = torch.randn(1, 12, 97, generator=torch.Generator().manual_seed(1)).to(device)
    signal = signal if conditioned else None
    wanted = model.denoise_logits(canvas, model.prefill(prompt), signal)[0]

    network = GpuNetwork.of(model, ROOM + 12)
    slots = CacheSlots.empty(model.config, 2, ROOM, dtype, device)
    expected = None
    if signal is not None:
        expected = (signal[0].softmax(-1) @ model.embed_tokens.weight.float()) * model.scale()
    none = torch.empty(0, model.config.hidden_size, device=device)
    if cached:
        # the prompt's first part, in a pass without a canvas
        first = torch.tensor([1, 0, cached], dtype=torch.int32, device=device)
        network(prompt[:cached], none, slots, first)
    rows = network.embedded(canvas[0], expected)
    where = torch.tensor([1, cached, tail], dtype=torch.int32, device=device)
    hidden = network(prompt[cached:], rows, slots, where)[tail:]
    assert not slots.layers[0][0][0].any(), "another slot was written"
    tolerance = 1e-4 if dtype == torch.float32 else 5e-2
    torch.testing.assert_close(model.logits(hidden), wanted, rtol=tolerance, atol=tolerance)


def test_slots_say_how_large_they_are(model: DiffusionGemma) -> None:
    slots = CacheSlots.empty(model.config, 3, ROOM, torch.bfloat16, model.device)
    # a sliding layer of 2 heads of 32, a full layer of 1 head of 64
    assert slots.bytes == 3 * 2 * 2 * ROOM * (2 * 32 + 64) == 3 * slot_bytes(model.config, ROOM)


def test_sliding_layers_have_rows_for_what_is_seen_and_read_at_once(model: DiffusionGemma) -> None:
    slots = CacheSlots.empty(model.config, 1, 100_000, torch.bfloat16, torch.device("meta"))
    # seven tokens before the next row, the margin and a pass, in whole blocks
    assert [key.shape[2] for key, _ in slots.layers] == [1056, 100_000]
    assert slots.bytes == slot_bytes(model.config, 100_000)
