"""The prefix KV cache: however it came to hold its tokens, the network sees the same."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.kv_cache import PrefixCache

WINDOW = 8
CANVAS = 12
LENGTH = 5 * WINDOW
ROUNDING = 1e-4

Tokens = Callable[..., Tensor]


def assert_same_sight(model: DiffusionGemma, cache: PrefixCache, ids: Tensor) -> None:
    """What a canvas and a next prompt token see is as with `ids` read in one piece."""
    canvas, whole = ids[None, :CANVAS], model.prefill(ids)
    assert cache.ids.tolist() == ids.tolist()
    assert cache.length == len(ids)
    ours, wanted = model.denoise_logits(canvas, cache), model.denoise_logits(canvas, whole)
    torch.testing.assert_close(ours, wanted, rtol=0, atol=ROUNDING)
    ours, wanted = model.causal_logits(cache, ids[:3]), model.causal_logits(whole, ids[:3])
    torch.testing.assert_close(ours, wanted, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("first", [1, WINDOW - 1, WINDOW, WINDOW + 1, LENGTH - 1])
def test_two_pieces_equal_one(checkpoint: Any, tokens: Tokens, first: int) -> None:
    model, ids = checkpoint.model, tokens(LENGTH)
    cache = model.prefill(ids[:first])
    model.extend(cache, ids[first:])
    assert_same_sight(model, cache, ids)


def test_many_pieces_equal_one(checkpoint: Any, tokens: Tokens) -> None:
    model, ids = checkpoint.model, tokens(LENGTH)
    cache = model.prefill(ids[:0])
    for piece in ids.tensor_split([1, 2, 3, 6, 14, 14, 23, 24]):
        model.extend(cache, piece)
    assert_same_sight(model, cache, ids)


def test_growing_past_the_room_that_the_cache_began_with(one_expert: Any, tokens: Tokens) -> None:
    model, ids = one_expert.model, tokens(200)
    cache = model.prefill(ids[:2])
    for piece in ids[2:].split(9):
        model.extend(cache, piece)
    assert_same_sight(model, cache, ids)


@pytest.mark.parametrize("kept", [0, 1, WINDOW, LENGTH - WINDOW, LENGTH - 1, LENGTH])
def test_another_continuation_after_a_cut(checkpoint: Any, tokens: Tokens, kept: int) -> None:
    model, ids = checkpoint.model, tokens(LENGTH)
    cache = model.prefill(torch.cat((ids[:kept], tokens(LENGTH + 1)[kept:])))
    cache.truncate(kept)
    model.extend(cache, ids[kept:])
    assert_same_sight(model, cache, ids)


def test_typing_and_deleting(one_expert: Any, tokens: Tokens) -> None:
    model, ids = one_expert.model, tokens(LENGTH)
    cache = model.prefill(ids[:WINDOW])
    for end in range(WINDOW + 1, LENGTH + 1, 3):
        model.extend(cache, tokens(5))
        cache.truncate(cache.length - 5)
        model.extend(cache, ids[cache.length : end])
        cache.truncate(cache.length - 1)
    model.extend(cache, ids[cache.length :])
    assert_same_sight(model, cache, ids)


def test_a_denoise_step_leaves_the_cache_alone(checkpoint: Any, tokens: Tokens) -> None:
    model, ids = checkpoint.model, tokens(LENGTH)
    cache, canvas = model.prefill(ids), tokens(3, CANVAS)
    first = model.denoise_logits(canvas, cache)
    assert torch.equal(model.denoise_logits(canvas, cache), first)
    assert_same_sight(model, cache, ids)


def test_caches_do_not_share_memory(one_expert: Any, tokens: Tokens) -> None:
    model, ids, others = one_expert.model, tokens(LENGTH), tokens(LENGTH + 1)
    one, other = model.prefill(ids[:WINDOW]), model.prefill(ids[:WINDOW])
    model.extend(one, ids[WINDOW:])
    model.extend(other, others)
    assert_same_sight(model, one, ids)


@pytest.mark.parametrize("length", [-1, 4])
def test_a_cut_beyond_the_end_is_refused(one_expert: Any, tokens: Tokens, length: int) -> None:
    cache = one_expert.model.prefill(tokens(3))
    with pytest.raises(ValueError, match=f"3 tokens cannot be cut to {length}"):
        cache.truncate(length)


@pytest.mark.parametrize(
    ("ids", "shared"),
    [([5, 6, 7], 3), ([5, 6, 8], 2), ([4], 0), ([5, 6, 7, 8], 3), ([5], 1), ([], 0)],
)
def test_common_prefix(one_expert: Any, ids: list[int], shared: int) -> None:
    cache = one_expert.model.prefill(torch.tensor([5, 6, 7]))
    assert cache.common_prefix(torch.tensor(ids, dtype=torch.int64)) == shared
