"""InfillRequest -> drafts -> Infill: where text meets tokens.

Owns a model, its tokenizer and the prefix KV caches; works on one request at a time. Knows nothing
of sockets, editors or files.
"""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace

import torch

from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.causal_draft import likeliest
from fillwright.engine.infill.drafts import kept_tokens, text_and_settled
from fillwright.engine.infill.overlap import cut_overlap, first_line
from fillwright.engine.infill.prefix_caches import PrefixCaches
from fillwright.engine.infill.prompt import Prompt
from fillwright.engine.infill.seams import Seams
from fillwright.engine.infill.strategies import (
    Task,
    Written,
    write_denoised,
    write_draft,
    write_from_draft,
)
from fillwright.engine.infill.tokenizer import CodeTokenizer
from fillwright.engine.model import DiffusionGemma
from fillwright.engine.request import Decode, Draft, Finish, Infill, InfillRequest

OTHER_CANDIDATES_TEMPERATURE = 0.8

Steps = Generator[Draft, None, tuple[Written | None, str]]


@dataclass
class Infiller:
    """Fills holes with one model. `default_decode` is what a request's `auto` means."""

    model: DiffusionGemma
    tokenizer: CodeTokenizer
    prompt: Prompt
    settings: DenoiseSettings
    default_decode: Decode
    model_name: str
    device: str
    _caches: PrefixCaches = field(init=False)

    def __post_init__(self) -> None:
        self._caches = PrefixCaches(self.model)

    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        """Drafts, then exactly one Infill. `cancelled` is looked at between model passes, and so
        is the request's deadline. Raises BadRequest when the holes cannot be filled together."""
        stop = Stop(cancelled, request.budget.deadline_ms)
        first = yield from self._candidate(request, 0, stop)
        others = []
        for number in range(1, request.candidates):
            fill = _last(self._candidate(request, number, stop))
            if fill.finish in ("deadline", "cancelled"):
                break
            others.append(fill.texts)
        yield replace(first, alternatives=tuple(others))

    def _candidate(
        self, request: InfillRequest, number: int, stop: "Stop"
    ) -> Generator[Draft, None, Infill]:
        seams = Seams.of(request)
        timings = {"prefill": 0.0, "draft": 0.0, "denoise": 0.0}
        with Timed(timings, "prefill"):
            task = self._task(request, seams, number, stop)
        written, decode = yield from self._write(request, seams, task, timings)
        finish: Finish = stop.reason or ("settled" if written and written.settled else "budget")
        holes = written.holes if written else ((),) * len(request.holes)
        texts = self._texts(request, seams, holes)
        counts = [
            kept_tokens(self.tokenizer, ids, len(text) + (len(seams.lead) if i == 0 else 0))
            for i, (ids, text) in enumerate(zip(holes, texts, strict=True))
        ]
        sure = written.confidences if written else ((),) * len(request.holes)
        return Infill(
            texts=texts,
            confidences=tuple(c[:count] for c, count in zip(sure, counts, strict=True)),
            finish=finish,
            tokens=sum(counts),
            steps=written.forwards if written else 0,
            decode=decode,
            model=self.model_name,
            device=self.device,
            timings_ms=timings | {"total": stop.elapsed_ms()},
        )

    def _task(self, request: InfillRequest, seams: Seams, number: int, stop: "Stop") -> Task:
        prompt = self.prompt.ids(
            seams.prefix, seams.suffix, request.language, request.instruction, request.context
        )
        cache, _ = self._caches.holding(request.document_key, prompt[:-1])
        task = Task(
            cache=cache,
            prompt=prompt,
            opening=[],
            budgets=[request.budget.tokens for _ in request.holes],
            between=[self.tokenizer.encode(text) for text in seams.between],
            temperature=0.0 if number == 0 else OTHER_CANDIDATES_TEMPERATURE,
            generator=torch.Generator(self.device).manual_seed(request.seed + number),
            cancelled=stop,
        )
        return replace(task, opening=self._opening(task, seams.lead)) if seams.lead else task

    def _opening(self, task: Task, lead: str) -> list[int]:
        """First tokens of a fill that has to begin with the white space `lead`: the one token
        the causal head likes best among those that do, or the lead's own tokens."""
        allowed = torch.tensor([text.startswith(lead) for text in self.tokenizer.texts])
        if not allowed.any():
            return self.tokenizer.encode(lead)
        return [likeliest(self.model, task.cache, task.prompt[-1:], allowed)]

    def _write(
        self, request: InfillRequest, seams: Seams, task: Task, timings: dict[str, float]
    ) -> Steps:
        """Run the strategy; gives the last state and what was in fact done."""
        decode = self.default_decode if request.decode == "auto" else request.decode
        settings = replace(
            self.settings,
            steps=request.budget.steps or self.settings.steps,
            end_marks=self.prompt.end_marks,
        )
        written = None
        if decode in ("draft", "draft+denoise"):
            states = write_draft(self.model, task, settings.end_marks)
            with Timed(timings, "draft"):
                written = yield from self._show(request, seams, states, until_line=True)
        if decode == "draft" or task.cancelled():
            return written, "draft" if decode == "draft+denoise" else decode
        if written is not None:
            denoised = write_from_draft(self.model, task, settings, written)
        else:
            limit = self.model.config.canvas_length
            denoised = write_denoised(self.model, task, settings, limit)
        if denoised is None:
            if request.decode == "denoise":
                raise BadRequest(
                    "These holes lie too far apart to be denoised on one canvas; fill them one at "
                    "a time or use the decode 'draft'."
                )
            return written, "draft"
        with Timed(timings, "denoise"):
            written = (yield from self._show(request, seams, denoised)) or written
        return written, decode

    def _show(
        self,
        request: InfillRequest,
        seams: Seams,
        states: Iterator[Written],
        until_line: bool = False,
    ) -> Generator[Draft, None, Written | None]:
        """Turn states into drafts; gives the last one. `until_line` ends a one-line hole there."""
        state = None
        for state in states:
            leads = [len(seams.lead), *[0] * (len(request.holes) - 1)]
            shown = [
                text_and_settled(self.tokenizer, ids, accepted, lead)
                for ids, accepted, lead in zip(state.holes, state.accepted, leads, strict=True)
            ]
            texts = tuple(text for text, _ in shown)
            yield Draft(state.forwards, state.steps_left, texts, tuple(s for _, s in shown))
            one_line = request.shape == "line" and len(texts) == 1
            if until_line and one_line and first_line(texts[0]) != texts[0]:
                return replace(state, settled=True)
        return state

    def _texts(
        self, request: InfillRequest, seams: Seams, holes: tuple[tuple[int, ...], ...]
    ) -> tuple[str, ...]:
        fills = seams.without_lead([self.tokenizer.decode(list(ids)) for ids in holes])
        if request.shape == "line":
            fills = [first_line(fill) for fill in fills]
        followed = zip(fills, [*seams.between, seams.suffix], strict=True)
        cut = [cut_overlap(fill, following) for fill, following in followed]
        return tuple(fill + tail for fill, tail in zip(cut, seams.tails, strict=True))


class Stop:
    """Whether to stop: the caller cancelled, or the deadline has passed. Remembers the reason."""

    def __init__(self, cancelled: Callable[[], bool], deadline_ms: float | None) -> None:
        self._cancelled = cancelled
        self._deadline_ms = deadline_ms
        self._began = time.perf_counter()
        self.reason: Finish | None = None

    def __call__(self) -> bool:
        if self.reason is None:
            if self._cancelled():
                self.reason = "cancelled"
            elif self._deadline_ms is not None and self.elapsed_ms() >= self._deadline_ms:
                self.reason = "deadline"
        return self.reason is not None

    def elapsed_ms(self) -> float:
        return (time.perf_counter() - self._began) * 1000


class Timed:
    """Adds the milliseconds spent inside to `timings[name]`."""

    def __init__(self, timings: dict[str, float], name: str) -> None:
        self._timings, self._name = timings, name

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._timings[self._name] += (time.perf_counter() - self._began) * 1000


def _last(candidate: Generator[Draft, None, Infill]) -> Infill:
    while True:
        try:
            next(candidate)
        except StopIteration as finished:
            fill: Infill = finished.value
            return fill
