"""A request with a `strength`: what stands in its hole stays, but for its least likely tokens.

Knows the order of the work: read the prompt and the text, find what is unlikely, renoise it, try
what else is of its kind, and keep what is better than it was.
"""

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.checkpoint import Checkpoint
from fillwright.engine.infill.constraint.check import judged
from fillwright.engine.infill.denoising.changes import Change, changed, changes_between, gains
from fillwright.engine.infill.denoising.renoise import (
    Likelihoods,
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
from fillwright.engine.syntax.substitutes import substitutes

LEAST_GAIN = 10.0
"""Nats by which a change must make the text likelier at strength 0, falling to none at 1. Chosen on
projects to fit on, at 0.2: of 50 swapped tokens 22 are put right from 8 nats on, 23 from 0 on; of
30 bodies that are right 20 and 10 stay as they are.
"""
NAMES = 12
"""Names that are tried in the place of one, the nearest. Set by hand."""
TRIED = 160
"""Substitutes that are tried at most, of the least likely places first: a pass for 32. Set by hand.
"""
WHOLE = 5
"""Changes that are made at strength 1, and at less a share of them: one when touching up. Set by
hand."""


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
        written, *others = [tuple(ids)]
        passes, done = 1, True
        if free:
            with Timed(timings, "denoise"):
                proposals = [list(ids)]
                for step, proposals in renoised(model, task, ids, free, self.request.candidates):
                    passes, done = 1 + step.step, bool(step.done.all())
                    yield self._draft(step.steps_left, passes, proposals[0], free)
                tried = [change for each in proposals for change in changes_between(ids, each)]
                tried = list(dict.fromkeys([*tried, *self._of_their_kind(found, free)]))
                gained = list(gains(model, task, ids, tried))
                written, *others = self._ordered(zip(tried, gained, strict=False))
                passes += 1
        sure = map(math.exp, read_likelihoods(model, task, written))
        fill = Infill(
            texts=(text.text(written),),
            confidences=(tuple(sure)[len(text.lead_ids) :],),
            finish=self.stop.reason or ("settled" if done else "budget"),
            tokens=own,
            steps=passes + 1,
            decode="denoise",
            model=self.checkpoint.model_name,
            device=self.checkpoint.device,
            timings_ms=timings | {"total": self.stop.elapsed_ms()},
            alternatives=tuple((text.text(each),) for each in others),
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

    def _of_their_kind(self, found: Sequence[float], free: Sequence[int]) -> Iterator[Change]:
        """What else could stand in a place of code that holds a free token, or that one follows: a
        wrong token often makes the next one unlikely. The least likely places come first."""
        text, hole = self.text, self.request.holes[0]
        before, lead = text.text(text.ids), text.seams.leads[0]
        if before != self.request.document[hole.start : hole.end]:
            # tokens cannot spell it, so that places in its characters are others in its ids
            return
        places = substitutes(
            self.request.document, self.request.language, hole.start, hole.end, NAMES
        )
        borders, doubtful = [0, *text.ends], []
        for place in places:
            start, end = place.start - hole.start, place.end - hole.start
            own = [at for at, to in enumerate(text.ends) if to > start and borders[at] < end]
            near = [at for at in (*own, *(at + 1 for at in own[-1:])) if at in free]
            if near:
                least = min(found[at] for at in near)
                doubtful += [(least, start, end, other) for other in place.others]
        doubtful.sort(key=lambda each: each[0])
        for _, start, end, other in doubtful[:TRIED]:
            after = before[:start] + other + before[end:]
            ids = self.checkpoint.tokenizer.encode(lead + after.removesuffix(text.seams.tails[0]))
            yield from changes_between(text.ids, ids)

    def _ordered(self, gained: Iterable[tuple[Change, float]]) -> list[tuple[int, ...]]:
        """Texts, each once: with the best changes that the strength allows, then with one each, the
        best first. A change that brings a syntax fault or a name that nothing binds is none, nor is
        one of the hole's lead; where none is left it is the text that stands there."""
        assert self.request.strength is not None
        text, lead = self.text, self.text.seams.leads[0]
        around = Neighbourhood.of(
            self.request.document, self.request.holes[0], self.request.language
        )

        def faults(ids: Sequence[int]) -> tuple[int, int]:
            filled = around.with_fill(text.text(ids))
            return (filled.faults, filled.name_faults) if filled else (0, 0)

        standing, better = faults(text.ids), []
        least = LEAST_GAIN * (1 - self.request.strength)
        for change, gain in gained:
            ids = changed(text.ids, [change])
            if not 0 < gain >= least or not self.checkpoint.tokenizer.decode(ids).startswith(lead):
                continue
            found = faults(ids)
            if found <= standing:
                better.append((found[0], -gain, change))
        singles = [change for *_, change in sorted(better, key=lambda each: each[:2])]
        best: list[Change] = []
        for change in singles:
            if not any(change.touches(other) for other in best):
                best.append(change)
        best = best[: math.ceil(self.request.strength * WHOLE)]
        texts = dict.fromkeys(
            changed(text.ids, each) for each in (best, *([change] for change in singles))
        )
        return list(texts)[: self.request.candidates]
