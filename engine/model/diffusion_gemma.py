"""DiffusionGemma, text part: a causal encoder that fills the prefix KV cache and a bidirectional
decoder over the canvas, sharing all weights but one scalar per layer.

Follows transformers' DiffusionGemmaForBlockDiffusion, which the tests compare with. Knows nothing
of text, noise or sampling.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch import Generator, Tensor, nn

from fillwright.engine.model.branches import Branches
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.config import LayerKind, ModelConfig, model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.kv_cache import PrefixCache
from fillwright.engine.model.layers import (
    Angles,
    Layer,
    RmsNorm,
    SelfConditioning,
    rotary_frequencies,
)
from fillwright.engine.model.weights import load_weights
from fillwright.engine.model.window import READ_AT_ONCE, Window, reach, slides
from fillwright.kernels.canvas_attention import KeyValue
from fillwright.kernels.lm_head import lm_head
from fillwright.kernels.packed_matrix import PackedMatrix, can_pack
from fillwright.kernels.soft_embedding import soft_embedding


@dataclass(frozen=True, slots=True)
class PackedEmbedding:
    """The embedding as products take it: head [hidden, vocab], table [vocab, hidden]."""

    head: PackedMatrix
    table: PackedMatrix


class DiffusionGemma(nn.Module):
    """The network. Inference: `prefill`, `extend`, `causal_logits`, `branch`, `denoise_logits`;
    training calls `encode`, `decode` and `logits`, which the former are made of."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        # a weight of its own, for nn.Embedding would draw one: on the meta device, where
        # from_checkpoint builds the network, that imports torch's compiler (1.4 s, 70 MB)
        weight = torch.empty(config.vocab_size, config.hidden_size)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size, _weight=weight)
        self.layers = nn.ModuleList(Layer(config, kind) for kind in config.layer_kinds)
        self.norm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.self_conditioning = SelfConditioning(config)
        self._packed: PackedEmbedding | None = None
        self.embedding_scale = config.hidden_size**0.5
        self.frequencies = {
            kind: rotary_frequencies(shape) for kind, shape in config.shapes.items()
        }

    @classmethod
    def from_checkpoint(
        cls,
        folder: str | Path,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> Self:
        """Read a folder in the Hugging Face layout; vision tensors are ignored. `progress` gets
        fractions in [0, 1].

        Raises CheckpointError, naming the tensor and the file, when the folder cannot be used.
        """
        folder = Path(folder)
        raw = read_config(folder)
        with torch.device("meta"):
            model = cls(model_config(raw))
        load_weights(model, folder, raw, device, dtype, progress)
        model.frequencies = {kind: each.to(device) for kind, each in model.frequencies.items()}
        model.eval().requires_grad_(False)
        for part in (*model.layers, model.self_conditioning):
            part.keep_weights()
        return model

    def pack_matrices(self) -> None:
        """Lay the matrices out for this CPU's products, where that is faster. Their parameters are
        empty from then on: there is no `state_dict` and no training any more."""
        weight = self.embed_tokens.weight
        if can_pack(weight.dtype, weight.device):
            for part in (*self.layers, self.self_conditioning):
                part.pack_matrices()
            self._packed = PackedEmbedding(PackedMatrix.pack(weight.mT), PackedMatrix.pack(weight))

    @property
    def device(self) -> torch.device:
        return self.embed_tokens.weight.device

    def ids(self, tokens: Sequence[int] | Sequence[Sequence[int]]) -> Tensor:
        """int64, on the network's device."""
        return torch.tensor(tokens, dtype=torch.int64, device=self.device)

    def generator(self, seed: int) -> Generator:
        """Random numbers on the network's device."""
        return Generator(self.device).manual_seed(seed)

    @torch.inference_mode()
    def prefill(self, ids: Tensor) -> PrefixCache:
        """ids int64 [sequence] -> a new cache that holds them."""
        cache = self.empty_cache()
        self.extend(cache, ids)
        return cache

    def empty_cache(self) -> PrefixCache:
        """One as this network's passes take it, which grows."""
        return PrefixCache(
            torch.empty(0, dtype=torch.int64, device=self.device),
            Window.of(self.config),
            sliding=[slides(kind) for kind in self.config.layer_kinds],
        )

    @torch.inference_mode()
    def extend(self, cache: Cache, ids: Tensor) -> Tensor:
        """Read `ids` int64 [sequence] after what the cache holds, in passes of READ_AT_ONCE rows;
        returns the encoder's last hidden state [sequence, hidden]."""
        cache = self._whole(cache)
        cache.expect(cache.length + ids.shape[0])
        parts = [self._extend(cache, part) for part in torch.split(ids, READ_AT_ONCE)]
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def _extend(self, cache: PrefixCache, ids: Tensor) -> Tensor:
        start, rows = cache.length, ids.shape[0]
        if rows == 0:
            return self.embed_tokens.weight.new_empty(0, self.config.hidden_size)
        prefixes, masks = self._before(cache, rows)
        hidden, keys_values = self.encode(
            ids[None], torch.arange(start, start + rows, device=self.device)[None], prefixes, masks
        )
        cache.append(ids, keys_values)
        return hidden[0]

    def _whole(self, cache: Cache) -> PrefixCache:
        """The cache, with what it lost read again."""
        cache = PrefixCache.of(cache)
        if cache.lost:
            self.extend(cache, cache.take_lost())
        return cache

    def enqueue(self, cache: Cache, ids: Tensor) -> None:
        """Prefill `ids` int64 [sequence], on whichever device, after what the cache holds: now, or
        with the next forward pass if the cache supports that."""
        ids = ids.to(self.device)
        if not PrefixCache.of(cache).defer(ids):
            self.extend(cache, ids)

    @torch.inference_mode()
    def causal_logits(self, cache: Cache, ids: Tensor) -> Tensor:
        """Read `ids` int64 [sequence] into the cache; returns the causal next-token logits,
        float32 [sequence, vocab], softcapped."""
        return self.logits(self.extend(cache, ids))

    @torch.inference_mode()
    def continued(self, cache: Cache, ids: Tensor) -> Tensor:
        """Read several continuations of what the cache holds, which is not changed. ids int64
        [continuations, sequence] -> the encoder's hidden states [continuations, sequence, hidden].
        """
        cache = self._whole(cache)
        prefixes, masks = self._before(cache, ids.shape[1])
        positions = torch.arange(cache.length, cache.length + ids.shape[1], device=self.device)
        return self.encode(ids, positions[None], prefixes, masks)[0]

    def branch(self, cache: Cache) -> Branches:
        """Continuations of what the cache holds, side by side."""
        return Branches(self, self._whole(cache))

    @torch.inference_mode()
    def denoise_logits(
        self, canvas: Tensor, cache: Cache, self_conditioning: Tensor | None = None
    ) -> Tensor:
        """One denoise step's logits. The cache is read, never written.

        canvas int64 [batch, canvas]; self_conditioning float [batch, canvas, vocab] (the previous
        step's tempered logits) or None -> float32 [batch, canvas, vocab], softcapped. In sliding
        layers every canvas row sees the same last `sliding_window - 1` prefix tokens and the
        whole canvas.
        """
        cache = self._whole(cache)
        prefixes = [
            cache.recent(index, self.reach(kind))
            for index, kind in enumerate(self.config.layer_kinds)
        ]
        end = cache.length + canvas.shape[1]
        positions = torch.arange(cache.length, end, device=self.device)[None]
        return self.logits(self.decode(canvas, positions, prefixes, self_conditioning))

    def encode(
        self,
        ids: Tensor,
        positions: Tensor,
        prefixes: Sequence[Sequence[KeyValue]] | None = None,
        masks: dict[LayerKind, Tensor | None] | None = None,
    ) -> tuple[Tensor, list[KeyValue]]:
        """The causal pass. ids, positions int64 [batch, rows]; `masks` as canvas_attention takes
        them, None for plain causal -> hidden [batch, rows, hidden], keys and values per layer."""
        hidden = self._embedded(ids)
        angles = self.angles(positions)
        keys_values: list[KeyValue] = []
        for index, (layer, kind) in enumerate(self._layers()):
            mask = masks[kind] if masks else None
            prefix = prefixes[index] if prefixes else ()
            hidden, rows = layer(
                hidden,
                angles[kind],
                layer.encoder_layer_scalar,
                prefix,
                mask,
                causal=mask is None and ids.shape[1] > 1,
            )
            keys_values.append(rows)
        return self.norm(hidden), keys_values

    def decode(
        self,
        canvas: Tensor,
        positions: Tensor,
        prefixes: Sequence[Sequence[KeyValue]],
        self_conditioning: Tensor | None = None,
        masks: dict[LayerKind, Tensor | None] | None = None,
    ) -> Tensor:
        """The bidirectional pass. canvas, positions int64 [batch, canvas] -> hidden
        [batch, canvas, hidden]."""
        expected = None
        if self_conditioning is not None:
            table = self._packed.table if self._packed else self.embed_tokens.weight
            expected = soft_embedding(self_conditioning, table, self.scale())
        hidden: Tensor = self.self_conditioning(self._embedded(canvas), expected)
        angles = self.angles(positions)
        for index, (layer, kind) in enumerate(self._layers()):
            mask = masks[kind] if masks else None
            hidden, _ = layer(hidden, angles[kind], layer.layer_scalar, prefixes[index], mask)
        last: Tensor = self.norm(hidden)
        return last

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden [..., hidden] -> float32 [..., vocab], softcapped."""
        head = self._packed.head if self._packed else self.embed_tokens.weight.mT
        return lm_head(hidden, head, self.config.logit_softcap)

    def log_probabilities(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        """Of `tokens` int64 [rows], each as the causal head predicts it from its row of `hidden`
        [rows, hidden], in nats: float32 [rows]."""
        return self.logits(hidden).log_softmax(-1).gather(-1, tokens[:, None])[:, 0]

    def _embedded(self, ids: Tensor) -> Tensor:
        """float32 [..., hidden]"""
        embedded: Tensor = self.embed_tokens(ids)
        return embedded.float() * self.scale()

    def _layers(self) -> list[tuple[Layer, LayerKind]]:
        return list(zip(self.layers, self.config.layer_kinds, strict=True))  # type: ignore[arg-type]

    def scale(self) -> float:
        """sqrt(hidden), rounded to the embedding's type as the checkpoint was trained."""
        return torch.tensor(self.embedding_scale, dtype=self.embed_tokens.weight.dtype).item()

    def _before(
        self, cache: PrefixCache, rows: int
    ) -> tuple[list[tuple[KeyValue, ...]], dict[LayerKind, Tensor | None]]:
        """What `rows` new causal rows see of the cache, and their masks, as `encode` takes them."""
        prefixes = [
            cache.recent(index, self.reach(kind))
            for index, kind in enumerate(self.config.layer_kinds)
        ]
        masks = {
            kind: causal_mask(
                rows, min(cache.length, self.reach(kind)), self.reach(kind), self.device
            )
            for kind in set(self.config.layer_kinds)
        }
        return prefixes, masks

    def reach(self, kind: LayerKind) -> int:
        """How many earlier tokens a row of this kind of layer sees."""
        return reach(self.config, kind)

    def angles(self, positions: Tensor) -> dict[LayerKind, Angles]:
        """cos and signed sin per layer kind, as rotary takes them; positions int64 [..., rows]
        -> float32 [..., rows, 1, head_dim]."""
        angles = {}
        for kind, frequencies in self.frequencies.items():
            half = positions[..., None, None].float() * frequencies
            cos, sin = half.cos(), half.sin()
            angles[kind] = (torch.cat((cos, cos), dim=-1), torch.cat((-sin, sin), dim=-1))
        return angles


def causal_mask(rows: int, prefix: int, reach: int, device: torch.device) -> Tensor | None:
    """Which columns each new causal row sees -> bool [rows, prefix + rows], or None.

    Row i sees itself and at most `reach` tokens before it.

    It is None where plain causal attention without a prefix does the same, and for a single row,
    which sees all of a `prefix` that is no longer than its reach.
    """
    if rows == 1 or (prefix == 0 and rows <= reach + 1):
        return None
    seen = torch.ones(rows, prefix + rows, dtype=torch.bool, device=device).tril_(prefix)
    return seen if reach >= prefix + rows else seen.triu_(prefix - reach)
