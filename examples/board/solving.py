"""Fills boards: all places at once by denoising, or one place after another from the left.

Puzzles are solved side by side: each has a prompt of its own, and a canvas after it.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from board.puzzle import BLANK, Puzzle
from board.tokens import BoardTokens, PlaceNoise
from fillwright.engine.diffusion import Canvas, DenoiseSettings, DenoiseStep, denoise
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

Board = tuple[int, ...]


def settings_of(
    tokens: BoardTokens, steps: int = 48, symbol_share: float = 0.0, entropy_bound: float = 0.1
) -> DenoiseSettings:
    """The loop's own settings; what is not accepted goes back to blanks, but for a
    `symbol_share`."""
    noise = PlaceNoise(tokens, symbol_share)
    return DenoiseSettings(noise=noise, steps=steps, entropy_bound=entropy_bound)


def board_canvas(tokens: BoardTokens, puzzle: Puzzle) -> Canvas:
    """The board, with what is given pinned."""
    pinned = np.array([symbol != BLANK for symbol in puzzle.givens])
    # open places with equally many pinned ones before them are one hole
    before = pinned.cumsum()
    runs = [list(rows) for _, rows in groupby(np.flatnonzero(~pinned), key=before.__getitem__)]
    holes = tuple(range(int(rows[0]), int(rows[-1]) + 1) for rows in runs)
    return Canvas(np.array(tokens.ids(puzzle.givens)), pinned, holes)


class Prompts:
    """A network that has read the givens of several puzzles of one size: a Denoiser of their
    canvases, which needs no cache besides."""

    def __init__(self, model: DiffusionGemma, tokens: BoardTokens, puzzles: Sequence[Puzzle]):
        self.model = model
        ids = model.ids([tokens.ids(puzzle.givens) for puzzle in puzzles])
        self.positions = torch.arange(2 * tokens.places)[None]
        _, rows = model.encode(ids, self.positions[:, : tokens.places])
        self.prefixes = [(each,) for each in rows]
        self.canvas_positions = self.positions[:, tokens.places :]

    def denoise_logits(
        self, canvas: Tensor, cache: None, self_conditioning: Tensor | None = None
    ) -> Tensor:
        """As DiffusionGemma's, [puzzles, places, vocabulary]."""
        hidden = self.model.decode(canvas, self.canvas_positions, self.prefixes, self_conditioning)
        return self.model.logits(hidden)


@torch.inference_mode()
def drafts(
    model: DiffusionGemma,
    tokens: BoardTokens,
    puzzles: Sequence[Puzzle],
    settings: DenoiseSettings,
    seed: int = 0,
) -> Iterator[DenoiseStep]:
    """The state after every denoise step of the loop that fills code."""
    canvases = [board_canvas(tokens, puzzle) for puzzle in puzzles]
    prompts = Prompts(model, tokens, puzzles)
    yield from denoise(prompts, None, canvases, settings, model.generator(seed))


def solve_together(
    model: DiffusionGemma,
    tokens: BoardTokens,
    puzzles: Sequence[Puzzle],
    settings: DenoiseSettings,
) -> list[Board]:
    """The boards after the last denoise step."""
    *_, last = drafts(model, tokens, puzzles, settings)
    return [tokens.board(row) for row in last.argmax_canvas.tolist()]


@torch.inference_mode()
def solve_from_left(
    model: DiffusionGemma, tokens: BoardTokens, puzzles: Sequence[Puzzle]
) -> list[Board]:
    """By the same passes over the canvas, of which each keeps the likeliest symbol of the leftmost
    open place, and nothing else."""
    prompts = Prompts(model, tokens, puzzles)
    canvas = model.ids([tokens.ids(puzzle.givens) for puzzle in puzzles])
    signal = None
    for place in range(tokens.places):
        is_open = torch.tensor([puzzle.givens[place] == BLANK for puzzle in puzzles])
        if is_open.any():
            signal = prompts.denoise_logits(canvas, None, signal)
            best = _best(tokens, signal[:, place], place)
            canvas[:, place] = torch.where(is_open, best, canvas[:, place])
    return [tokens.board(row) for row in canvas.tolist()]


@torch.inference_mode()
def solve_causally(
    model: DiffusionGemma, tokens: BoardTokens, puzzles: Sequence[Puzzle]
) -> list[Board]:
    """By the causal head, which reads the givens and then writes the whole board, place by place:
    the likeliest symbol where none is given."""
    return [_solve_causally(model, tokens, puzzle) for puzzle in puzzles]


def _solve_causally(model: DiffusionGemma, tokens: BoardTokens, puzzle: Puzzle) -> Board:
    prompt, board = tokens.ids(puzzle.givens), list(puzzle.givens)
    cache = model.prefill(model.ids(prompt[:-1]))
    last = prompt[-1]
    for place, given in enumerate(puzzle.givens):
        logits = model.causal_logits(cache, model.ids([last]))
        last = prompt[place] if given else int(_best(tokens, logits, place)[0])
        board[place] = tokens.board([last])[0]
    return tuple(board)


def _best(tokens: BoardTokens, logits: Tensor, place: int) -> Tensor:
    """The tokens of the likeliest symbols of a place; logits [rows, vocabulary] -> int64 [rows]."""
    first = place * (tokens.symbols + 1) + 1
    return first + logits[:, first : first + tokens.symbols].argmax(-1)
