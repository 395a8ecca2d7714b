"""Muon for the matrices, AdamW for embedding and gains.

Muon: momentum orthogonalised by Newton-Schulz, K. Jordan et al. 2024, as in torch.optim. It takes
matrices only; an expert's weights are a stack of one matrix each and are handed over as views.
"""

from torch import Tensor, nn
from torch.optim import AdamW, Muon


class Optimizer:
    """Both optimizers behind one step. `scale` multiplies every learning rate."""

    def __init__(
        self, model: nn.Module, matrix_rate: float, embedding_rate: float, gain_rate: float
    ) -> None:
        named = [(name, p) for name, p in model.named_parameters() if ".router." not in name]
        stacks = [p for _, p in named if p.ndim == 3]
        self._views = [(nn.Parameter(p.detach()[i]), p, i) for p in stacks for i in range(len(p))]
        matrices = [p for name, p in named if p.ndim == 2 and name != "embed_tokens.weight"]
        embedding = [p for name, p in named if name == "embed_tokens.weight"]
        gains = [p for _, p in named if p.ndim == 1]
        self.parameters = [p for _, p in named]
        self.muon = Muon(
            [*matrices, *(view for view, _, _ in self._views)],
            lr=matrix_rate,
            weight_decay=0.01,
            momentum=0.95,
        )
        self.adamw = AdamW(
            [{"params": embedding, "lr": embedding_rate}, {"params": gains, "lr": gain_rate}],
            betas=(0.9, 0.95),
            weight_decay=0.0,
        )
        self._rates = [group["lr"] for group in self._groups()]

    def step(self, scale: float) -> Tensor:
        """Clip to norm 1, step, clear; returns the gradient norm before clipping, a scalar."""
        norm: Tensor = nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for view, stack, i in self._views:
            view.grad = None if stack.grad is None else stack.grad[i]
        for group, rate in zip(self._groups(), self._rates, strict=True):
            group["lr"] = rate * scale
        self.muon.step()  # type: ignore[no-untyped-call]
        self.adamw.step()
        for parameter in self.parameters:
            parameter.grad = None
        return norm

    def state_dict(self) -> dict[str, object]:
        return {"muon": self.muon.state_dict(), "adamw": self.adamw.state_dict()}

    def load_state_dict(self, state: dict[str, dict[str, object]]) -> None:
        self.muon.load_state_dict(state["muon"])
        self.adamw.load_state_dict(state["adamw"])

    def _groups(self) -> list[dict[str, float]]:
        return [*self.muon.param_groups, *self.adamw.param_groups]
