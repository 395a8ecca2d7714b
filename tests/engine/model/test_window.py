"""What caches keep of long prefixes: of torch's network and of the CPU's kernels."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fillwright.engine.benchmark.cpu_bench import random_cpu_network
from fillwright.engine.benchmark.shapes import DIFFUSIONGEMMA_26B, NARROW, TINY
from fillwright.engine.model.config import LayerKind, ModelConfig
from fillwright.engine.model.cpu_cache import CpuCache
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.interface import Model
from fillwright.engine.model.kv_cache import PrefixCache
from fillwright.engine.model.window import MARGIN, READ_AT_ONCE, Window, cache_bytes
from fillwright.kernels.arrays import on_host
from fillwright.kernels.cpu.library import NoKernelsError
from fillwright.kernels.cpu.matrices import Floats
from fillwright.kernels.cpu.operations import CpuKernels
from tests.engine.model.conftest import randomise

LENGTH = 3000
WHOLE_CONTEXT = 262_144
NO_END = 2**62

Cached = PrefixCache | CpuCache


def torch_model(config: ModelConfig) -> Model:
    model = DiffusionGemma(config)
    randomise(model)
    return model.eval().requires_grad_(False)


def cpu_model(config: ModelConfig) -> Model:
    try:
        return CpuDiffusionGemma(random_cpu_network(config, "int8", CpuKernels()))
    except NoKernelsError as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=[torch_model, cpu_model])
def model(request: pytest.FixtureRequest) -> Model:
    made: Model = request.param(TINY)
    return made


def drawn(count: int, seed: int = 0) -> list[int]:
    """Random tokens."""
    return np.random.default_rng(seed).integers(TINY.vocab_size, size=count).tolist()


def boundless(model: Model) -> Cached:
    """A cache that keeps all rows of all layers."""
    cache = empty(model)
    cache.window = Window.of(model.config, margin=NO_END)
    return cache


def empty(model: Model) -> Cached:
    cache = model.empty_cache()
    assert isinstance(cache, PrefixCache | CpuCache)
    return cache


def seen(model: Model, cache: Cached) -> list[Floats]:
    """What passes of every kind make of it."""
    canvas = model.ids([drawn(16, 1)])
    branches = model.branch(cache)
    branches.read([7])
    branches.keep([0, 0])
    return [
        on_host(each)
        for each in (
            model.denoise_logits(canvas, cache),
            model.continued(cache, model.ids([drawn(20, 2), drawn(20, 3)])),
            branches.read([8, 9]),
        )
    ]


def test_what_has_made_way_is_not_missed(model: Model) -> None:
    ids, whole, cut = drawn(LENGTH), boundless(model), empty(model)
    for begin, end in ((0, 1), (1, 700), (700, 2300), (2300, LENGTH)):
        model.enqueue(whole, model.ids(ids[begin:end]))
        model.enqueue(cut, model.ids(ids[begin:end]))
        for one, other in zip(seen(model, cut), seen(model, whole), strict=True):
            assert np.array_equal(one, other)
    assert cut.first > LENGTH - 2 * READ_AT_ONCE - MARGIN > whole.first == 0
    assert cut.bytes < whole.bytes


@pytest.mark.parametrize("gone", [1, MARGIN - 16, MARGIN + 600, LENGTH])
def test_a_cache_can_be_cut_back_and_gone_on_with(model: Model, gone: int) -> None:
    ids, other, cache = drawn(LENGTH), drawn(40, 4), empty(model)
    model.enqueue(cache, model.ids(ids))
    cache.truncate(LENGTH - gone)
    assert cache.lost == (MARGIN < gone < LENGTH)
    assert cache.held == (0 if cache.lost else LENGTH - gone)
    model.enqueue(cache, model.ids(other))
    fresh = empty(model)
    model.enqueue(fresh, model.ids([*ids[: LENGTH - gone], *other]))
    assert cache.ids.tolist() == fresh.ids.tolist()
    for one, wanted in zip(seen(model, cache), seen(model, fresh), strict=True):
        np.testing.assert_allclose(one, wanted, rtol=0, atol=1e-4)


def test_a_cut_is_lost_where_the_next_row_would_miss_something(model: Model) -> None:
    ids, reach = drawn(LENGTH), model.config.sliding_window - 1
    for missing in (0, 1):
        cache, fresh = empty(model), empty(model)
        model.enqueue(cache, model.ids(ids))
        length = cache.first + reach - missing
        cache.truncate(length)
        assert cache.lost == bool(missing)
        model.enqueue(fresh, model.ids(ids[:length]))
        for one, wanted in zip(seen(model, cache), seen(model, fresh), strict=True):
            np.testing.assert_allclose(one, wanted, rtol=0, atol=1e-4)


def test_a_lost_cache_is_whole_again_when_it_is_looked_at(model: Model) -> None:
    ids, cache, fresh = drawn(LENGTH), empty(model), empty(model)
    model.enqueue(cache, model.ids(ids))
    model.enqueue(fresh, model.ids(ids[:100]))
    for look in (
        lambda cache: model.denoise_logits(model.ids([drawn(16, 1)]), cache),
        lambda cache: model.continued(cache, model.ids([drawn(20, 2)])),
        lambda cache: model.branch(cache).read([7]),
    ):
        model.enqueue(cache, model.ids(ids[cache.length :]))
        cache.truncate(100)
        assert cache.lost
        found = on_host(look(cache))
        assert (cache.lost, cache.length) == (False, 100)
        np.testing.assert_allclose(found, on_host(look(fresh)), rtol=0, atol=1e-4)


def test_a_cache_takes_as_much_memory_as_computed(model: Model) -> None:
    cache = empty(model)
    model.enqueue(cache, model.ids(drawn(LENGTH)))
    # the kernels have whole blocks of 16 positions
    assert cache.bytes == pytest.approx(cache_bytes(TINY, LENGTH, number_bytes=4), rel=0.01)


def test_the_whole_context_of_the_large_model_takes_six_gigabytes() -> None:
    assert cache_bytes(DIFFUSIONGEMMA_26B, WHOLE_CONTEXT) == pytest.approx(5.81e9, rel=1e-3)
    full = replace(DIFFUSIONGEMMA_26B, sliding_window=WHOLE_CONTEXT)
    assert cache_bytes(full, WHOLE_CONTEXT) == pytest.approx(59.2e9, rel=5e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "last", "tokens"),
    # torch takes a quarter of an hour for the whole context with a full layer
    [
        (torch_model, "sliding_attention", WHOLE_CONTEXT),
        (torch_model, "full_attention", WHOLE_CONTEXT // 8),
        (cpu_model, "full_attention", WHOLE_CONTEXT),
    ],
)
def test_the_whole_context_is_seen_through_windows_as_without(
    make: Callable[[ModelConfig], Model], last: LayerKind, tokens: int
) -> None:
    config = replace(NARROW, layer_kinds=("sliding_attention", "sliding_attention", last))
    model, ids = make(config), drawn(tokens)
    cut, whole = empty(model), boundless(model)
    for cache in (cut, whole):
        model.enqueue(cache, model.ids(ids))
    assert cut.bytes == pytest.approx(cache_bytes(config, tokens, number_bytes=4), rel=0.01)
    assert cut.bytes < 0.4 * whole.bytes
    for one, other in zip(seen(model, cut), seen(model, whole), strict=True):
        assert np.isfinite(one).all()
        assert np.array_equal(one, other)
