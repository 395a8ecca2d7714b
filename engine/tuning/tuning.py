"""One run of tuning: steps until the time is up or held-out files get worse, a state to go on from,
and the best adapter so far. Knows networks and files; knows no command line.
"""

import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.prompts.small import SmallPrompt
from fillwright.engine.training.phases import (
    MEASURED_LEVELS,
    JointPhase,
    Materials,
    MixedPhase,
)
from fillwright.engine.training.recipes import FURTHER, JointRows, Recipe
from fillwright.engine.training.train import gradients
from fillwright.engine.tuning.asking import Asking
from fillwright.engine.tuning.files import TuningText
from fillwright.engine.tuning.lora import adapter_of, learning_model, pairs

STATE = "state.pt"
RATE, WARMUP_STEPS, FALLING_SHARE, MAX_NORM = 3e-4, 10, 0.4, 1.0
"""AdamW's rate, its rise, the last share of the time in which it falls to zero, and the length to
which a gradient is cut. Set by hand; with 1e-3 the canvases of held-out files get worse from the
first steps on."""
MEASURES, PATIENCE = 8, 3
"""Held-out files are measured so often, and it ends when so many in a row are worse than the
best."""
RECIPE = replace(
    FURTHER,
    causal=replace(FURTHER.causal, batches_per_step=3),
    joint=JointRows(
        rows=2, length=384, canvases={32: 0.7, 64: 0.3}, canvases_per_prompt=2, batches_per_step=2
    ),
)

Ending = Literal["time", "worse"]


@dataclass(frozen=True, slots=True)
class TuneSettings:
    """`minutes` are of the whole run with its measures, however often it is interrupted."""

    checkpoint: Path
    minutes: float
    rank: int = 16
    alpha: float = 32.0
    rate: float = RATE
    seed: int = 0
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Progress:
    """Minutes and steps so far; held-out losses in nats per token, before any step and the best."""

    minutes: float
    steps: int
    before: float
    best: float


@dataclass(frozen=True, slots=True)
class Tuned:
    """How a run ended, and how far it came."""

    ending: Ending
    progress: Progress


class Tuning:
    """A run in a folder, which then has the adapter. Raises BadRequest where the folder holds a
    run of other text or settings."""

    def __init__(
        self,
        text: TuningText,
        settings: TuneSettings,
        folder: Path,
        recipe: Recipe = RECIPE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings, self.folder, self.clock = settings, folder, clock
        self.digest = text.digest
        self.model = learning_model(
            settings.checkpoint, settings.rank, settings.alpha, settings.device, settings.seed
        )
        learnt = [each for each in self.model.parameters() if each.requires_grad]
        self.optimizer = torch.optim.AdamW(learnt, lr=settings.rate, weight_decay=0.0)
        asking = Asking.of(settings.checkpoint)
        materials = Materials(
            asking.recipe(recipe),
            asking.tokenizer,
            text.train,
            text.held_out,
            settings.seed,
            settings.device,
            compiled=False,
            form=asking.form,
        )
        self.phase = _phase_of(materials)
        self.joint = self.phase if isinstance(self.phase, JointPhase) else self.phase.joint
        self.minutes, self.steps, self.worse = 0.0, 0, 0
        self.before = self.best = math.inf
        self._resume()

    def run(self, told: Callable[[Progress], None] = lambda progress: None) -> Tuned:
        """To its end; `told` hears of every step."""
        started, since = self.clock(), self.minutes

        def look() -> None:
            self.minutes = since + (self.clock() - started) / 60

        if not math.isfinite(self.before):
            self.before = self.best = self._measured()
            self._save_adapter()
            look()
        every = self.settings.minutes / MEASURES
        while self.minutes < self.settings.minutes and self.worse < PATIENCE:
            due = every * (math.floor(self.minutes / every + 1e-9) + 1)
            while self.minutes < due:
                self._step()
                look()
                told(self.progress)
            loss = self._measured()
            look()
            if loss < self.best:
                self.best, self.worse = loss, 0
                self._save_adapter()
            else:
                self.worse += 1
            self._save()
            told(self.progress)
        ended: Ending = "worse" if self.worse >= PATIENCE else "time"
        return Tuned(ended, self.progress)

    @property
    def progress(self) -> Progress:
        return Progress(self.minutes, self.steps, self.before, self.best)

    def _step(self) -> None:
        gradients(self.model, self.phase)
        nn.utils.clip_grad_norm_(self.model.parameters(), MAX_NORM)
        left = 1 - self.minutes / self.settings.minutes
        scale = min(1.0, (self.steps + 1) / WARMUP_STEPS, max(0.0, left / FALLING_SHARE))
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * scale
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.steps += 1

    def _measured(self) -> float:
        """Loss of held-out rows by what fills are made with, nats per token: of middles that are
        drafted word by word; else half the sum of the causal and the denoising loss, with the noise
        levels taken by turns."""
        if isinstance(self.phase, MixedPhase):
            with torch.no_grad():
                return self.phase.causal.middles(self.model)
        generator = torch.Generator(self.settings.device).manual_seed(0)
        total = 0.0
        with torch.no_grad(), torch.autocast(self.settings.device, torch.bfloat16):
            for batch, level in zip(self.joint.fixed, cycle(MEASURED_LEVELS), strict=False):
                batch = batch.to(self.settings.device)
                losses = self.joint.joint(self.model, batch, generator, False, level)
                total += (losses.causal + losses.denoise).item() / 2
        return total / len(self.joint.fixed)

    def _save_adapter(self) -> None:
        settings = self.settings
        base = settings.checkpoint.resolve().name
        adapter_of(self.model, settings.rank, settings.alpha, base).write(self.folder)

    def _identity(self) -> dict[str, Any]:
        return asdict(self.settings) | {
            "checkpoint": str(self.settings.checkpoint.resolve()),
            "digest": self.digest,
        }

    def _save(self) -> None:
        state = {
            "identity": self._identity(),
            "pairs": {name: pair.state_dict() for name, pair in pairs(self.model).items()},
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "noise": self.joint.generator.get_state(),
            "progress": (self.minutes, self.steps, self.worse, self.before, self.best),
        }
        partial = self.folder / f"{STATE}.partial"
        torch.save(state, partial)
        os.replace(partial, self.folder / STATE)

    def _resume(self) -> None:
        """Go on from the folder's state, as if there had been no pause."""
        path = self.folder / STATE
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        if state["identity"] != self._identity():
            raise BadRequest(
                f"{self.folder} holds a run with other files or options; give another --to, or "
                "delete it to begin again."
            )
        for name, pair in pairs(self.model).items():
            pair.load_state_dict(state["pairs"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.minutes, self.steps, self.worse, self.before, self.best = state["progress"]
        # batches and choices are drawn in order: what was learnt is drawn and dropped
        for _ in range(self.steps * self.phase.batches_per_step):
            self.phase.skip()
        torch.set_rng_state(state["random"])
        self.joint.generator.set_state(state["noise"])


def _phase_of(materials: Materials) -> MixedPhase | JointPhase:
    """What is learnt: of the embedded model's form packed rows too, for it drafts word by word. A
    model that is asked in turns denoises."""
    return (MixedPhase if materials.form is SmallPrompt else JointPhase)(materials)
