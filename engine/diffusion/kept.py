"""The loop of models whose noise is the mask token: what a step commits is kept.

Their logits at rows that are no mask were never trained, so nothing is decided twice. Between two
steps the holes may grow and shrink. Knows nothing of text; it asks `cancelled` before every step.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor

from fillwright.engine.diffusion.accept import Accept, Measure, by_sureness, confidence_in
from fillwright.engine.diffusion.passage import Edits, Passage
from fillwright.engine.diffusion.row_convention import RowConvention


class MaskDenoiser(Protocol):
    """The model as this loop sees it."""

    def row_logits(self, ids: Tensor, rows: Tensor) -> Tensor:
        """ids int64 [sequence], rows int64 [asked] -> the logits of these rows of the network,
        float32 [asked, vocab]."""


@dataclass(frozen=True, slots=True)
class KeptSettings:
    """`steps` is the most there may be; where they run short, more rows are committed at a step
    than `accept` would. Neither `mask` nor the `banned` tokens are ever written. `deletes_last`: no
    row is deleted while another one says a token, and then the first that deletes is."""

    mask: int
    accept: Accept
    measure: Measure
    edits: Edits
    steps: int
    temperature: float = 0.0
    top_p: float = 1.0
    banned: tuple[int, ...] = ()
    rows: RowConvention = RowConvention.SHIFTED
    deletes_last: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1 or self.temperature < 0 or not 0 < self.top_p <= 1:
            raise ValueError("a fill has steps, a temperature from 0 on and a top_p in 0..1")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a hole would say if this were the last step: per token whether it is `committed`, and
    how probable it was when it was chosen."""

    tokens: tuple[int, ...]
    committed: tuple[bool, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class KeptStep:
    """The state after a step, which counts from 1; `done`: no row is open any more."""

    step: int
    steps_left: int
    passage: Passage
    guesses: tuple[Guess, ...]
    done: bool


@torch.no_grad()
def denoise_kept(
    model: MaskDenoiser,
    passage: Passage,
    settings: KeptSettings,
    generator: Generator,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[KeptStep]:
    """Denoise the holes of a passage together; yields the state after every step.

    Ends when no row is open, which is after `steps` at the latest, or `cancelled` says so.
    The generator's device must be the model's. Raises ValueError where a shifted model has nothing
    before its first hole.
    """
    if settings.rows.overlap and not passage.texts[0]:
        raise ValueError("with shifted rows a token stands before the first hole")
    for steps_left in range(settings.steps, 0, -1):
        open_rows = [
            (number, row)
            for number, hole in enumerate(passage.holes)
            for row in hole.open_rows(settings.mask, settings.edits)
        ]
        if not open_rows or cancelled():
            return
        drawn = _draw(model, passage, open_rows, settings, steps_left, generator)
        chosen = settings.accept(drawn.confidence, steps_left)
        # the steps that are left must do for all
        at_least = -(-len(open_rows) // steps_left)
        if len(chosen) < at_least:
            chosen = by_sureness(drawn.confidence)[:at_least]
        accepted = set(chosen.tolist())
        passage, guesses = _committed(passage, open_rows, drawn, accepted, settings)
        done = not any(hole.open_rows(settings.mask, settings.edits) for hole in passage.holes)
        step = settings.steps - steps_left + 1
        yield KeptStep(step, 0 if done else steps_left - 1, passage, guesses, done)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Per open row a drawn token, its probability untempered, and how sure the model is of it."""

    tokens: list[int]
    probabilities: list[float]
    confidence: Tensor


def _draw(
    model: MaskDenoiser,
    passage: Passage,
    open_rows: list[tuple[int, int]],
    settings: KeptSettings,
    steps_left: int,
    generator: Generator,
) -> _Drawn:
    starts, device = passage.starts, generator.device
    places = [starts[number] + row for number, row in open_rows]
    rows = torch.tensor(places, device=device) - settings.rows.overlap
    logits = model.row_logits(torch.tensor(passage.ids, device=device), rows).clone()
    logits[:, [settings.mask, *settings.banned]] = -torch.inf
    if settings.edits.expand is not None:
        grows = [passage.holes[number].may_grow and steps_left > 1 for number, _ in open_rows]
        logits[~torch.tensor(grows, device=device), settings.edits.expand] = -torch.inf
    tempered = distribution(logits, settings.temperature, settings.top_p)
    if settings.temperature:
        tokens = torch.multinomial(tempered, 1, generator=generator)[:, 0]
    else:
        tokens = tempered.argmax(-1)
    own = logits.gather(-1, tokens[:, None])[:, 0] - logits.logsumexp(-1)
    confidence = confidence_in(tempered, tokens, settings.measure)
    if settings.deletes_last and settings.edits.delete is not None:
        after_all = confidence.min() - 1 - torch.arange(len(tokens), device=device)
        confidence = torch.where(tokens.eq(settings.edits.delete), after_all, confidence)
    return _Drawn(tokens.tolist(), own.exp().tolist(), confidence)


def distribution(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """Probabilities float32 of the shape of logits [rows, vocab], tempered (0: not), then without
    the least likely tokens after the first that make up more than `top_p` (nucleus sampling,
    arXiv 1904.09751)."""
    probabilities = (logits / temperature if temperature else logits).softmax(-1)
    if top_p == 1:
        return probabilities
    # less likely ones have less than 1 - top_p together, so all of them go
    likely = probabilities >= (1 - top_p) / probabilities.shape[-1]
    found = probabilities.topk(int(likely.sum(-1).max()), dim=-1)
    before = found.values.cumsum(-1) - found.values
    kept = found.values.masked_fill(before > top_p, 0.0)
    nucleus = torch.zeros_like(probabilities).scatter_(-1, found.indices, kept)
    return nucleus / nucleus.sum(-1, keepdim=True)


def _committed(
    passage: Passage,
    open_rows: list[tuple[int, int]],
    drawn: _Drawn,
    accepted: set[int],
    settings: KeptSettings,
) -> tuple[Passage, tuple[Guess, ...]]:
    """The passage with the accepted tokens and their edits, and what its holes would say."""
    holes, guesses = [], []
    for number, hole in enumerate(passage.holes):
        own = [place for place, (of, _) in enumerate(open_rows) if of == number]
        tokens = {open_rows[place][1]: drawn.tokens[place] for place in own}
        sure = {open_rows[place][1]: drawn.probabilities[place] for place in own}
        taken = {open_rows[place][1] for place in own if place in accepted}
        was_open = [row in tokens for row in range(len(hole.tokens))]
        committed = hole.committed(
            {row: tokens[row] for row in taken}, {row: sure[row] for row in taken}
        )
        holes.append(committed.edited(was_open, settings.mask, settings.edits))
        whole = hole.committed(tokens, sure)
        marks = [not opened or row in taken for row, opened in enumerate(was_open)]
        guesses.append(_guess(whole.tokens, marks, whole.probabilities, was_open, settings))
    return Passage(passage.texts, tuple(holes)), tuple(guesses)


def _guess(
    tokens: tuple[int, ...],
    marks: list[bool],
    probabilities: tuple[float, ...],
    was_open: list[bool],
    settings: KeptSettings,
) -> Guess:
    """Without the tokens that stand for an edit, the open rows that a `delete` would take, and what
    comes after an end."""
    kept, edits = [], settings.edits
    ended = False
    for row, token in enumerate(tokens):
        if token in edits.ends:
            break
        ended = ended or (token == edits.delete and was_open[row])
        if token not in (edits.expand, settings.mask) and not (was_open[row] and ended):
            kept.append(row)
    return Guess(
        tuple(tokens[row] for row in kept),
        tuple(marks[row] for row in kept),
        tuple(probabilities[row] for row in kept),
    )
