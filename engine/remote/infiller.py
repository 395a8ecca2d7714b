"""InfillRequest -> drafts -> Infill, with somebody else's server for a model.

Has the face of the local engine's infiller; knows adapters, and nothing of HTTP.
"""

import math
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from fillwright.engine.errors import BadRequest
from fillwright.engine.filling import NO_ADAPTER, Memory
from fillwright.engine.infill.ranking.calibration import Calibration
from fillwright.engine.infill.sequential import one_by_one
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.seams import Seams, whole_lines
from fillwright.engine.infill.typed_pins import LastCanvas, LastCanvases
from fillwright.engine.remote.certainty import certainty_of
from fillwright.engine.remote.choosing import ranked
from fillwright.engine.remote.connection import Connection
from fillwright.engine.remote.constrained import constrained
from fillwright.engine.remote.joint import infill_of, takes_of
from fillwright.engine.remote.marks import Marks
from fillwright.engine.remote.own_code import OwnCode
from fillwright.engine.remote.pump import Pump
from fillwright.engine.remote.question import (
    Adapter,
    JointAdapter,
    JointAnswer,
    JointQuestion,
    Question,
)
from fillwright.engine.remote.refusals import RefusedError
from fillwright.engine.remote.take import Hole, Take
from fillwright.engine.remote.window import Window
from fillwright.engine.remote.writing import form_of, written
from fillwright.engine.request import DoubtRequest, Doubts, Draft, Finish, Infill, InfillRequest

OTHERS_TEMPERATURE = 0.8
# in code a token is seldom shorter
CHARACTERS_PER_TOKEN = 2.0
LEAST_CHARACTERS_PER_TOKEN = 0.5
LEAST_ROOM = 100


@dataclass
class RemoteInfiller:
    """Fills holes with a server's model. `context_tokens` is the server's own limit, the answer
    included; `marks` are its model's control tokens; `samples` fills of a hole are compared where
    the server gives no probabilities. `chat` gets what is asked in words, where there is one, and
    `editor` the lines that are to be rewritten without an instruction. `own_code` has what the
    user's own code says beside the model. `calibration` is of its certainties, None where nobody
    has counted."""

    adapter: Adapter
    connection: Connection
    pump: Pump
    model_name: str
    context_tokens: int
    own_code: OwnCode
    marks: Marks = field(default_factory=Marks)
    samples: int = 2
    calibration: Calibration | None = None
    chat: Adapter | None = None
    editor: Adapter | None = None
    languages: tuple[str, ...] | None = None
    _last_canvases: LastCanvases = field(default_factory=LastCanvases, init=False)
    _gives_likelihoods: bool = field(init=False)
    _characters_per_token: float = field(default=CHARACTERS_PER_TOKEN, init=False)

    def __post_init__(self) -> None:
        self._gives_likelihoods = self.adapter.gives_likelihoods

    @property
    def device(self) -> str:
        return f"{self.adapter.name} at {self.connection.host}"

    @property
    def remembered(self) -> Memory:
        """The user's own code, as far as it is remembered."""
        return self.own_code.remembered

    @property
    def warning(self) -> str | None:
        """Why the server is left alone now, if it is."""
        return self.connection.breaker.sentence()

    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        """Drafts as the first fill comes, then exactly one Infill. `cancelled` is asked every
        20 ms; the connection is closed then, and the server stops. Several holes are filled at once
        where the server can do that, else one after another, each once. A constraint is looked at
        when the fill is there, for no server knows it (see constrained.py). No server renoises: a
        model that takes words has the text written again by its instruction, whatever its strength.
        Raises `FillwrightError` with what the server said or did."""
        if request.adapter:
            raise BadRequest(NO_ADAPTER)
        if request.strength is not None and self._adapter(request) is not self.chat:
            raise BadRequest("A model server cannot renoise a text; have it written again.")
        stop = Stop(cancelled, request.budget, time.perf_counter)
        if len(request.holes) == 1:
            if request.memory and not stop():
                around = self.own_code.around(request)
                if request.unasked and around.first:
                    yield around.first
                request = replace(request, context=around.context)
            before = self._before(request)
            if said := before and before.finished(request):
                yield said
                return
            yield (yield from constrained(request, lambda one: self._fill(one, stop), stop))
            return
        if (joint := self._fill_jointly(request, stop)) is not None:
            yield joint
            return
        request = replace(request, candidates=1)
        fill = yield from one_by_one(request, lambda single: self._fill(single, stop, alone=False))
        yield replace(fill, certainty=None)

    @property
    def is_calibrated(self) -> bool:
        """Whether `fillwright eval calibrate` has counted for this server's model."""
        return self.calibration is not None

    @property
    def doubts_by(self) -> None:
        """A server does not say how likely it finds what stands there."""

    def doubts(self, request: DoubtRequest, cancelled: Callable[[], bool]) -> Doubts:
        """Raises BadRequest."""
        raise BadRequest(
            "A model server does not look for unlikely places; choose an engine of our own."
        )

    def close(self) -> None:
        """Let go of the server's connections. No request may follow."""
        self.pump.run(self.connection.aclose())
        self.pump.close()

    def _fill(
        self, request: InfillRequest, stop: Stop, alone: bool = True
    ) -> Generator[Draft, None, Infill]:
        """The fill of a request's only hole; `alone`: others are to be compared with it. Where the
        server says that a prompt is too long, half of it is tried, from then on."""
        try:
            return (yield from self._attempt(request, stop, alone))
        except RefusedError as error:
            if not error.is_too_long or self._characters_per_token <= LEAST_CHARACTERS_PER_TOKEN:
                raise
            self._characters_per_token /= 2
        return (yield from self._fill(request, stop, alone))

    def _fill_jointly(self, request: InfillRequest, stop: Stop) -> Infill | None:
        """The fill of all holes in one request; None where the server does not write several, or
        writes nothing that fits the text between."""
        adapter = self._adapter(request)
        if not isinstance(adapter, JointAdapter):
            return None
        stop.begin()
        seams = _seams(request)
        window = self._window(request, seams)
        between = tuple(map(self.marks.before_first, seams.between))
        if between != seams.between:
            return None
        question = JointQuestion(
            prefix=window.prefix,
            between=between,
            suffix=window.suffix,
            tokens=request.budget.tokens,
            seed=request.seed,
            context=window.context,
            language=request.language,
            steps=request.budget.steps,
        )

        async def written() -> AsyncGenerator[JointAnswer, None]:
            with form_of(adapter, self.connection.host):
                answer = await adapter.complete_jointly(self.connection, question)
            if answer is not None:
                yield answer

        try:
            answers = list(self.pump.iterate(written(), stop))
        except RefusedError as error:
            if not error.is_too_long:
                raise
            return None
        if not answers:
            return self._nothing(request, stop) if stop() else None
        takes = takes_of(seams, self.marks, request.budget.tokens, answers[0].holes)
        return infill_of(takes, self._nothing(request, stop))

    def _nothing(self, request: InfillRequest, stop: Stop) -> Infill:
        """The fill of a request that was stopped before anything came."""
        holes = len(request.holes)
        return Infill(
            texts=("",) * holes,
            confidences=((),) * holes,
            finish=stop.reason or "cancelled",
            tokens=0,
            steps=0,
            decode=self._adapter(request).name,
            model=self.model_name,
            device=self.device,
            timings_ms={"total": stop.elapsed_ms()},
        )

    def _attempt(
        self, request: InfillRequest, stop: Stop, alone: bool
    ) -> Generator[Draft, None, Infill]:
        stop.begin()
        seams = _seams(request)
        hole = Hole(seams, self.marks, request.budget.tokens)
        questions = self._questions(request, seams, alone)
        takes = [Take(hole) for _ in questions]
        steps, shown, wrote = 0, "", False
        if not stop():
            writing = written(self._adapter(request), self.connection, questions, hole)
            for number, take in self.pump.iterate(writing, stop):
                takes[number] = take
                wrote = wrote or bool(take.text)
                steps = max(steps, take.pieces)
                if number == 0:
                    stop.wrote(take.end is not None or whole_lines(take.text) > 0)
                    # what has ended is a fill in a moment
                    if take.end is None and (fill := take.fill) != shown:
                        yield _draft(take, fill, shown)
                        shown = fill
        begun = [take for take in takes if take.text or take.end]
        if wrote and self._adapter(request) is self.adapter:
            given = any(take.log_probabilities for take in takes)
            self._gives_likelihoods = self._gives_likelihoods and given
        return self._infill(request, seams, begun or takes[:1], stop, steps)

    def _goes_on(self, request: InfillRequest) -> bool:
        """Whether it may go on from its document's last canvas: one fill of one hole."""
        is_plain = request.constraint.kind == "none" and request.length in ("auto", "end-mark")
        alone = len(request.holes) == request.candidates == 1
        return is_plain and alone and isinstance(self._adapter(request), JointAdapter)

    def _before(self, request: InfillRequest) -> LastCanvas | None:
        return self._last_canvases.of(request) if self._goes_on(request) else None

    def _keep(self, request: InfillRequest, chosen: Take, fill: Infill) -> None:
        """What a canvas that has ended says, for when something is typed before its hole."""
        if self._goes_on(request) and fill.finish in ("settled", "budget"):
            ends = tuple(end for end, _ in chosen.scores(len(chosen.fill)))
            plain, whole = replace(fill, alternatives=()), ((0, len(chosen.fill)),)
            self._last_canvases.keep(LastCanvas(request, chosen.fill, whole, plain, ends))

    def _infill(
        self,
        request: InfillRequest,
        seams: Seams,
        takes: Sequence[Take],
        stop: Stop,
        steps: int,
    ) -> Infill:
        [tail] = seams.tails
        (chosen, against), *others = ranked(request, takes)
        finish = _finish(chosen, stop)
        fill = chosen.fill
        if finish == "deadline" and stop.is_late:
            fill = fill[: chosen.lines]
        scores = chosen.scores(len(fill))
        unlike = dict.fromkeys(
            take.fill for take, _ in others if take.fill.strip() not in ("", fill.strip())
        )
        infill = Infill(
            texts=(fill + tail,),
            confidences=(tuple(_probability(score) for _, score in scores),),
            finish=finish,
            tokens=len(scores) or chosen.pieces,
            steps=steps,
            decode=self._adapter(request).name,
            model=self.model_name,
            device=self.device,
            timings_ms={"total": stop.elapsed_ms()},
            length=chosen.length,
            alternatives=tuple((other + tail,) for other in list(unlike)[: request.candidates - 1]),
            certainty=certainty_of(
                chosen, [take for take, _ in others], against.count, self.calibration
            ),
            candidate_tokens=sum(take.pieces for take in takes),
        )
        self._keep(request, chosen, infill)
        return infill

    def _questions(self, request: InfillRequest, seams: Seams, alone: bool) -> list[Question]:
        """The first at temperature 0; the others differ, so that agreeing means something."""
        fills = self._adapter(request) is self.adapter
        compared = self.samples if fills and alone and not self._gives_likelihoods else 1
        window = self._window(request, seams)
        before = self._before(request) if alone else None
        rest = before.rest(request) if before else None
        first = Question(
            prefix=window.prefix,
            suffix=window.suffix,
            tokens=request.budget.tokens,
            stops=("\n",) if seams.one_line and fills else (),
            seed=request.seed,
            context=window.context,
            language=request.language,
            steps=request.budget.steps,
            length=request.length,
            instruction=request.instruction or "",
            replaced=window.replaced,
            begun=rest.text if rest and rest.text.strip() else "",
        )
        return [first] + [
            replace(
                first, temperature=OTHERS_TEMPERATURE, seed=request.seed + number, number=number
            )
            for number in range(1, max(compared, request.candidates))
        ]

    def _window(self, request: InfillRequest, seams: Seams) -> Window:
        is_shown = request.instruction or self._adapter(request) is self.editor
        replaced = _replaced(request) if is_shown else ""
        room = int((self.context_tokens - request.budget.tokens) * self._characters_per_token)
        room -= len(replaced)
        if room <= LEAST_ROOM:
            raise BadRequest(
                f"The context of {self.model_name}, {self.context_tokens} tokens, is too small for "
                "this; start the server with a larger one, or select less."
            )
        window = Window.of(seams.prefix, seams.suffix, request.context, room)
        if not self._adapter(request).keeps_text_apart:
            if self.marks.before_first(replaced) != replaced:
                raise BadRequest(
                    "What is to be rewritten holds a control token of the model, which would not "
                    "stay text; select less."
                )
            window = window.without(self.marks)
        return replace(window, replaced=replaced)

    def _adapter(self, request: InfillRequest) -> Adapter:
        if request.instruction and self.chat is not None:
            return self.chat
        if "\n" in _replaced(request).strip() and self.editor is not None:
            return self.editor
        return self.adapter


def _replaced(request: InfillRequest) -> str:
    """What stands in the only hole now, "" where there are several."""
    hole, *others = request.holes
    return "" if others else request.document[hole.start : hole.end]


def _seams(request: InfillRequest) -> Seams:
    """The seams of the holes, whose fills begin right after the text before them: servers cut
    tokens where they like."""
    seams = Seams.of(request, lambda lead: True)
    first, *leads = seams.leads
    between = tuple(text + lead for text, lead in zip(seams.between, leads, strict=True))
    nothing = ("",) * len(seams.leads)
    return replace(seams, prefix=seams.prefix + first, between=between, leads=nothing)


def _draft(take: Take, fill: str, before: str) -> Draft:
    new = ((len(before), len(fill)),) if fill.startswith(before) else ((0, len(fill)),)
    left = max(0, take.hole.tokens - take.pieces)
    return Draft(take.pieces, left, (fill,), (new,))


def _finish(take: Take, stop: Stop) -> Finish:
    if stop.reason is not None:
        return stop.reason
    if take.has_ended:
        return "settled"
    return "deadline" if stop.is_late else "budget"


def _probability(log_probability: float) -> float:
    return min(1.0, math.exp(log_probability))
