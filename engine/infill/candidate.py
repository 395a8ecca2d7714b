"""One candidate of a request, from the prompt to the fill.

Knows the order of the work: read the prompt, draft, denoise, rank, cut. How each is done is in the
rooms beside this file.
"""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from functools import cached_property

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.checkpoint import Checkpoint
from fillwright.engine.infill.constraint.check import check_of
from fillwright.engine.infill.denoising.strategies import write_denoised
from fillwright.engine.infill.display import Display, States
from fillwright.engine.infill.drafting.best_of_n import DRAFTERS
from fillwright.engine.infill.ending import Timed, counted, finish_of, whole_of
from fillwright.engine.infill.first_draft import first_draft
from fillwright.engine.infill.plan import Plan
from fillwright.engine.infill.preparation import Preparation
from fillwright.engine.infill.ranking.certainty import certainty_of
from fillwright.engine.infill.ranking.code_ranker import CodeRanker
from fillwright.engine.infill.ranking.ranker import Ranker
from fillwright.engine.infill.spelt_form import SpeltForm
from fillwright.engine.infill.state import Task, Written
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.infill.typed_pins import LastCanvas
from fillwright.engine.request import Decode, Draft, Infill, InfillRequest

Outcome = tuple[Written | None, Decode]


@dataclass(eq=False)
class Candidate:
    """Runs once. `timings` are milliseconds, and `task` is there once the prompt was read."""

    checkpoint: Checkpoint
    request: InfillRequest
    plan: Plan
    seams: Seams
    stop: Stop
    timings: dict[str, float] = field(
        default_factory=lambda: {"prefill": 0.0, "draft": 0.0, "denoise": 0.0}
    )
    task: Task | None = None
    is_first: bool = True

    @classmethod
    def of(
        cls, checkpoint: Checkpoint, request: InfillRequest, number: int, stop: Stop
    ) -> "Candidate":
        """Candidate `number` of a request, from 0."""
        plan = checkpoint.plan(request, number)
        starts_a_token = checkpoint.tokenizer.starts_a_token
        seams = Seams.of(request, starts_a_token, ends_in_words=plan.drafting == "beams")
        return cls(checkpoint, request, plan, seams, stop, is_first=number == 0)

    def run(self) -> Generator[Draft, None, Infill]:
        """Drafts; returns the fill. Raises BadRequest when the holes must be denoised and cannot
        be."""
        outcome: Outcome = None, self.plan.decode
        self.stop.begin()
        said = self._before.finished(self.request) if self._before else None
        if said is not None:
            return said
        if not self.stop():
            if self.request.unasked and self._remembered:
                yield self._remembered
            with Timed(self.timings, "prefill"):
                task = self.prepare()
            outcome = yield from self._write(task)
        fill = self._infill(*outcome)
        if self._goes_on and outcome[0] is not None:
            self.checkpoint.last_canvases.keep(self._last_canvas(outcome[0], fill))
        return fill

    def prepare(self) -> Task:
        """Read the prompt, and say what is to be written."""
        self.task = self._preparation.task(self.stop)
        return self.task

    @cached_property
    def _preparation(self) -> Preparation:
        rest = self._before.rest(self.request) if self._before else None
        return Preparation(self.checkpoint, self.request, self.plan, self.seams, self.form, rest)

    @property
    def _goes_on(self) -> bool:
        """Whether its canvas may go on from the last one of its document, and is gone on with: that
        of a lone hole that finds its length by its end mark."""
        plan, lone = self.plan, len(self.request.holes) == 1 and self.form is None
        return lone and self.is_first and plan.decode == "denoise" and plan.length == "end-mark"

    @cached_property
    def _before(self) -> LastCanvas | None:
        return self.checkpoint.last_canvases.of(self.request) if self._goes_on else None

    def _last_canvas(self, written: Written, fill: Infill) -> LastCanvas:
        spelling = self.checkpoint.tokenizer.spell(written.holes[0])
        (kept,) = self.seams.fitting([spelling.text], self.checkpoint.prompt.closing)
        return LastCanvas.of(fill, self.request, spelling, kept, written.accepted[0])

    @cached_property
    def form(self) -> SpeltForm | None:
        """What the hole has to spell. Raises BadRequest for a constraint that cannot be checked."""
        check, known = check_of(self.request), self.checkpoint
        if check is None:
            return None
        return SpeltForm(check, known.tokenizer, self.seams, known.prompt.closing)

    @cached_property
    def _remembered(self) -> Draft | None:
        """What stood between such contexts before; needs no model."""
        known, memory = self.checkpoint, self._preparation.memory
        if memory is None:
            return None
        calibration = known.calibrations.precedent
        precedents, steps = memory.precedents, self.plan.tokens
        return first_draft(precedents, known.tokenizer, self.seams, calibration, steps)

    @cached_property
    def ranker(self) -> Ranker:
        known = self.checkpoint
        return CodeRanker(
            model=known.model,
            tokenizer=known.tokenizer,
            caches=known.prefix_caches,
            request=self.request,
            seams=self.seams,
            closing=known.prompt.closing,
            memory=self.task.memory if self.task else None,
            time_left=lambda: self.stop.reason is None,
        )

    @cached_property
    def display(self) -> Display:
        known = self.checkpoint
        closing, watched = known.prompt.closing, self.request.watched
        return Display(known.tokenizer, self.seams, closing, self.plan.tokens, watched)

    def _write(self, task: Task) -> Generator[Draft, None, Outcome]:
        """By draft, denoising, or both; returns the last state and what was in fact done. A draft
        that does not meet the request's constraint is not enough."""
        model, decode, drafted = self.checkpoint.model, self.plan.decode, None
        if decode != "denoise":
            later = 0 if decode == "draft" else self.plan.settings.steps
            drafted = yield from self._draft(task, later)
            if drafted and self.plan.chooses:
                task = replace(task, opening=self._lead(drafted))
            if (decode == "draft" and self._meets(drafted)) or task.cancelled():
                return drafted, "draft"
            if decode == "draft":
                drafted, decode = None, "denoise"
        states = write_denoised(model, task, self.checkpoint.length_bias, drafted)
        if states is None and self.plan.must_denoise:
            raise BadRequest(
                "These holes lie too far apart to be denoised on one canvas; fill them one at a "
                "time or use the decode 'draft'."
            )
        if states is None:
            written = drafted or (yield from self._draft(task, 0))
            return written, "draft"
        with Timed(self.timings, "denoise"):
            spelt = self.display.spelt(states)
            denoised = yield from self.display.shown(spelt, self.stop, denoised=True)
            if denoised is None and drafted:
                return drafted, "draft"
            if denoised and drafted and not task.cancelled():
                only = self._meets(denoised) and not self._meets(drafted)
                better = denoised if only else self.ranker.better(drafted, denoised, task)
                if not task.cancelled() and better is not denoised:
                    ranked = self.display.spelt([better])
                    denoised = yield from self.display.shown(ranked, self.stop, denoised=True)
        return denoised, decode

    def _draft(self, task: Task, later: int) -> States:
        """`later`: the steps at most that come after the draft."""
        with Timed(self.timings, "draft"):
            write = DRAFTERS[self.plan.drafting]
            states = self.display.spelt(write(self.checkpoint.model, task, self.ranker))
            if not self.plan.chooses:
                states = self.display.until_repetition(states)
            at_most = sum(task.budgets) + later
            spelt = counted(states, at_most)
            return (yield from self.display.shown(spelt, self.stop, denoised=False))

    def _meets(self, written: Written | None) -> bool:
        """Whether the constraint, if there is one, is met."""
        return self.form is None or (written is not None and self.form.is_met(written.holes[0]))

    def _lead(self, drafted: Written) -> list[int]:
        """The tokens of a draft that its hole's lead is in."""
        if self.request.constraint.kind in ("regex", "one of"):
            return self.checkpoint.tokenizer.encode(self.seams.leads[0])
        spelling = self.checkpoint.tokenizer.spell(drafted.holes[0])
        return list(drafted.holes[0][: spelling.tokens_of(len(self.seams.leads[0]))])

    def _infill(self, written: Written | None, decode: Decode) -> Infill:
        """The fill: what of the written tokens stays, with its confidences."""
        known, task = self.checkpoint, self.task
        holes = written.holes if written else ((),) * len(self.request.holes)
        confidences = written.confidences() if written else holes
        spelt = [known.tokenizer.spell(ids) for ids in holes]
        kept = self.seams.fitting([each.text for each in spelt], known.prompt.closing)
        finish = finish_of(written, self.stop)
        if finish == "deadline" and self.stop.is_late:
            kept = [whole_of(*pair) for pair in zip(kept, spelt, strict=True)]
        shown = [spelling.showing(range_) for spelling, range_ in zip(spelt, kept, strict=True)]
        evidence = written.evidence if written else None
        texts = tuple(
            spelling.text[range_.start : range_.stop] + tail
            for spelling, range_, tail in zip(spelt, kept, self.seams.tails, strict=True)
        )
        if self.form and finish != "cancelled" and not self.form.check.is_met(texts[0]):
            finish = "unmet"
        return Infill(
            texts=texts,
            confidences=tuple(
                own[ids.start : ids.stop] for own, ids in zip(confidences, shown, strict=True)
            ),
            finish=finish,
            tokens=sum(map(len, shown)),
            steps=written.passes if written else 0,
            decode=decode,
            model=known.model_name,
            device=known.device,
            timings_ms=self.timings | {"total": self.stop.elapsed_ms()},
            length=written.length if written else "end-mark",
            certainty=certainty_of(evidence, known.calibrations, confidences[0], spelt[0], kept[0])
            if evidence
            else None,
            prompt_tokens=len(task.prompt) if task else 0,
            cached_tokens=max(0, task.prompt_cached - task.prompt_read) if task else 0,
            remembered=written.remembered if written else 0.0,
        )
