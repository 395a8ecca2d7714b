"""InfillRequest -> drafts -> Infill: where text meets tokens.

Owns a model, its tokenizer and the prefix KV caches; works on one request at a time. Knows nothing
of sockets, editors or files.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Tensor

from fillwright.engine.diffusion.canvas import BUCKETS
from fillwright.engine.diffusion.denoise import Loop, denoise
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.infill.denoising.length_search import LengthSearch
from fillwright.engine.infill.denoising.lengths import LengthBias
from fillwright.engine.infill.denoising.strategies import write_denoised
from fillwright.engine.infill.drafting.best_of_n import best_of_beams, best_of_samples, write_draft
from fillwright.engine.infill.drafting.greedy import likeliest
from fillwright.engine.infill.ending import Spelt, Timed, counted, finish_of, last_of, whole_of
from fillwright.engine.infill.precedents import precedents_of
from fillwright.engine.infill.prefix_caches import PrefixCaches, growing_caches
from fillwright.engine.infill.prompts.prompt import Prompt
from fillwright.engine.infill.ranking.calibration import Calibration
from fillwright.engine.infill.ranking.certainty import certainty_of
from fillwright.engine.infill.ranking.plausibility import placeholder
from fillwright.engine.infill.ranking.ranker import Judge
from fillwright.engine.infill.sequential import one_by_one
from fillwright.engine.infill.state import Drafting, Task, Written
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.repetition import circle_start
from fillwright.engine.infill.text.seams import Seams, whole_lines
from fillwright.engine.infill.text.windows import WINDOW_CHARACTERS_PER_TOKEN
from fillwright.engine.infill.tokens.healing import Edges
from fillwright.engine.infill.tokens.settled import settled_ranges
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.evidence import Precedents
from fillwright.engine.memory.gate import Gate, Mixture
from fillwright.engine.memory.remembered import Remembered
from fillwright.engine.model import DiffusionGemma, PrefixCache
from fillwright.engine.request import Budget, Decode, Draft, Infill, InfillRequest, Length

OTHER_CANDIDATES_TEMPERATURE = 0.8
# far more than a canvas holds; a causal draft reads no more between two holes either
BETWEEN_CHARACTERS = 4096

States = Generator[Draft, None, Written | None]


@dataclass
class Infiller:
    """Fills holes with one model. `default_decode` and `default_length` are what a request's
    `auto` means; `length_bias` is the model's own, for a search of lengths. `loop` denoises
    canvases behind `caches`; without them it is denoise.denoise, and the caches grow. `caution` is
    what its user should know of the device; `calibration` says how sure it may be of a fill,
    and `languages` are the ids of those that it has learnt, None for all. `gate` says how
    much the user's own code counts, what is `remembered` of it and the open file; without a gate
    it is not looked at."""

    model: DiffusionGemma
    tokenizer: CodeTokenizer
    prompt: Prompt
    settings: DenoiseSettings
    default_decode: Decode
    model_name: str
    device: str
    default_length: Length = "end-mark"
    length_bias: LengthBias = field(default_factory=LengthBias)
    loop: Loop[PrefixCache] | None = None
    caches: Sequence[PrefixCache] = ()
    caution: str | None = None
    calibration: Calibration = field(default_factory=Calibration)
    languages: tuple[str, ...] | None = None
    gate: Gate | None = None
    remembered: Remembered = field(init=False)
    _denoise: Loop[PrefixCache] = field(init=False)
    _caches: PrefixCaches = field(init=False)

    def __post_init__(self) -> None:
        self._denoise = self.loop or partial(denoise, self.model)
        self._caches = PrefixCaches(self.model, self.caches or growing_caches(self.model))
        self.remembered = Remembered(self.tokenizer.encode, len(self.tokenizer.texts))

    @property
    def remembers(self) -> bool:
        """Whether what is remembered has a say."""
        return self.gate is not None

    @property
    def context_tokens(self) -> int:
        """How many tokens of the text around a hole the model is shown at most."""
        return self.prompt.prefix_tokens + self.prompt.suffix_tokens

    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        """Drafts, then exactly one Infill. `cancelled` is looked at between model passes, and so
        is the request's deadline. Raises BadRequest when the holes cannot be filled together, and
        EngineFailed when a GPU's memory is full."""
        try:
            yield from self._candidates(request, cancelled)
        except torch.OutOfMemoryError as error:
            raise EngineFailed(
                "The GPU's memory is full; close what else uses it, or ask with less context."
            ) from error

    def _candidates(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        stop = Stop(cancelled, request.budget, time.perf_counter)
        first = yield from self._fill(request, 0, stop)
        others = []
        for number in range(1, request.candidates):
            fill = last_of(self._fill(request, number, stop))
            if stop.reason is not None:
                break
            others.append(fill)
        yield replace(
            first,
            alternatives=tuple(fill.texts for fill in others),
            candidate_tokens=sum(fill.tokens for fill in (first, *others)),
        )

    def length_scores(self, request: InfillRequest) -> dict[int, float]:
        """What a search makes of each length of the request's only hole at first look, from
        noise and without a bias; higher is better."""
        request = replace(request, length="search")
        seams = Seams.of(request, self.tokenizer.starting_with)
        task, _ = self._task(request, seams, 0, Stop(lambda: False, Budget(), time.perf_counter))
        settings = self._settings(request, task)
        return LengthSearch.of(self.model, task, settings, LengthBias()).first_scores()

    def taught(self, request: InfillRequest, rest: str) -> tuple[Precedents, list[int], Tensor]:
        """Of the request's only hole, a line's, if the `rest` were written there: its precedents,
        the tokens of it, the end mark last, and the model's logits [tokens, vocab] before each."""
        seams = Seams.of(request, self.tokenizer.starting_with, True)
        stop = Stop(lambda: False, Budget(), time.perf_counter)
        task, _ = self._task(replace(request, decode="draft"), seams, 0, stop)
        project = self.remembered.stores(request.workspace, request.file_key)
        ids = self.tokenizer.encode(seams.leads[0] + rest + seams.ending)
        task.cache.truncate(task.prompt_cached)
        read = torch.tensor([task.prompt[-1], *ids], dtype=torch.int64, device=self.device)
        logits = self.model.logits(self.model.extend(task.cache, read))
        precedents = precedents_of(self.tokenizer, seams, task, project)
        return precedents, [*ids, task.end_marks[0]], logits

    def _fill(
        self, request: InfillRequest, number: int, stop: Stop
    ) -> Generator[Draft, None, Infill]:
        if len(request.holes) > 1 and self._decode(request) == "draft":
            return one_by_one(request, lambda single: self._candidate(single, number, stop))
        return self._candidate(request, number, stop)

    def _candidate(
        self, request: InfillRequest, number: int, stop: Stop
    ) -> Generator[Draft, None, Infill]:
        drafting = self._drafting(request, number)
        seams = Seams.of(request, self.tokenizer.starting_with, drafting == "beams")
        timings = {"prefill": 0.0, "draft": 0.0, "denoise": 0.0}
        decode = self._decode(request)
        written, prompt, new = None, 0, 0
        stop.begin()
        if not stop():
            with Timed(timings, "prefill"):
                task, new = self._task(request, seams, number, stop)
            prompt = len(task.prompt)
            written, decode = yield from self._write(request, seams, task, decode, timings, stop)
        holes = written.holes if written else ((),) * len(request.holes)
        sure = written.confidences() if written else holes
        spelt = [self.tokenizer.spell(ids) for ids in holes]
        kept = seams.fitting([s.text for s in spelt], self.prompt.closing)
        finish = finish_of(written, stop)
        if finish == "deadline" and stop.is_late:
            kept = [whole_of(*pair) for pair in zip(kept, spelt, strict=True)]
        shown = [spelling.showing(range_) for spelling, range_ in zip(spelt, kept, strict=True)]
        return Infill(
            texts=tuple(
                spelling.text[range_.start : range_.stop] + tail
                for spelling, range_, tail in zip(spelt, kept, seams.tails, strict=True)
            ),
            confidences=tuple(c[ids.start : ids.stop] for c, ids in zip(sure, shown, strict=True)),
            finish=finish,
            tokens=sum(map(len, shown)),
            steps=written.passes if written else 0,
            decode=decode,
            model=self.model_name,
            device=self.device,
            timings_ms=timings | {"total": stop.elapsed_ms()},
            length=written.length if written else "end-mark",
            certainty=certainty_of(written.evidence, self.calibration, sure[0], spelt[0], kept[0])
            if written and written.evidence
            else None,
            prompt_tokens=prompt,
            cached_tokens=max(0, prompt - 1 - new),
            remembered=written.remembered if written else 0.0,
        )

    def _task(
        self, request: InfillRequest, seams: Seams, number: int, stop: Stop
    ) -> tuple[Task, int]:
        """The task, and how many of its prompt's tokens had to be read."""
        prompt = self.prompt.ids(
            seams.prefix, seams.suffix, request.language, request.instruction, request.context
        )
        cache, new = self._caches.holding(request.document_key, prompt[:-1])
        drafting = self._drafting(request, number)
        edges = Edges(self.tokenizer, seams.leads[0], seams.ending)
        opening: list[int] = []
        while drafting == "alone" and not stop() and (allowed := edges.following(opening)):
            unread = opening[-1:] or prompt[-1:]
            opening.append(likeliest(self.model, cache, unread, allowed))
        others = (Edges(self.tokenizer, lead, "").following([]) for lead in seams.leads[1:])
        avoided = [] if drafting == "beams" else self._avoided(request, opening)
        tokens = request.budget.tokens
        behind: list[int] = []
        if self._length(request) != "end-mark":
            behind = self._behind(seams)
        task = Task(
            denoise=self._denoise,
            cache=cache,
            prompt=prompt,
            opening=opening,
            budgets=[max(1, tokens - len(opening)), *[tokens] * (len(request.holes) - 1)],
            edges=edges,
            firsts=[[], *others],
            avoided=avoided,
            margins=self.tokenizer.margins if any(avoided) else frozenset(),
            between=[self.tokenizer.encode(text[-BETWEEN_CHARACTERS:]) for text in seams.between],
            suffix=behind,
            end_marks=self.prompt.end_marks + (self.tokenizer.line_ends if seams.one_line else ()),
            drafting=drafting,
            temperature=0.0 if number == 0 else OTHER_CANDIDATES_TEMPERATURE,
            generator=torch.Generator(self.device).manual_seed(request.seed + number),
            cancelled=stop,
        )
        return replace(task, memory=self._memory(request, seams, task)), new

    def _avoided(self, request: InfillRequest, opening: list[int]) -> list[list[int]]:
        """Per hole, how what it replaces begins, where that is a stub's placeholder: a model that
        sees other stubs would write one more."""
        avoided = []
        for hole in request.holes:
            stub = placeholder(request.document, hole, request.language)
            known = self.tokenizer.encode(stub)[:1]
            avoided.append([i for first in known for i in self.tokenizer.spelt_like(first)])
        if avoided[0] and not self.tokenizer.margins.issuperset(opening):
            avoided[0] = []
        return avoided

    def _drafting(self, request: InfillRequest, number: int) -> Drafting:
        """Only the first candidate's draft, and only that of one hole, is chosen among several."""
        if number or self._decode(request) == "denoise" or len(request.holes) > 1:
            return "alone"
        return "samples" if request.shape == "block" else "beams"

    def _decode(self, request: InfillRequest) -> Decode:
        return self.default_decode if request.decode == "auto" else request.decode

    def _length(self, request: InfillRequest) -> Length:
        return self.default_length if request.length == "auto" else request.length

    def _settings(self, request: InfillRequest, task: Task) -> DenoiseSettings:
        steps = request.budget.steps or self.settings.steps
        return replace(self.settings, steps=steps, end_marks=task.end_marks)

    def _behind(self, seams: Seams) -> list[int]:
        """What stands behind the last hole, as much as a canvas can hold: the text and, behind
        its end, what the model writes there."""
        room = BUCKETS[-1]
        ids = self.tokenizer.encode(seams.suffix[: room * WINDOW_CHARACTERS_PER_TOKEN])[:room]
        end = [*self.tokenizer.encode(self.prompt.closing), *self.prompt.end_marks[:1] * room]
        return (ids + end)[:room]

    def _write(
        self,
        request: InfillRequest,
        seams: Seams,
        task: Task,
        decode: Decode,
        timings: dict[str, float],
        stop: Stop,
    ) -> Generator[Draft, None, tuple[Written | None, Decode]]:
        """Run the strategy; gives the last state and what was in fact done."""
        drafted = None
        if decode != "denoise":
            later = 0 if decode == "draft" else self._settings(request, task).steps
            drafted = yield from self._draft(request, seams, task, timings, stop, later)
            if drafted and task.drafting != "alone":
                task = replace(task, opening=self._lead(drafted, seams))
            if decode == "draft" or task.cancelled():
                return drafted, "draft"
        states = write_denoised(
            self.model,
            task,
            self._settings(request, task),
            self._length(request),
            self.length_bias,
            drafted,
        )
        if states is None and request.decode == "denoise":
            raise BadRequest(
                "These holes lie too far apart to be denoised on one canvas; fill them one at a "
                "time or use the decode 'draft'."
            )
        if states is None:
            written = drafted or (yield from self._draft(request, seams, task, timings, stop))
            return written, "draft"
        with Timed(timings, "denoise"):
            denoised = yield from self._show(seams, self._spelt(request, states), stop)
            if denoised is None and drafted:
                return drafted, "draft"
            if denoised and drafted and not task.cancelled():
                better = self._judge(request, seams, task.memory).better(drafted, denoised, task)
                if not task.cancelled() and better is not denoised:
                    judged = self._spelt(request, [better])
                    denoised = yield from self._show(seams, judged, stop)
        return denoised, decode

    def _draft(
        self,
        request: InfillRequest,
        seams: Seams,
        task: Task,
        timings: dict[str, float],
        stop: Stop,
        later: int = 0,
    ) -> States:
        """`later`: the steps at most that come after the draft."""
        with Timed(timings, "draft"):
            judge = self._judge(request, seams, task.memory)
            match task.drafting:
                case "beams":
                    states = self._spelt(request, best_of_beams(self.model, task, judge))
                case "samples":
                    states = self._spelt(request, best_of_samples(self.model, task, judge))
                case "alone":
                    states = self._spelt(request, write_draft(self.model, task))
                    states = self._until_a_circle(states)
            at_most = sum(task.budgets) + later
            return (yield from self._show(seams, counted(states, at_most), stop))

    def _lead(self, drafted: Written, seams: Seams) -> list[int]:
        """The tokens of a draft that its hole's lead is in."""
        spelling = self.tokenizer.spell(drafted.holes[0])
        return list(drafted.holes[0][: spelling.tokens_of(len(seams.leads[0]))])

    def _judge(self, request: InfillRequest, seams: Seams, memory: Mixture | None) -> Judge:
        closing = self.prompt.closing
        return Judge(self.model, self.tokenizer, self._caches, request, seams, closing, memory)

    def _memory(self, request: InfillRequest, seams: Seams, task: Task) -> Mixture | None:
        if self.gate is None or not request.memory or task.drafting != "beams":
            return None
        project = self.remembered.stores(request.workspace, request.file_key)
        precedents = precedents_of(self.tokenizer, seams, task, project)
        return Mixture(self.gate, precedents, seams.one_line)

    def _spelt(self, request: InfillRequest, states: Iterable[Written]) -> Iterator[Spelt]:
        """Each state within the budget, and the texts of its holes."""
        for state in states:
            within = state.within(request.budget.tokens)
            yield within, [self.tokenizer.spell(ids) for ids in within.holes]

    def _until_a_circle(self, states: Iterator[Spelt]) -> Iterator[Spelt]:
        """A lone hole's draft that runs in circles has said what it has to say."""
        for state, spelt in states:
            start = circle_start(spelt[-1].text)
            if len(spelt) == 1 and start < len(spelt[0].text):
                first = state.within(spelt[0].tokens_of(start))
                yield first, [self.tokenizer.spell(first.holes[0])]
                return
            yield state, spelt

    def _show(self, seams: Seams, states: Iterator[Spelt], stop: Stop) -> States:
        """Turn states into drafts; gives the last one."""
        state = None
        for state, spelt in states:
            stop.wrote(state.settled or all(whole_lines(each.text) for each in spelt))
            kept = seams.fitting([s.text for s in spelt], self.prompt.closing)
            yield Draft(
                state.passes,
                state.steps_left,
                tuple(s.text[r.start : r.stop] for s, r in zip(spelt, kept, strict=True)),
                tuple(
                    settled_ranges(*hole) for hole in zip(spelt, state.accepted, kept, strict=True)
                ),
            )
        return state
