"""Fills a board: all of it at once by denoising, or place by place from the left."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import torch

from board.puzzle import BLANK, Puzzle
from board.tokens import BoardTokens, PlaceNoise
from fillwright.engine.diffusion import Canvas, DenoiseSettings, DenoiseStep, denoise
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

Board = tuple[int, ...]


def settings_of(
    tokens: BoardTokens, steps: int = 48, symbol_share: float = 0.0, entropy_bound: float = 0.1
) -> DenoiseSettings:
    """The loop's own settings; what is not accepted goes back to blanks."""
    noise = PlaceNoise(tokens, symbol_share)
    return DenoiseSettings(noise=noise, steps=steps, entropy_bound=entropy_bound)


def board_canvas(tokens: BoardTokens, puzzle: Puzzle) -> Canvas:
    """The board, with what is given pinned."""
    pinned = np.array([symbol != BLANK for symbol in puzzle.givens])
    runs = groupby(np.flatnonzero(~pinned).tolist(), key=_run_of(pinned))
    holes = [list(rows) for _, rows in runs]
    return Canvas(
        np.array(tokens.ids(puzzle.givens)),
        pinned,
        tuple(range(rows[0], rows[-1] + 1) for rows in holes),
    )


def _run_of(pinned: np.ndarray) -> "np.ufunc":
    return np.cumsum(pinned).item


def drafts(
    model: DiffusionGemma, tokens: BoardTokens, puzzle: Puzzle, settings: DenoiseSettings
) -> Iterator[DenoiseStep]:
    """The state after every denoise step of the loop that fills code."""
    cache = model.prefill(model.ids(tokens.ids(puzzle.givens)))
    canvas = board_canvas(tokens, puzzle)
    with torch.inference_mode():
        yield from denoise(model, cache, [canvas], settings, model.generator(0))


def solve_together(
    model: DiffusionGemma, tokens: BoardTokens, puzzle: Puzzle, settings: DenoiseSettings
) -> Board:
    """The board after the last denoise step."""
    *_, last = drafts(model, tokens, puzzle, settings)
    return tokens.board(last.argmax_canvas[0].tolist())


@torch.inference_mode()
def solve_from_left(model: DiffusionGemma, tokens: BoardTokens, puzzle: Puzzle) -> Board:
    """The same canvas passes, but what is kept at each is the leftmost open place."""
    cache = model.prefill(model.ids(tokens.ids(puzzle.givens)))
    ids = tokens.ids(puzzle.givens)
    signal = None
    for place, given in enumerate(puzzle.givens):
        if given == BLANK:
            logits = model.denoise_logits(model.ids([ids]), cache, signal)
            ids[place] = _best(tokens, logits[0, place], place)
            signal = logits
    return tokens.board(ids)


@torch.inference_mode()
def solve_causally(model: DiffusionGemma, tokens: BoardTokens, puzzle: Puzzle) -> Board:
    """By the causal head: the likeliest next symbol, where none is given."""
    cache = model.prefill(model.ids(tokens.ids(puzzle.givens)[:-1]))
    last = tokens.ids(puzzle.givens)[-1]
    board = list(puzzle.givens)
    for place, given in enumerate(puzzle.givens):
        logits = model.causal_logits(cache, model.ids([last]))
        last = tokens.ids(board)[place] if given else _best(tokens, logits[0], place)
        board[place] = tokens.board([last])[0]
    return tuple(board)


def _best(tokens: BoardTokens, logits: torch.Tensor, place: int) -> int:
    """The likeliest symbol's token of a place; logits [vocabulary]."""
    first = tokens.ids([BLANK] * tokens.places)[place] + 1
    return first + int(logits[first : first + tokens.symbols].argmax())


def filled(boards: Sequence[Board], rights: Sequence[Board]) -> float:
    """The share of places that are right."""
    pairs = [pair for a, b in zip(boards, rights, strict=True) for pair in zip(a, b, strict=True)]
    return sum(a == b for a, b in pairs) / len(pairs)
