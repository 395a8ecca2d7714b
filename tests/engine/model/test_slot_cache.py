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


@pytest.fixture
def long_cache(model: DiffusionGemma) -> SlotCache:
    """With room for 2,000 tokens, and for 1,056 in its sliding layer."""
    slots = CacheSlots.empty(model.config, 2, 2000, torch.float32, model.device)
    return SlotCache.all_of(GpuNetwork.of(model, 2016), slots)[1]


def assert_sees(model: DiffusionGemma, cache: SlotCache, ids: torch.Tensor) -> None:
    """The same as a fresh cache that was told `ids`, in passes of every kind."""
    random = torch.Generator().manual_seed(5)
    rows = torch.randint(97, (2, 12), generator=random).to(model.device)
    fresh = model.prefill(ids)
    branches = model.branch(cache), model.branch(fresh)
    for ours, theirs in (
        (model.denoise_logits(rows, cache), model.denoise_logits(rows, fresh)),
        (model.continued(cache, rows), model.continued(fresh, rows)),
        (branches[0].read([7]), branches[1].read([7])),
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("length", [1040, 1056, 1063, 1300])
def test_the_oldest_rows_of_sliding_layers_make_way(
    model: DiffusionGemma, long_cache: SlotCache, tokens: Tokens, length: int
) -> None:
    """What torch read first and the kernels after it: over the ring's end, and around it."""
    ids = tokens(length).to(model.device)
    model.extend(long_cache, ids[: length - 20])
    model.enqueue(long_cache, ids[length - 20 :])
    assert_sees(model, long_cache, ids)
    assert (long_cache.known, long_cache.first) == (length, max(0, length - 1056))


@pytest.mark.parametrize(("length", "first"), [(651, 644), (650, 0)])
def test_what_is_cut_back_too_far_is_read_again(
    model: DiffusionGemma, long_cache: SlotCache, tokens: Tokens, length: int, first: int
) -> None:
    """The next row sees seven tokens before itself."""
    ids = tokens(1700).to(model.device)
    model.extend(long_cache, ids)
    assert long_cache.first == 644
    long_cache.truncate(length)
    assert (long_cache.held, long_cache.first) == (length if first else 0, first)
    if not first:
        # little to read, for the interpreter is slow
        long_cache.truncate(length := 30)
    assert_sees(model, long_cache, ids[:length])


def test_there_is_only_so_much_room(model: DiffusionGemma, caches: list[SlotCache]) -> None:
    ids = torch.zeros(ROOM + 1, dtype=torch.int64, device=model.device)
    with pytest.raises(BadRequest, match="have 41 tokens, and the GPU's cache has room for 40"):
        model.enqueue(caches[0], ids)
    model.enqueue(caches[0], ids[:ROOM])
    with pytest.raises(BadRequest, match="room for 40"):
        model.extend(caches[0], ids[:1])
