"""The training run: phases of batches, a learning rate, checkpoints to resume from, a curve.

Knows time budgets and files; the losses and the batches are elsewhere.
"""

import json
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args

import torch
from torch import Tensor, nn

from fillwright.engine.training.team import Team

PhaseName = Literal["causal", "joint", "mixed", "masked"]
Network = TypeVar("Network", bound=nn.Module)
Learnt = TypeVar("Learnt", bound=nn.Module, contravariant=True)


class Phase(Protocol[Learnt]):
    """What is learnt: batches behind `loss`, and a fixed measure.

    A step adds the gradients of `batches_per_step` batches: small ones, which stay in a CPU's
    cache, are a quarter faster than one large batch.
    """

    batches_per_step: int
    tokens_per_step: int

    def loss(self, model: Learnt) -> Tensor:
        """The loss of the next batch, nats per token, a scalar."""

    def evaluate(self, model: Learnt) -> dict[str, float]:
        """Losses on held-out text, the same at every call, nats per token."""


class Optimizer(Protocol):
    """As training.optimizer.Optimizer."""

    team: Team

    def step(self, scale: float) -> Tensor: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, states: dict[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a phase runs and how its learning rate moves: a short rise, level, and a linear
    fall to zero over the last `decay_minutes`."""

    phase: PhaseName
    minutes: float
    decay_minutes: float = 0.0
    warmup_steps: int = 40
    rate: float = 1.0
    checkpoint_minutes: float = 5.0

    def scale(self, step: int, elapsed_minutes: float) -> float:
        rise = min(1.0, (step + 1) / self.warmup_steps)
        left = self.minutes - elapsed_minutes
        fall = min(1.0, left / self.decay_minutes) if self.decay_minutes else 1.0
        return self.rate * rise * max(0.0, fall)


@dataclass
class Run(Generic[Network]):
    """A training run in a folder: `state.pt` to resume from, `curve.jsonl` beside it. Of processes
    that learn together each has its own; the first one's clock counts, and it alone writes."""

    folder: Path
    config: dict[str, Any]
    model: Network
    optimizer: Optimizer
    steps: int = 0
    tokens: int = 0
    minutes: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(get_args(PhaseName), 0.0)
    )

    def train(self, schedule: Schedule, phase: Phase[Network]) -> None:
        """Run one phase to the end of its time, writing checkpoints and the curve."""
        started, checkpointed = time.monotonic(), 0.0
        first_step, recent = self.steps, list[Tensor]()
        team = self.optimizer.team
        tokens_per_step = phase.tokens_per_step * team.size

        def elapsed_minutes() -> float:
            return team.agree((time.monotonic() - started) / 60)

        while (elapsed := elapsed_minutes()) < schedule.minutes:
            recent.append(gradients(self.model, phase))
            norm = self.optimizer.step(schedule.scale(self.steps - first_step, elapsed))
            self.steps += 1
            self.tokens += tokens_per_step
            if self.steps % 20 == 0:
                seconds = 60 * elapsed_minutes()
                rate = (self.steps - first_step) * tokens_per_step / seconds
                loss = float(torch.stack(recent).mean())
                if not math.isfinite(loss):
                    where = f"at step {self.steps}"
                    raise FloatingPointError(f"the loss is {loss} {where}; lower --rate")
                self._log(phase=schedule.phase, loss=loss, norm=float(norm), tokens_per_s=rate)
                recent.clear()
            if elapsed - checkpointed > schedule.checkpoint_minutes:
                self._measure(phase, schedule.phase)
                self.save()
                checkpointed = elapsed
        self.minutes[schedule.phase] += elapsed_minutes()
        self._measure(phase, schedule.phase)
        self.save()

    def save(self) -> None:
        optimizer = self.optimizer.team.collect(self.folder, self.optimizer.state_dict())
        if self.optimizer.team.rank:
            return
        state = {
            "config": self.config,
            "model": self.model.state_dict(),
            "optimizer": optimizer,
            "steps": self.steps,
            "tokens": self.tokens,
            "minutes": self.minutes,
        }
        partial = self.folder / "state.pt.partial"
        torch.save(state, partial)
        os.replace(partial, self.folder / "state.pt")

    def resume(self) -> None:
        """Continue from `state.pt`, when there is one."""
        path = self.folder / "state.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.steps, self.tokens = state["steps"], state["tokens"]
            self.minutes = state["minutes"]

    def _measure(self, phase: Phase[Network], name: PhaseName) -> None:
        if not self.optimizer.team.rank:
            self._log(phase=name, **phase.evaluate(self.model))

    def _log(self, **values: Any) -> None:
        if self.optimizer.team.rank:
            return
        line = {"step": self.steps, "tokens": self.tokens} | {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in values.items()
        }
        with (self.folder / "curve.jsonl").open("a", encoding="utf-8") as curve:
            curve.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


def gradients(model: Network, phase: Phase[Network]) -> Tensor:
    """Add up one step's gradients; returns the mean loss, a scalar.

    Nothing here waits for the numbers: a GPU is given the next step while it works on this one.
    """
    losses = []
    for _ in range(phase.batches_per_step):
        loss = phase.loss(model) / phase.batches_per_step
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.detach())
    return torch.stack(losses).sum()
