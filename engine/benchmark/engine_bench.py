"""A denoise step of a GPU network, whole and in its stages, against the time its bytes need."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from fillwright.engine.benchmark.shapes import Format, float_type, random_network, with_reference
from fillwright.engine.benchmark.timing import ROUNDS, bandwidth, milliseconds
from fillwright.engine.benchmark.traffic import Traffic, traffic_of
from fillwright.engine.diffusion.canvas import Canvas
from fillwright.engine.diffusion.gpu_denoise import TAILS, GpuCanvas
from fillwright.engine.diffusion.noise import UniformNoise
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.model.config import LayerKind, ModelConfig
from fillwright.engine.model.cuda_graph import Graphs
from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork
from fillwright.engine.model.slot_cache import SlotCache
from fillwright.kernels.gpu.canvas_attention import canvas_attention
from fillwright.kernels.gpu.expert_mlp import expert_mlp
from fillwright.kernels.gpu.lm_head import HeadStatistics, lm_head
from fillwright.kernels.gpu.routing import route
from fillwright.kernels.gpu.soft_embedding import NOT_PINNED, soft_embedding

STEPS = 8
LONG = 2**14
Row = tuple[str, float, int | None]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """bandwidth in bytes per second; rows: what, milliseconds, and the bytes that must move;
    cache_bytes: of keys and values, as they lie there."""

    bandwidth: float
    cache_bytes: int
    rows: list[Row]
    traffic: Traffic
    peak_bytes: int | None


def relative_error(config: ModelConfig, format: Format, device: torch.device) -> float:
    """Of the logits of two layers, one of each kind, against the torch network with dequantised
    experts: RMS of the difference over RMS."""
    kinds: tuple[LayerKind, ...] = ("sliding_attention", "full_attention")
    sliced = replace(config, layer_kinds=kinds)
    rows, context = min(64, config.canvas_length), 40
    network, model = with_reference(sliced, format, context + rows, device)
    random = torch.Generator(device).manual_seed(2)
    prompt = torch.randint(config.vocab_size, (context,), generator=random, device=device)
    canvas = torch.randint(config.vocab_size, (rows,), generator=random, device=device)
    wanted = model.denoise_logits(canvas[None], model.prefill(prompt))[0]
    slots = CacheSlots.empty(sliced, 1, context, float_type(device), device)
    where = torch.tensor([0, 0, context], dtype=torch.int32, device=device)
    with torch.inference_mode():
        hidden = network(prompt, network.embedded(canvas, None), slots, where)[context:]
        ours = model.logits(hidden)
    return float((ours - wanted).square().mean().sqrt() / wanted.square().mean().sqrt())


@torch.inference_mode()
def measure(
    config: ModelConfig, format: Format, rows: int, context: int, device: torch.device
) -> Measured:
    """A canvas of `rows` after `context` tokens."""
    network = random_network(config, format, context + rows, device)
    slots = CacheSlots.empty(config, 1, context, float_type(device), device)
    traffic = traffic_of(network, context, rows)
    found = list(_stages(network, slots, rows, context, traffic))
    found += _fills(network, slots, rows, context, traffic)
    found += _prefill(network, slots, context)
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else None
    return Measured(bandwidth(device), slots.bytes, found, traffic, peak)


def _stages(
    network: GpuNetwork, slots: CacheSlots, rows: int, context: int, traffic: Traffic
) -> Iterator[Row]:
    config, device = network.config, network.embedding.device
    random = torch.Generator(device).manual_seed(3)
    dtype = network.embedding.dtype
    x = torch.randn(rows, config.hidden_size, generator=random, device=device).to(dtype)
    where = torch.tensor([0, context, 0], dtype=torch.int32, device=device)
    first = network.layers[0]
    scores = torch.randn(rows, config.experts, generator=random, device=device)
    index, weight = route(scores, first.expert_scale, first.experts_per_token)

    def experts() -> None:
        for layer in network.layers:
            expert_mlp(x, layer.expert_gate_up, layer.expert_down, index, weight)

    heads = {
        kind: _heads(config.heads, shape.kv_heads, shape.head_dim, rows, x)
        for kind, shape in config.shapes.items()
    }

    def attention() -> None:
        for layer, kind, cached in zip(
            network.layers, config.layer_kinds, slots.layers, strict=True
        ):
            q, key, value = heads[kind]
            canvas_attention(q, (key, value), cached, where, layer.reach)

    def products() -> None:
        for layer, kind in zip(network.layers, config.layer_kinds, strict=True):
            _ = x @ layer.qkv
            _ = heads[kind][0].flatten(1) @ layer.out
            gated = x @ layer.gate_up
            _ = gated[:, : gated.shape[1] // 2].contiguous() @ layer.down
            F.linear(x, layer.router)

    cold = torch.ones(1, device=device)
    seed = torch.zeros(1, dtype=torch.int64, device=device)
    pinned = torch.full((rows,), NOT_PINNED, dtype=torch.int64, device=device)

    def head() -> HeadStatistics:
        return lm_head(x, network.embedding, None, config.logit_softcap, cold, seed)

    seen = head()

    def soft() -> Tensor:
        return soft_embedding(seen, network.embedding, None, pinned, network.scale, least=-1.0)

    for name, work, moved in (
        ("experts", experts, traffic.experts),
        ("attention", attention, traffic.attention),
        ("products", products, traffic.products),
        ("output head", head, traffic.head),
        ("soft embedding, all of it", soft, traffic.soft_embedding),
    ):
        yield name, _timed(work, device), moved


def _heads(heads: int, kv_heads: int, head_dim: int, rows: int, x: Tensor) -> tuple[Tensor, ...]:
    shapes = ((rows, heads, head_dim), (rows, kv_heads, head_dim), (rows, kv_heads, head_dim))
    return tuple(torch.randn(shape, device=x.device).to(x.dtype) for shape in shapes)


def _fills(
    network: GpuNetwork, slots: CacheSlots, rows: int, context: int, traffic: Traffic
) -> Iterator[Row]:
    config, device = network.config, network.embedding.device
    # no early end: a random network is never sure
    settings = DenoiseSettings(UniformNoise(config.vocab_size), steps=STEPS)
    generator = torch.Generator(device).manual_seed(4)
    prompt = torch.randint(config.vocab_size, (context,), generator=generator, device=device)
    canvas = Canvas.lay_out([rows], length=rows)
    loop = GpuCanvas(network, slots, Graphs(device), rows)
    [cache] = SlotCache.all_of(network, slots)
    cache.defer(prompt)
    yield "step", milliseconds(loop.next_step, device), traffic.total
    for tail in (0, *TAILS):
        if tail > context:
            continue
        first = loop.first_step(tail)
        yield f"first step, with {tail} prompt rows", milliseconds(first, device), None

        def fill(known: int = context - tail) -> None:
            cache.known = known
            for _ in loop.denoise(cache, canvas, settings, generator):
                pass

        if tail in (0, 128):
            name = f"fill of {STEPS} steps, tail of {tail}"
            yield name, milliseconds(fill, device, repeats=1), None


def _prefill(network: GpuNetwork, slots: CacheSlots, context: int) -> Iterator[Row]:
    device = network.embedding.device
    prompt = torch.zeros(context, dtype=torch.int64, device=device)

    def read() -> None:
        network.read(slots, 0, 0, prompt)

    # a long prompt takes a minute, and its many passes are rounds enough
    rounds = ROUNDS if context < LONG else 1
    yield f"prefill of {context} tokens", milliseconds(read, device, 1, rounds), None


def _timed(work: Callable[[], object], device: torch.device) -> float:
    return milliseconds(Graphs(device).capture(work), device)
