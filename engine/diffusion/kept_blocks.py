"""One hole written block by block, each denoised by the loop of kept.py: a finished block is kept
and the next one begins, until an end or the last block.

    what was read | head, hole's first rows | next block | ...

Blocks are counted from the sequence's beginning, so what is known before the hole may reach into
its first one. Knows nothing of text.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from torch import Generator, Tensor

from fillwright.engine.diffusion.kept import Guess, KeptSettings, KeptStep, denoise_kept
from fillwright.engine.diffusion.passage import OpenHole, Passage
from fillwright.engine.model.cache import Cache


class BlockModel(Protocol):
    """The model as this loop sees it."""

    @property
    def block(self) -> int: ...
    def ids(self, tokens: Sequence[int]) -> Tensor:
        """int64, where the model's passes take them."""

    def enqueue(self, cache: Cache, ids: Tensor) -> None:
        """Read `ids` int64 [whole blocks] after what the cache holds, before the next block."""

    def block_logits(self, cache: Cache, ids: Tensor, rows: Tensor) -> Tensor:
        """ids int64 [block] after what the cache holds, rows int64 [asked] -> the logits of these
        rows, float32 [asked, vocab]."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A block's rows after a cache, as the loop's model."""

    model: BlockModel
    cache: Cache

    def row_logits(self, ids: Tensor, rows: Tensor) -> Tensor:
        return self.model.block_logits(self.cache, ids, rows)


@dataclass(frozen=True, slots=True)
class BlockHole:
    """The hole after what `cache` holds, which is whole blocks, and after `head`, less than one. It
    never has more than `limit` tokens, and is `finished` where these say so."""

    cache: Cache
    head: tuple[int, ...]
    limit: int
    finished: Callable[[Sequence[int]], bool] = lambda tokens: False


def denoise_in_blocks(
    model: BlockModel,
    hole: BlockHole,
    settings: KeptSettings,
    generator: Generator,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[KeptStep]:
    """Write a hole; yields the state after every step, its passage the block at work and its guess
    the whole hole. `settings.steps` are those of a block.

    Blocks are denoised whole, for so was the model trained; what goes beyond the limit is left out.
    The caller's cache grows by the finished blocks but the last; cut it back with `truncate`.
    Raises ValueError where the head is as long as a block.
    """
    if len(hole.head) >= model.block:
        raise ValueError(f"a head of {len(hole.head)} tokens is no part of a block")
    block, head = _Block(model, hole.cache), hole.head
    written, steps = Guess((), (), ()), 0
    blocks = -(-(len(head) + hole.limit) // model.block)
    for later in reversed(range(blocks)):
        masks = OpenHole.of_masks(model.block - len(head), settings.mask)
        guess, done, over = written, False, False
        for state in denoise_kept(
            block, Passage((head, ()), (masks,)), settings, generator, cancelled
        ):
            steps, done = steps + 1, state.done
            tokens = state.passage.holes[0].tokens
            guess = _first(_joined(written, state.guesses[0]), hole.limit)
            over = done and (
                not later
                or any(token in settings.edits.ends for token in tokens)
                or hole.finished(guess.tokens)
            )
            left = 0 if over else state.steps_left + later * settings.steps
            yield replace(state, step=steps, steps_left=left, guesses=(guess,), done=over)
        if over or not done:
            return
        model.enqueue(hole.cache, model.ids([*head, *tokens]))
        written, head = guess, ()


def _joined(first: Guess, then: Guess) -> Guess:
    return Guess(
        first.tokens + then.tokens,
        first.committed + then.committed,
        first.probabilities + then.probabilities,
    )


def _first(guess: Guess, tokens: int) -> Guess:
    return Guess(guess.tokens[:tokens], guess.committed[:tokens], guess.probabilities[:tokens])
