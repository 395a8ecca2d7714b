"""Trains the network of a board for a while; what it has learnt lies in a folder."""

from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from board.learning import BoardPhase, BoardTask
from board.network import BoardShape, new_network
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.training.optimizer import Optimizer
from fillwright.engine.training.train import Run, Schedule

MATRIX_RATE = 0.02
EMBEDDING_RATE = 0.003
GAIN_RATE = 0.003
"""Set by hand, about those of the embedded model."""
CHECKPOINT_MINUTES = 6.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long, and how much at a step: `rows` puzzles with `canvases` corrupted boards each."""

    minutes: float
    decay_minutes: float
    rows: int = 6
    canvases: int = 6
    rate: float = 1.0


def add_pace(parser: ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--decay-minutes", type=float, default=0.0)


def begun(
    task: BoardTask, shape: BoardShape, pace: Pace, folder: Path
) -> tuple[Run[DiffusionGemma], BoardPhase]:
    """A run that goes on from what is in `folder`, and what it learns next."""
    folder.mkdir(parents=True, exist_ok=True)
    model = new_network(task.tokens, shape, task.kinds, seed=0)
    optimizer = Optimizer(model, MATRIX_RATE, EMBEDDING_RATE, GAIN_RATE)
    run = Run(folder, asdict(shape), model, optimizer)
    run.resume()
    return run, BoardPhase(task, pace.rows, pace.canvases, run.steps, seed=0)


def train(task: BoardTask, shape: BoardShape, pace: Pace, folder: Path) -> None:
    """Learn for a while; `folder` then has the new state."""
    run, phase = begun(task, shape, pace, folder)
    # a graph for each pass that there is: prompt, canvas, and canvas with its first guess
    torch._dynamo.config.recompile_limit = 64
    for layer in run.model.layers:
        layer.compile(dynamic=False)
    schedule = Schedule(
        "joint",
        pace.minutes,
        pace.decay_minutes,
        rate=pace.rate,
        checkpoint_minutes=CHECKPOINT_MINUTES,
    )
    run.train(schedule, phase)


def trained(task: BoardTask, folder: Path) -> DiffusionGemma:
    """The network of a folder, to fill boards with."""
    state = torch.load(folder / "state.pt", weights_only=True)
    model = new_network(task.tokens, BoardShape(**state["config"]), task.kinds, seed=0)
    model.load_state_dict(state["model"])
    return model.eval().requires_grad_(False)
