"""InfillRequest -> drafts -> Infill, by a model that denoises masks with both sides in view.

How it has them in view is its Writing. Knows nothing of sockets, editors or files.
"""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod

import torch

from fillwright.engine.description import ModelDescription
from fillwright.engine.diffusion.kept import KeptStep
from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.filling import NO_ADAPTER
from fillwright.engine.infill.alternatives import with_alternatives
from fillwright.engine.infill.constraint.check import judged
from fillwright.engine.infill.display import Display
from fillwright.engine.infill.ending import Timed, finish_of, whole_of
from fillwright.engine.infill.hypotheses import Evidence
from fillwright.engine.infill.masked.preferring import best_first
from fillwright.engine.infill.masked.seams import MaskSeams
from fillwright.engine.infill.masked.writing import Attempt, Writing
from fillwright.engine.infill.ranking.calibration import Calibrations
from fillwright.engine.infill.ranking.certainty import certainty_of
from fillwright.engine.infill.ranking.plausibility import Neighbourhood
from fillwright.engine.infill.sequential import one_by_one
from fillwright.engine.infill.state import Written
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.remembered import Remembered
from fillwright.engine.request import DoubtRequest, Doubts, Draft, Infill, InfillRequest

SPEAKS_AGAINST = 0.3
"""What a fill with a new syntax fault keeps of its probability; set by hand, as for a server's."""


@dataclass
class MaskedInfiller:
    """Fills holes with the model of one checkpoint; an engine.filling.Engine.

    `languages` are the ids of those that it has learnt, None for all. It has no causal head:
    a request's `decode` and `length` change nothing, and no memory has a say.
    """

    writing: Writing
    tokenizer: CodeTokenizer
    description: ModelDescription
    model_name: str
    device: str
    languages: tuple[str, ...] | None = None
    warning: str | None = None
    calibrations: Calibrations = field(default_factory=Calibrations)
    remembered: Remembered = field(init=False)

    def __post_init__(self) -> None:
        vocabulary = len(self.tokenizer.texts)
        self.remembered = Remembered(self.tokenizer.encode, vocabulary, is_used=False)

    @property
    def context_tokens(self) -> int:
        """How many tokens of the text around a hole the model is shown at most."""
        return self.description.context - self.description.lines

    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        """Drafts, then exactly one Infill. `cancelled` is looked at between model passes, and so
        is the request's deadline. Raises BadRequest when the holes lie too far apart, and
        EngineFailed when a GPU's memory is full."""
        if request.adapter:
            raise BadRequest(NO_ADAPTER)
        if request.strength is not None:
            raise BadRequest("A mask model cannot renoise a text; have it written again.")
        stop = Stop(cancelled, request.budget, time.perf_counter)
        try:
            yield from with_alternatives(
                request,
                stop,
                lambda number: self._candidate(request, number, stop),
                partial(best_first, request),
            )
        except torch.OutOfMemoryError as error:
            raise EngineFailed(
                "The GPU's memory is full; close what else uses it, or use a smaller model."
            ) from error

    @property
    def is_calibrated(self) -> None:
        """It does not say how sure it is of a fill."""

    @property
    def doubts_by(self) -> None:
        """Nobody has measured what it would find."""

    def doubts(self, request: DoubtRequest, cancelled: Callable[[], bool]) -> Doubts:
        """Raises BadRequest."""
        raise BadRequest("A mask model does not look for unlikely places; choose another engine.")

    def _candidate(
        self, request: InfillRequest, number: int, stop: Stop
    ) -> Generator[Draft, None, Infill]:
        """Holes that are not denoised together are one after another."""

        def write(request: InfillRequest) -> Generator[Draft, None, Infill]:
            return self._write(request, number, stop)

        if self.writing.together or len(request.holes) == 1:
            return write(request)
        return one_by_one(request, write)

    def _write(
        self, request: InfillRequest, number: int, stop: Stop
    ) -> Generator[Draft, None, Infill]:
        stop.begin()
        joins = self.tokenizer.joins_indentation
        seams = MaskSeams.around(request, joins, self.description.holes)
        display = Display(self.tokenizer, seams, self.writing.closing, request.budget.tokens)
        timings = {"prefill": 0.0, "draft": 0.0, "denoise": 0.0}
        written, passes, attempt = None, 0, None
        with Timed(timings, "denoise"):
            for attempt in self.writing.attempts(request, seams, number, stop):
                states = display.spelt(_written(step, passes) for step in attempt.steps)
                written = (yield from display.shown(states, stop, denoised=True)) or written
                passes = written.passes if written else 0
                if stop() or (written and any(written.holes)):
                    break
        fill = self._infill(request, seams, written, stop, timings)
        return judged(request, _with_prompt(fill, attempt))

    def _infill(
        self,
        request: InfillRequest,
        seams: MaskSeams,
        written: Written | None,
        stop: Stop,
        timings: dict[str, float],
    ) -> Infill:
        """The fill: what of the written tokens stays, with its confidences."""
        holes = written.holes if written else ((),) * len(request.holes)
        sure = written.confidences() if written else holes
        spelt = [self.tokenizer.spell(ids) for ids in holes]
        kept = seams.fitting([each.text for each in spelt], self.writing.closing)
        finish = finish_of(written, stop)
        if finish == "deadline" and stop.is_late:
            kept = [whole_of(*pair) for pair in zip(kept, spelt, strict=True)]
        ids = [spelling.showing(each) for spelling, each in zip(spelt, kept, strict=True)]
        texts = [each.text[r.start : r.stop] for each, r in zip(spelt, kept, strict=True)]
        certainty = None
        if written is not None and written.settled and len(holes) == 1 and sure[0]:
            evidence = Evidence(prod(sure[0]) * self._doubt(request, texts[0]))
            certainty = certainty_of(evidence, self.calibrations, sure[0], spelt[0], kept[0])
        return Infill(
            texts=tuple(map("".join, zip(texts, seams.tails, strict=True))),
            confidences=tuple(p[own.start : own.stop] for p, own in zip(sure, ids, strict=True)),
            finish=finish,
            tokens=sum(map(len, ids)),
            steps=written.passes if written else 0,
            decode="denoise",
            model=self.model_name,
            device=self.device,
            timings_ms=timings | {"total": stop.elapsed_ms()},
            length="expand" if self.description.expand else "end-mark",
            certainty=certainty,
        )

    def _doubt(self, request: InfillRequest, text: str) -> float:
        """What is left of a probability where the fill makes a syntax fault that an empty hole
        does not have."""
        around = Neighbourhood.of(request.document, request.holes[0], request.language)
        filled, empty = around.with_fill(text), around.with_fill("")
        worse = filled is not None and empty is not None and filled.faults > empty.faults
        return SPEAKS_AGAINST if worse else 1.0


def _with_prompt(fill: Infill, attempt: Attempt | None) -> Infill:
    if attempt is None:
        return fill
    return replace(fill, prompt_tokens=attempt.shown, cached_tokens=attempt.cached)


def _written(step: KeptStep, passes: int) -> Written:
    """The state after a step, when `passes` were made before the first."""
    return Written(
        tuple(guess.tokens for guess in step.guesses),
        tuple(guess.committed for guess in step.guesses),
        lambda: tuple(guess.probabilities for guess in step.guesses),
        settled=step.done,
        passes=passes + step.step,
        steps_left=step.steps_left,
    )
