"""A request with a `strength`: what stands in its hole stays, but for its least likely tokens.

Knows the order of the work: read the prompt and the text, find what is unlikely, renoise it, keep
what is better than it was.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.checkpoint import Checkpoint
from fillwright.engine.infill.constraint.check import judged
from fillwright.engine.infill.denoising.renoise import (
    Likelihoods,
    Rewritten,
    improvements,
    least_likely,
    read_likelihoods,
    renoised,
)
from fillwright.engine.infill.ending import Timed
from fillwright.engine.infill.ranking.plausibility import Neighbourhood
from fillwright.engine.infill.standing import Standing, canvas_room
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.tokens.settled import settled_ranges
from fillwright.engine.request import Draft, Infill, InfillRequest


@dataclass(eq=False)
class Rewriting:
    """Runs once, for all candidates of a request, which are denoised side by side. `likelihoods`
    is how unlikely tokens are found."""

    checkpoint: Checkpoint
    request: InfillRequest
    stop: Stop
    likelihoods: Likelihoods = read_likelihoods
    _found: Sequence[float] = ()

    def run(self) -> Generator[Draft, None, Infill]:
        """Drafts; returns the fill. Raises BadRequest where the text is longer than a canvas."""
        assert self.request.strength is not None
        timings = {"prefill": 0.0, "draft": 0.0, "denoise": 0.0}
        model, text = self.checkpoint.model, self.text
        ids = text.ids
        if not text.fits:
            raise BadRequest(
                f"The text to rewrite has {len(ids)} tokens, and this model takes "
                f"{canvas_room(self.checkpoint)} at once; select less, or have it written again."
            )
        with Timed(timings, "prefill"):
            task = text.task(self.stop)
            found = self._found = self.likelihoods(model, task, ids)
        own = len(ids) - len(text.lead_ids)
        likely = [math.inf if at in text.lead_ids else each for at, each in enumerate(found)]
        free = least_likely(likely, self.request.strength, own)
        written = Rewritten(tuple(ids), 0.0)
        others: list[Rewritten] = []
        passes, done = 1, True
        if free:
            with Timed(timings, "denoise"):
                proposals = [list(ids)]
                for step, proposals in renoised(model, task, ids, free, self.request.candidates):
                    passes, done = 1 + step.step, bool(step.done.all())
                    yield self._draft(step.steps_left, passes, proposals[0], free)
                written, *others = self._ordered(improvements(model, task, ids, proposals))
                passes += 1
        sure = map(math.exp, read_likelihoods(model, task, written.ids))
        fill = Infill(
            texts=(text.text(written.ids),),
            confidences=(tuple(sure)[len(text.lead_ids) :],),
            finish=self.stop.reason or ("settled" if done else "budget"),
            tokens=own,
            steps=passes + 1,
            decode="denoise",
            model=self.checkpoint.model_name,
            device=self.checkpoint.device,
            timings_ms=timings | {"total": self.stop.elapsed_ms()},
            alternatives=tuple((text.text(each.ids),) for each in others),
            prompt_tokens=len(task.prompt),
            cached_tokens=max(0, task.prompt_cached - task.prompt_read),
            candidate_tokens=self.request.candidates * own,
        )
        return judged(self.request, fill)

    @property
    def found(self) -> list[tuple[int, float]]:
        """Where each token of the text ends, in its characters, and how likely it was found, nats;
        once the text was read."""
        pairs = zip(self.text.ends, self._found, strict=True)
        return [(end, each) for end, each in pairs if end > 0]

    @cached_property
    def text(self) -> Standing:
        return Standing(self.checkpoint, self.request)

    def _draft(self, steps_left: int, step: int, ids: Sequence[int], free: Sequence[int]) -> Draft:
        spelling = self.checkpoint.tokenizer.spell(ids)
        kept = range(len(self.text.seams.leads[0]), len(spelling.text))
        settled = settled_ranges(spelling, [at not in free for at in range(len(ids))], kept)
        text = spelling.text[kept.start :]
        return Draft(step, steps_left, (text,), (settled,), denoised=True)

    def _ordered(self, rewritten: Sequence[Rewritten]) -> list[Rewritten]:
        """Each text once: those with the fewest syntax faults first, of these the likeliest. What
        does not begin with the hole's lead is what stood there."""
        lead, plain = self.text.seams.leads[0], Rewritten(tuple(self.text.ids), 0.0)
        around = Neighbourhood.of(
            self.request.document, self.request.holes[0], self.request.language
        )

        def rank(each: Rewritten) -> tuple[int, float]:
            filled = around.with_fill(self.text.text(each.ids))
            return filled.faults if filled else 0, -each.gain

        texts = (
            each if self.checkpoint.tokenizer.decode(each.ids).startswith(lead) else plain
            for each in rewritten
        )
        return sorted(dict.fromkeys(texts), key=rank)
