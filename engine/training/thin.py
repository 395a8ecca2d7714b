"""What a small mask model learns of its own: thin pairs beside the matrices of a frozen network
(LoRA, Hu et al. 2021, arXiv 2106.09685), the gains of its norms, and the embedding of a few tokens.

The pairs multiply rows, not matrices, for then no gradient of a matrix is needed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.optim import AdamW

from fillwright.engine.model.transformer import Norm, Transformer
from fillwright.engine.training.team import Alone, Team

EMBEDDING = "model.embed_tokens.parametrizations.weight.0.own"


class Thin(nn.Module):
    """A frozen matrix [out, in] and up [out, rank] @ down [rank, in]. At first `up` is zero."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(rank, base.in_features) * base.in_features**-0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    @property
    def weight(self) -> Tensor:
        """The network reads the type of its products from it."""
        return self.base.weight

    def forward(self, x: Tensor) -> Tensor:
        """x [..., in] -> [..., out]"""
        own = F.linear(F.linear(x, self.down.to(x.dtype)), self.up.to(x.dtype))
        out: Tensor = self.base(x) + own
        return out


class Rows(nn.Module):
    """An embedding [vocab, hidden] with other rows for a few tokens."""

    def __init__(self, tokens: Sequence[int], weight: Tensor) -> None:
        super().__init__()
        self.tokens = torch.tensor(tokens)
        self.own = nn.Parameter(weight[self.tokens].float())

    def forward(self, weight: Tensor) -> Tensor:
        return weight.index_copy(0, self.tokens, self.own.to(weight.dtype))


def make_thin(network: Transformer, rank: int, tokens: Sequence[int]) -> None:
    """Freeze the network in bfloat16 but for pairs, gains and the embedding of `tokens`."""
    network.to(torch.bfloat16).requires_grad_(False)
    for part in network.modules():
        if isinstance(part, Norm):
            part.float().requires_grad_(True)
    layers = network.model.layers
    for name, part in list(layers.named_modules()):
        if isinstance(part, nn.Linear):
            parent, _, own = name.rpartition(".")
            setattr(layers.get_submodule(parent), own, Thin(part, rank))
    embedding = network.model.embed_tokens
    parametrize.register_parametrization(embedding, "weight", Rows(tokens, embedding.weight))


def learnt(network: nn.Module) -> dict[str, nn.Parameter]:
    """What training changes, by its name in the thin network."""
    return {name: p for name, p in network.named_parameters() if p.requires_grad}


@torch.no_grad()
def joined(
    weights: Mapping[str, Tensor], own: Mapping[str, Tensor], tokens: Sequence[int]
) -> dict[str, Tensor]:
    """The `weights` of the network before it was made thin, with what it learnt, by its names."""
    found = dict(weights)
    for name, tensor in own.items():
        place, _, kind = name.rpartition(".")
        if name == EMBEDDING:
            rows, at = found["model.embed_tokens.weight"], torch.tensor(tokens)
            found["model.embed_tokens.weight"] = rows.index_copy(0, at, tensor.float())
        elif kind == "up":
            pair = tensor.float() @ own[f"{place}.down"].float()
            found[f"{place}.weight"] = found[f"{place}.weight"] + pair
        elif kind == "weight":
            found[name] = tensor.float()
    return found


class ThinOptimizer:
    """AdamW, for one process: what training.optimizer.Optimizer is for whole networks."""

    def __init__(self, network: nn.Module, pair_rate: float, other_rate: float) -> None:
        self.team: Team = Alone()
        named = learnt(network)
        self._parameters = list(named.values())
        pairs = [p for name, p in named.items() if name.endswith((".up", ".down"))]
        others = [p for name, p in named.items() if not name.endswith((".up", ".down"))]
        self._rates = pair_rate, other_rate
        self._adamw = AdamW(
            [{"params": pairs}, {"params": others}], betas=(0.9, 0.98), weight_decay=0.0
        )

    def step(self, scale: float) -> Tensor:
        """As Optimizer.step."""
        norm = self.team.add_up(self._parameters)
        for group, rate in zip(self._adamw.param_groups, self._rates, strict=True):
            group["lr"] = rate * scale
        self._adamw.step()
        self.team.clear(self._parameters)
        return norm

    def state_dict(self) -> dict[str, Any]:
        return self._adamw.state_dict()

    def load_state_dict(self, states: dict[str, Any]) -> None:
        self._adamw.load_state_dict(states)
