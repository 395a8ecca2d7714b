"""Muon for the matrices, AdamW for embedding and gains.

Muon: momentum orthogonalised by Newton-Schulz, K. Jordan et al. 2024, as in torch.optim. What is
stepped are pieces of the network's parameters, dealt out to the processes that learn together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import Tensor, nn
from torch.optim import AdamW, Muon

from fillwright.engine.errors import BadRequest
from fillwright.engine.training.team import Alone, Team

EMBEDDING = "embed_tokens.weight"
EMBEDDING_PIECES = 8
"""Into so many parts the largest matrix is cut, that processes can share its update."""
# AdamW's work for an element beside one multiplication of Newton-Schulz: it waits for memory
ELEMENT_COST = 400


@dataclass(frozen=True, slots=True)
class Piece:
    """A parameter, one matrix of a stack, or some of the embedding's rows: `whole[at]`. `cost` is
    in multiplications."""

    name: str
    whole: nn.Parameter
    at: int | slice
    view: nn.Parameter
    cost: int


class Optimizer:
    """Both optimizers in one step, for this process's share of the pieces."""

    def __init__(
        self,
        model: nn.Module,
        matrix_rate: float,
        embedding_rate: float,
        gain_rate: float,
        team: Team | None = None,
    ) -> None:
        self.team = team or Alone()
        self.parameters = learnt(model)
        self._pieces = list(_dealt(_pieces(model), self.team.rank, self.team.size))
        of_embedding = model.get_parameter(EMBEDDING)
        embedding = [piece for piece in self._pieces if piece.whole is of_embedding]
        gains = [piece for piece in self._pieces if piece.whole.ndim == 1]
        matrices = [
            piece
            for piece in self._pieces
            if piece.whole.ndim > 1 and piece.whole is not of_embedding
        ]
        self._optimizers: list[tuple[Muon | AdamW, list[Piece]]] = []
        if matrices:
            muon = Muon(_views(matrices), lr=matrix_rate, weight_decay=0.01, momentum=0.95)
            self._optimizers.append((muon, matrices))
        groups = [
            {"params": _views(pieces), "lr": rate}
            for pieces, rate in ((embedding, embedding_rate), (gains, gain_rate))
            if pieces
        ]
        if groups:
            adamw = AdamW(groups, betas=(0.9, 0.95), weight_decay=0.0)
            self._optimizers.append((adamw, embedding + gains))
        self._rates = [group["lr"] for group in self._groups()]

    def step(self, scale: float) -> Tensor:
        """Clip to norm 1, step, clear; returns the gradient norm before clipping, a scalar.
        `scale` multiplies every learning rate."""
        norm = self.team.add_up(self.parameters)
        for piece in self._pieces:
            total = self.team.total(piece.whole)
            piece.view.grad = None if total is None else total[piece.at]
        for group, rate in zip(self._groups(), self._rates, strict=True):
            group["lr"] = rate * scale
        for optimizer, _ in self._optimizers:
            optimizer.step()  # type: ignore[no-untyped-call]
        self.team.clear(self.parameters)
        return norm

    def state_dict(self) -> dict[str, Any]:
        """By the names of this process's pieces."""
        return {
            pieces[index].name: state
            for optimizer, pieces in self._optimizers
            for index, state in optimizer.state_dict()["state"].items()
        }

    def load_state_dict(self, states: dict[str, Any]) -> None:
        """From those of all processes, however many they were; what had no gradient yet has no
        state. Raises BadRequest when they are not of pieces."""
        for optimizer, pieces in self._optimizers:
            places = {i: piece.name for i, piece in enumerate(pieces) if piece.name in states}
            if states and not places:
                raise BadRequest(
                    "The training state is not of this version; export its weights where it was "
                    "made, and begin another run with --start-from."
                )
            own = {index: states[name] for index, name in places.items()}
            optimizer.load_state_dict(optimizer.state_dict() | {"state": own})

    def _groups(self) -> list[dict[str, Any]]:
        return [group for optimizer, _ in self._optimizers for group in optimizer.param_groups]


def learnt(model: nn.Module) -> list[nn.Parameter]:
    """The parameters that training changes: one expert needs no router."""
    return [p for name, p in model.named_parameters() if ".router." not in name]


def _views(pieces: Sequence[Piece]) -> list[nn.Parameter]:
    return [piece.view for piece in pieces]


def _pieces(model: nn.Module) -> Iterator[Piece]:
    places: Iterable[int | slice]
    for name, whole in model.named_parameters():
        if ".router." in name:
            continue
        if name == EMBEDDING:
            bounds = [len(whole) * i // EMBEDDING_PIECES for i in range(EMBEDDING_PIECES + 1)]
            places = [slice(*pair) for pair in pairwise(bounds)]
        else:
            places = range(len(whole)) if whole.ndim == 3 else [slice(None)]
        for number, at in enumerate(places):
            view = nn.Parameter(whole.detach()[at])
            cost = view.numel() * ELEMENT_COST
            if view.ndim == 2 and name != EMBEDDING:
                short, long = sorted(view.shape)
                cost = 5 * short**2 * (2 * long + short)
            yield Piece(f"{name}[{number}]", whole, at, view, cost)


def _dealt(pieces: Iterable[Piece], rank: int, size: int) -> Iterator[Piece]:
    """The pieces of one process: each, the dearest first, goes to the one with least to do."""
    loads = [0] * size
    for piece in sorted(pieces, key=lambda piece: -piece.cost):
        least = loads.index(min(loads))
        loads[least] += piece.cost
        if least == rank:
            yield piece
