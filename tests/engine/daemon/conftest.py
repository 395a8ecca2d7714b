"""A scripted model that moves only when a test lets it, and a clock that tests turn by hand."""

import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from fillwright.engine.daemon.resident import Resident
from fillwright.engine.daemon.wire import Event
from fillwright.engine.errors import BadRequest
from fillwright.engine.request import (
    Doubt,
    DoubtRequest,
    Doubts,
    Draft,
    FileText,
    Hole,
    Infill,
    InfillRequest,
    WorkspaceMemory,
)

PATIENCE_S = 20


class ScriptedMemory:
    """Keeps what it is given; a file that says `crash` crashes it."""

    def __init__(self) -> None:
        self.is_used = True
        self.taken: queue.Queue[tuple[str, FileText]] = queue.Queue()
        self.said: list[str] = []
        self.workspaces: tuple[WorkspaceMemory, ...] = ()

    def take(self, workspace: str, file: FileText) -> None:
        self.taken.put((workspace, file))
        if file.text == "crash":
            raise RuntimeError(f"no memory of {file.key}")

    def clear(self) -> None:
        self.said.append("clear")

    def renew(self, workspace: str) -> None:
        self.said.append(f"renew {workspace}")

    def forget_unused(self) -> None:
        self.said.append("forget unused")

    def known(self) -> tuple[WorkspaceMemory, ...]:
        return self.workspaces


class ScriptedInfiller:
    """Takes three denoise steps, each as soon as a test allows it; fills in upper case.

    A document that says `crash` or `refuse` gets that. `at_step` tells the test which document is
    at which step, waiting for its permit; `cancelled` asks whether the running one is unwanted.
    """

    model_name = "scripted"
    languages = ("python", "javascript")
    device = "cpu"
    warning: str | None = None
    context_tokens, doubts_by, is_calibrated = 448, "denoised", True
    steps = 3
    finish = "settled"

    def __init__(self) -> None:
        self.remembered = ScriptedMemory()
        self.at_step: queue.Queue[tuple[str, int]] = queue.Queue()
        self.permits = threading.Semaphore(0)
        self.requests: list[InfillRequest] = []
        self.cancelled: Callable[[], bool] = lambda: False

    def allow(self, steps: int) -> None:
        self.permits.release(steps)

    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        self.requests.append(request)
        self.cancelled = cancelled
        if "crash" in request.document:
            raise RuntimeError(f"no kernel for {request.document}")
        if "refuse" in request.document:
            raise BadRequest("The hole is too large.")
        for step in range(1, self.steps + 1):
            if cancelled():
                yield self._infill(request, "cancelled", step - 1)
                return
            self.at_step.put((request.document, step))
            if not self.permits.acquire(timeout=PATIENCE_S):
                raise TimeoutError("the test gave no permit")
            yield Draft(step, self.steps - step, (request.document[:step],), (((0, step),),))
        yield self._infill(request, self.finish, self.steps)

    def doubts(self, request: DoubtRequest, cancelled: Callable[[], bool]) -> Doubts:
        """Of the first character, in one step."""
        self.cancelled = cancelled
        if "refuse" in request.document:
            raise BadRequest("No doubt is possible.")
        self.at_step.put((request.document, 1))
        if not self.permits.acquire(timeout=PATIENCE_S):
            raise TimeoutError("the test gave no permit")
        if cancelled():
            return Doubts((), request.start, "denoised", "cancelled", "scripted", "cpu")
        place = Doubt(request.start, request.start + 1, "X", 2.5)
        return Doubts((place,), request.end, "denoised", "settled", "scripted", "cpu")

    def _infill(self, request: InfillRequest, finish: str, steps: int) -> Infill:
        return Infill(
            texts=tuple(request.document.upper() for _ in request.holes),
            confidences=tuple((0.5, 1.0) for _ in request.holes),
            finish=finish,  # type: ignore[arg-type]
            tokens=2,
            steps=steps,
            decode="denoise",
            model=self.model_name,
            device=self.device,
            timings_ms={"prefill": 8.0, "draft": 2.5, "denoise": 1.5, "total": 12.0},
            alternatives=tuple((f"candidate {n}",) for n in range(2, request.candidates + 1)),
            prompt_tokens=7,
            cached_tokens=3,
            candidate_tokens=2,
        )


class ManualClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Inbox:
    """What one job delivers."""

    def __init__(self) -> None:
        self._events: queue.Queue[Event] = queue.Queue()
        self.put = self._events.put

    def next(self) -> Event:
        return self._events.get(timeout=PATIENCE_S)

    def outcome(self) -> Event:
        while isinstance(event := self.next(), Draft):
            pass
        return event


@pytest.fixture
def request_for() -> Callable[..., InfillRequest]:
    """A request with one hole at the start of its document."""

    def make(document: str, key: str = "", **more: object) -> InfillRequest:
        return InfillRequest(document, (Hole(0, 0),), "python", document_key=key, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def inbox() -> Callable[[], Inbox]:
    return Inbox


@pytest.fixture
def infiller() -> ScriptedInfiller:
    return ScriptedInfiller()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def resident(infiller: ScriptedInfiller, clock: ManualClock) -> Iterator[Resident]:
    resident = Resident(lambda progress: infiller, clock=clock)
    resident.start()
    yield resident
    infiller.allow(1000)
    resident.close()
