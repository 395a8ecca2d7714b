"""A prefix in a GPU's slot against one of its own, in Triton's interpreter or on a GPU."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from fillwright.engine.errors import BadRequest
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

pytest.importorskip("triton", reason="the GPU's slots are not tested: Triton runs on Linux alone")

from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork
from fillwright.engine.model.slot_cache import SlotCache

KINDS = ["sliding_attention", "full_attention"]
HEADS = {"head_dim": 32, "global_head_dim": 64, "num_hidden_layers": 2, "layer_types": KINDS}
ROOM = 40
Tokens = Callable[..., torch.Tensor]


@pytest.fixture(scope="module")
def model(tiny_folder: Callable[..., Path]) -> DiffusionGemma:
    folder = tiny_folder(**HEADS, num_experts=4, top_k_experts=2)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return DiffusionGemma.from_checkpoint(folder, device, torch.float32)


@pytest.fixture
def caches(model: DiffusionGemma) -> list[SlotCache]:
    slots = CacheSlots.empty(model.config, 2, ROOM, torch.float32, model.device)
    return SlotCache.all_of(GpuNetwork.of(model, ROOM + 16), slots)


def test_what_is_noted_is_read_when_it_is_looked_at(
    model: DiffusionGemma, caches: list[SlotCache], tokens: Tokens
) -> None:
    prompt, canvas = tokens(30).to(model.device), tokens(1, 12).to(model.device)
    cache, other = caches
    model.enqueue(cache, prompt[:20])
    model.enqueue(cache, prompt[20:])
    assert (cache.length, cache.known) == (30, 0)
    wanted = model.denoise_logits(canvas, model.prefill(prompt))
    torch.testing.assert_close(model.denoise_logits(canvas, cache), wanted, rtol=1e-4, atol=1e-4)
    assert cache.known == 30
    model.enqueue(other, prompt[:5])
    model.denoise_logits(canvas, other)
    torch.testing.assert_close(model.denoise_logits(canvas, cache), wanted, rtol=1e-4, atol=1e-4)


def test_drafts_go_on_from_what_is_noted(
    model: DiffusionGemma, caches: list[SlotCache], tokens: Tokens
) -> None:
    prompt, following = tokens(20).to(model.device), tokens(4).to(model.device)
    cache = caches[1]
    fresh = model.prefill(prompt)
    model.enqueue(cache, prompt)
    wanted = model.continued(fresh, following[None])
    torch.testing.assert_close(
        model.continued(cache, following[None]), wanted, rtol=1e-4, atol=1e-4
    )
    cache.truncate(7)
    assert cache.known == 7
    model.enqueue(cache, prompt[7:])
    branches = model.branch(cache), model.branch(fresh)
    ours, theirs = (each.read([int(following[0])]) for each in branches)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        model.causal_logits(cache, following), model.causal_logits(fresh, following),
        rtol=1e-4, atol=1e-4,
    )  # fmt: skip
    assert cache.known == cache.length == 24


def test_a_part_can_be_read_before_the_rest(
    model: DiffusionGemma, caches: list[SlotCache], tokens: Tokens
) -> None:
    prompt, canvas = tokens(30).to(model.device), tokens(1, 12).to(model.device)
    cache = caches[0]
    model.enqueue(cache, prompt)
    cache.catch_up(13)
    assert (cache.length, cache.known) == (30, 13)
    cache.catch_up(5)
    assert cache.known == 13
    torch.testing.assert_close(
        model.denoise_logits(canvas, cache),
        model.denoise_logits(canvas, model.prefill(prompt)),
        rtol=1e-4, atol=1e-4,
    )  # fmt: skip


def test_there_is_only_so_much_room(model: DiffusionGemma, caches: list[SlotCache]) -> None:
    ids = torch.zeros(ROOM + 1, dtype=torch.int64, device=model.device)
    with pytest.raises(BadRequest, match="have 41 tokens, and the GPU's cache has room for 40"):
        model.enqueue(caches[0], ids)
    model.enqueue(caches[0], ids[:ROOM])
    with pytest.raises(BadRequest, match="room for 40"):
        model.extend(caches[0], ids[:1])
