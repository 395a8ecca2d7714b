"""A plain transformer whose mask is its caller's: Qwen2, Qwen3, Llama without a causal one.

Follows transformers' classes of these names, given the same mask; the tests compare with them.
Named as in the checkpoints, so that tensors load by name. Products are of the weights' type, all
between them is float32. Knows nothing of text, noise or sampling.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.quantization_config import quantised_types
from fillwright.engine.model.stored_linear import StoredLinear
from fillwright.engine.model.transformer_config import (
    PlainSkeleton,
    TransformerConfig,
    transformer_config,
)
from fillwright.engine.model.weights import StoredTensors, load_weights
from fillwright.kernels.canvas_attention import KeyValue, canvas_attention
from fillwright.kernels.cpu.operations import CpuKernels
from fillwright.kernels.rms_norm import rms_norm
from fillwright.kernels.rotary import rotary

Angles = tuple[Tensor, Tensor]
Parts = Sequence[KeyValue]


class Transformer(nn.Module):
    """The network. Inference: `row_logits`, or `continued` after keys and values that are kept;
    training calls it and `logits`."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Body(config)
        if not config.tied:
            self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    @classmethod
    def from_checkpoint(
        cls,
        folder: Path,
        skeleton: PlainSkeleton,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        progress: Callable[[float], None] = lambda fraction: None,
        kernels: CpuKernels | None = None,
    ) -> Self:
        """Read a folder in the Hugging Face layout; quantised matrices of layers stay as they are
        stored, and `kernels` are for their products. `progress` gets fractions in [0, 1].

        Raises CheckpointError, naming the tensor and the file, when the folder cannot be used.
        """
        raw = read_config(folder)
        with torch.device("meta"):
            network = cls(transformer_config(raw, skeleton))
        if types := quantised_types(raw, folder / "config.json"):
            _keep_quantised(network, StoredTensors(folder, types, device), dtype, kernels)
        load_weights(network, folder, raw, device, dtype, progress, lambda name: name)
        return network.eval().requires_grad_(False)

    @property
    def device(self) -> torch.device:
        return self.model.embed_tokens.weight.device

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """ids int64 [batch, rows]; mask bool, broadcastable to [batch, 1, rows, rows], True where
        a row may look, None everywhere -> the last hidden state [batch, rows, hidden]."""
        hidden: Tensor = self.model(ids, mask)[0]
        return hidden

    def continued(
        self, ids: Tensor, start: int, before: Sequence[Parts], mask: Tensor | None = None
    ) -> tuple[Tensor, list[KeyValue]]:
        """ids int64 [batch, rows] from position `start` on; `before` are each layer's kept keys and
        values, as canvas_attention takes them, and `mask` too -> the last hidden state
        [batch, rows, hidden], and each layer's new keys and values."""
        found: tuple[Tensor, list[KeyValue]] = self.model(ids, mask, start, before)
        return found

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden [..., hidden] -> float32 [..., vocab]."""
        head = self.model.embed_tokens.weight if self.config.tied else self.lm_head.weight
        return F.linear(hidden.to(head.dtype), head).float()

    @torch.inference_mode()
    def row_logits(self, ids: Tensor, rows: Tensor) -> Tensor:
        """ids int64 [sequence]; rows int64 [asked] -> the logits of these rows, float32
        [asked, vocab]."""
        return self.logits(self(ids[None])[0, rows])


class Body(nn.Module):
    """All but the output matrix."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        # a weight of its own, as in DiffusionGemma: nn.Embedding would draw one
        weight = torch.empty(config.vocab_size, config.hidden_size)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size, _weight=weight)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = Norm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self, ids: Tensor, mask: Tensor | None, start: int = 0, before: Sequence[Parts] = ()
    ) -> tuple[Tensor, list[KeyValue]]:
        hidden = self.embed_tokens(ids).float()
        angles, kept = self.angles(start, ids.shape[1]), []
        for number, layer in enumerate(self.layers):
            hidden, rows = layer(hidden, angles, mask, before[number] if before else ())
            kept.append(rows)
        return self.norm(hidden), kept

    def angles(self, start: int, rows: int) -> Angles:
        """cos and signed sin of `rows` positions from `start` on, as rotary takes them: float32
        [1, rows, 1, head_dim]."""
        config, device = self.config, self.embed_tokens.weight.device
        turning = torch.arange(0, config.head_dim, 2, device=device).float() / config.head_dim
        positions = torch.arange(start, start + rows, device=device).float()
        half = positions[:, None] * config.theta**-turning
        cos, sin = half.cos()[None, :, None], half.sin()[None, :, None]
        return torch.cat((cos, cos), -1), torch.cat((-sin, sin), -1)


class Layer(nn.Module):
    """Attention, then a gated MLP, each of the normed rows and added to them."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = Mlp(config.hidden_size, config.intermediate_size)
        self.input_layernorm = Norm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = Norm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self, hidden: Tensor, angles: Angles, mask: Tensor | None, before: Parts = ()
    ) -> tuple[Tensor, KeyValue]:
        """hidden float32 [batch, rows, hidden] -> the same, and these rows' keys and values."""
        attended, rows = self.self_attn(self.input_layernorm(hidden), angles, mask, before)
        hidden = hidden + attended
        return hidden + self.mlp(self.post_attention_layernorm(hidden)), rows


class Attention(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        size, bias = config.head_dim, config.has_biases
        queries, keys = config.heads * size, config.kv_heads * size
        self.head_dim = size
        self.q_proj = nn.Linear(config.hidden_size, queries, bias=bias)
        self.k_proj = nn.Linear(config.hidden_size, keys, bias=bias)
        self.v_proj = nn.Linear(config.hidden_size, keys, bias=bias)
        self.o_proj = nn.Linear(queries, config.hidden_size, bias=False)
        self.q_norm = Norm(size, config.rms_norm_eps) if config.has_head_norms else nn.Identity()
        self.k_norm = Norm(size, config.rms_norm_eps) if config.has_head_norms else nn.Identity()

    def forward(
        self, x: Tensor, angles: Angles, mask: Tensor | None, before: Parts = ()
    ) -> tuple[Tensor, KeyValue]:
        """x [batch, rows, hidden] -> the same, and keys and values [batch, kv_heads, rows,
        head_dim]."""
        x = x.to(self.dtype)
        query, key, value = (
            part(x).unflatten(-1, (-1, self.head_dim))
            for part in (self.q_proj, self.k_proj, self.v_proj)
        )
        # canvas_attention has no 1/sqrt(d) of its own
        turned = rotary(self.q_norm(query.float()), *angles) * self.head_dim**-0.5
        key = rotary(self.k_norm(key.float()), *angles)
        rows = key.to(self.dtype).transpose(1, 2), value.transpose(1, 2)
        out = canvas_attention(turned.to(self.dtype).transpose(1, 2), rows, before, mask)
        return self.o_proj(out.transpose(1, 2).flatten(2)), rows

    @property
    def dtype(self) -> torch.dtype:
        return product_type(self.o_proj)


class Mlp(nn.Module):
    def __init__(self, hidden_size: int, intermediate_size: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden_size, intermediate_size, bias=False)
        self.up_proj = nn.Linear(hidden_size, intermediate_size, bias=False)
        self.down_proj = nn.Linear(intermediate_size, hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x [batch, rows, hidden] -> the same."""
        x = x.to(product_type(self.down_proj))
        out: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return out


def product_type(matrix: nn.Linear | StoredLinear) -> torch.dtype:
    """The type of the rows that a product takes."""
    return matrix.dtype if isinstance(matrix, StoredLinear) else matrix.weight.dtype


def _keep_quantised(
    network: Transformer, tensors: StoredTensors, dtype: torch.dtype, kernels: CpuKernels | None
) -> None:
    """Put matrices of layers that the folder has quantised in their places as they are stored."""
    for place, layer in list(network.model.layers.named_modules(prefix="model.layers")):
        if not isinstance(layer, nn.Linear):
            continue
        shape = layer.weight.shape
        matrix = tensors.matrix(f"{place}.weight", shape)
        if matrix.scale is not None:
            bias = None
            if layer.bias is not None:
                bias = tensors.parameter(f"{place}.bias", layer.bias.shape, dtype)
            kept = StoredLinear(matrix, shape, dtype, bias, kernels)
            parent, _, name = place.rpartition(".")
            setattr(network.get_submodule(parent), name, kept)


class Norm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """x [..., size] -> float32 of the same shape."""
        return rms_norm(x, self.weight, self.eps)
