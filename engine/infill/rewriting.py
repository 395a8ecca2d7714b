"""A request with a `strength`: what stands in its hole stays, but for its least likely tokens.

Knows the order of the work: read the prompt and the text, find what is unlikely, renoise it, keep
what is better than it was.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
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
from fillwright.engine.infill.preparation import Preparation
from fillwright.engine.infill.ranking.plausibility import Neighbourhood
from fillwright.engine.infill.state import Task
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.seams import Seams
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
        model, ids = self.checkpoint.model, self._ids
        # the prompt's last token may stand before them, and an end mark stands after them
        room = model.config.canvas_length - 2
        if len(ids) > room:
            raise BadRequest(
                f"The text to rewrite has {len(ids)} tokens, and this model takes {room} at once; "
                "select less, or have it written again."
            )
        with Timed(timings, "prefill"):
            task = self._task()
            found = self._found = self.likelihoods(model, task, ids)
        likely = [math.inf if at in self._lead_ids else each for at, each in enumerate(found)]
        free = least_likely(likely, self.request.strength, len(ids) - len(self._lead_ids))
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
            texts=(self._text(written.ids),),
            confidences=(tuple(sure)[len(self._lead_ids) :],),
            finish=self.stop.reason or ("settled" if done else "budget"),
            tokens=len(ids) - len(self._lead_ids),
            steps=passes + 1,
            decode="denoise",
            model=self.checkpoint.model_name,
            device=self.checkpoint.device,
            timings_ms=timings | {"total": self.stop.elapsed_ms()},
            alternatives=tuple((self._text(each.ids),) for each in others),
            prompt_tokens=len(task.prompt),
            cached_tokens=max(0, task.prompt_cached - task.prompt_read),
            candidate_tokens=self.request.candidates * (len(ids) - len(self._lead_ids)),
        )
        return judged(self.request, fill)

    @property
    def found(self) -> list[tuple[int, float]]:
        """Where each token of the text ends, in its characters, and how likely it was found, nats;
        once the text was read."""
        lead = len(self._seams.leads[0])
        ends = self.checkpoint.tokenizer.spell(self._ids).ends
        return [
            (end - lead, each) for end, each in zip(ends, self._found, strict=True) if end > lead
        ]

    @cached_property
    def _seams(self) -> Seams:
        return Seams.of(self.request, self.checkpoint.tokenizer.starting_with)

    @cached_property
    def _ids(self) -> list[int]:
        """Of what stands in the hole, its lead included."""
        hole = self.request.holes[0]
        text = self.request.document[hole.start : hole.end].removesuffix(self._seams.tails[0])
        return self.checkpoint.tokenizer.encode(self._seams.leads[0] + text)

    @cached_property
    def _lead_ids(self) -> range:
        """The ids that spell nothing but the lead."""
        ends = self.checkpoint.tokenizer.spell(self._ids).ends
        return range(sum(end <= len(self._seams.leads[0]) for end in ends))

    def _task(self) -> Task:
        # where a draft would be chosen among several, the lead is left alone
        plan = replace(self.checkpoint.plan(self.request, 0), decode="denoise", drafting="samples")
        return Preparation(self.checkpoint, self.request, plan, self._seams).task(self.stop)

    def _text(self, ids: Sequence[int]) -> str:
        text = self.checkpoint.tokenizer.decode(ids)
        return text[len(self._seams.leads[0]) :] + self._seams.tails[0]

    def _draft(self, steps_left: int, step: int, ids: Sequence[int], free: Sequence[int]) -> Draft:
        spelling = self.checkpoint.tokenizer.spell(ids)
        kept = range(len(self._seams.leads[0]), len(spelling.text))
        settled = settled_ranges(spelling, [at not in free for at in range(len(ids))], kept)
        text = spelling.text[kept.start :]
        return Draft(step, steps_left, (text,), (settled,), denoised=True)

    def _ordered(self, rewritten: Sequence[Rewritten]) -> list[Rewritten]:
        """Each text once: those with the fewest syntax faults first, of these the likeliest. What
        does not begin with the hole's lead is what stood there."""
        lead, plain = self._seams.leads[0], Rewritten(tuple(self._ids), 0.0)
        around = Neighbourhood.of(
            self.request.document, self.request.holes[0], self.request.language
        )

        def rank(each: Rewritten) -> tuple[int, float]:
            filled = around.with_fill(self._text(each.ids))
            return filled.faults if filled else 0, -each.gain

        texts = (
            each if self.checkpoint.tokenizer.decode(each.ids).startswith(lead) else plain
            for each in rewritten
        )
        return sorted(dict.fromkeys(texts), key=rank)
