"""What a network of a board learns: whole boards from puzzles, causally and on canvases.

The trainer, the losses and the corruption are those of the embedded model.
"""

from dataclasses import dataclass
from random import Random

import torch
from torch import Generator, Tensor

from board.puzzle import BLANK, Draw, Puzzle, Solves, puzzles
from board.solving import settings_of, solve_together
from board.tokens import BoardTokens, PlaceNoise
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.training.batches import JointBatch
from fillwright.engine.training.losses import JointLoss, JointLosses
from fillwright.engine.training.noising import Corruption

SYMBOL_SHARE = 0.1
"""Of the noise in training that is any symbol and not a blank, so that mistakes are looked for."""
FULL_SHARE = 0.1
SELF_CONDITIONED_SHARE = 0.5
CAUSAL_SHARE = 0.2
"""Of the canvases that are all noise; how often a canvas sees its own first guess; and the weight
of the causal loss. All were set by hand."""
MEASURED_LEVELS = (1.0, 0.5, 0.2)
MEASURED_PUZZLES = 48
SOLVED_PUZZLES = 10
HELD_OUT_SEED = 1_000_000_007
"""The noise levels and the number of puzzles that are measured while training, how many of them are
solved, and their seed, which no batch has."""


@dataclass(frozen=True, slots=True)
class BoardTask:
    """What is learnt: tokens, puzzles, when a board is solved, and what kinds of place there are
    (of every place, its row, its column and so on)."""

    tokens: BoardTokens
    draw: Draw
    solves: Solves
    kinds: tuple[tuple[int, ...], ...]


class BoardPhase:
    """Puzzles with several corrupted boards each. Batch number n has random numbers of its own, so
    that a run that goes on at step `steps` learns what it would have learnt without the pause."""

    def __init__(self, task: BoardTask, rows: int, canvases: int, steps: int, seed: int) -> None:
        self.task = task
        self.rows = rows
        self.batches_per_step = 1
        self.tokens_per_step = rows * (2 + canvases) * task.tokens.places
        self.joint = JointLoss(
            Corruption(
                PlaceNoise(task.tokens, SYMBOL_SHARE),
                full_share=FULL_SHARE,
                draft_share=0.0,
                edit_share=0.0,
                rising_share=0.0,
            ),
            RowConvention.OWN,
            canvases,
        )
        self.seed = seed
        self.drawn = steps * self.batches_per_step
        held_out = puzzles(task.draw, HELD_OUT_SEED)
        self.held_out = [next(held_out) for _ in range(MEASURED_PUZZLES)]

    def loss(self, model: DiffusionGemma) -> Tensor:
        random = Random(f"{self.seed} {self.drawn}")
        self.drawn += 1
        batch = joint_batch(self.task.tokens, [self.task.draw(random) for _ in range(self.rows)])
        generator = Generator().manual_seed(random.getrandbits(63))
        conditioned = random.random() < SELF_CONDITIONED_SHARE
        # what is drawn inside of the loss
        torch.manual_seed(random.getrandbits(63))
        with torch.autocast("cpu", torch.bfloat16):
            losses = self.joint(model, batch, generator, conditioned)
        return losses.denoise + CAUSAL_SHARE * losses.causal

    def evaluate(self, model: DiffusionGemma) -> dict[str, float]:
        """Losses in nats per place, and the share of the puzzles that are solved."""
        with torch.no_grad(), torch.compiler.set_stance("force_eager"):
            at_levels = {level: self._losses(model, level) for level in MEASURED_LEVELS}
            settings = settings_of(self.task.tokens)
            asked = self.held_out[:SOLVED_PUZZLES]
            boards = solve_together(model, self.task.tokens, asked, settings)
        solved = sum(map(self.task.solves, asked, boards))
        causal = sum(losses.causal.item() for losses in at_levels.values()) / len(at_levels)
        return {
            "held_out_causal": causal,
            **{f"held_out_t{level}": each.denoise.item() for level, each in at_levels.items()},
            "solved": solved / len(asked),
        }

    def _losses(self, model: DiffusionGemma, level: float) -> JointLosses:
        batch = joint_batch(self.task.tokens, self.held_out)
        return self.joint(model, batch, Generator().manual_seed(0), False, level)


def joint_batch(tokens: BoardTokens, rows: list[Puzzle]) -> JointBatch:
    """The prompt is the board with its blanks, the canvas the whole one; what is given is pinned
    and counts nothing."""
    ids = torch.tensor([[*tokens.ids(p.givens), *tokens.ids(p.solution)] for p in rows])
    pinned = torch.tensor([p.givens for p in rows]) != BLANK
    asked = (~pinned).float()
    prompt = torch.zeros(len(rows), tokens.places - 1)
    return JointBatch(ids, torch.cat((prompt, asked), 1), pinned, asked)
