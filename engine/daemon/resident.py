"""The model's one owner: a thread that loads it once and then works on one request at a time, or,
where the engine can do several, with others beside it.

Knows nothing of HTTP, of event loops or of what a model is. Every method may be called from any
thread and returns at once, unless it says otherwise. The newest request per document wins;
documents take turns in order, and users before them: however many requests one has waiting, each
of the others is next after one of them. Requests that are equal have equal fills, so those that
wait while one is made get that one.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fillwright.engine.daemon.wire import Event, Health, Status
from fillwright.engine.errors import EngineFailed, EngineUnavailable, FillwrightError
from fillwright.engine.filling import Engine
from fillwright.engine.request import (
    DoubtRequest,
    Doubts,
    FileText,
    Infill,
    InfillRequest,
    Memories,
)

FAILED_SECONDS = 60.0
log = logging.getLogger(__name__)


class EngineBusy(EngineFailed):
    """Too many requests wait already."""


@dataclass(eq=False)
class Job:
    """One request on its way; `deliver` gets its drafts and then one result or error. `user` is
    who asks, "" for the daemon's owner."""

    request: InfillRequest | DoubtRequest
    deliver: Callable[[Event], None]
    since: float
    user: str = ""
    unwanted: threading.Event = field(default_factory=threading.Event)


class Resident:
    """Owns the model that `load` gives.

    `load` gets a callback for the fraction that is loaded, in [0, 1]. `finished` sees every
    outcome, its seconds since `submit` and its user. At most `waiting_limit` requests of a user
    wait. A failed load is tried again by `start`, or by a request at least `retry_seconds` later.
    `clock` gives seconds. `deliver` and `finished` are called on an owner's or the caller's thread
    and must not raise. More than one of `workers` need an engine that may be asked by several
    threads.
    """

    def __init__(
        self,
        load: Callable[[Callable[[float], None]], Engine],
        *,
        clock: Callable[[], float] = time.monotonic,
        finished: Callable[[Event, float, str], None] = lambda outcome, seconds, user: None,
        waiting_limit: int = 32,
        retry_seconds: float = 10,
        instructions: bool | None = None,
        workers: int = 1,
    ) -> None:
        self._load = load
        self._clock = clock
        self._finished = finished
        self._waiting_limit = waiting_limit
        self._retry_seconds = retry_seconds
        self._instructions = instructions
        self._workers = workers
        self._changed = threading.Condition()
        self._status: Status = "stopped"
        self._fraction = 0.0
        self._failure: FillwrightError | None = None
        self._engine: Engine | None = None
        self._waiting: deque[Job] = deque()
        self._memories: deque[tuple[str, FileText]] = deque()
        self._is_taking = False
        self._adapter = ""
        self._running: list[Job] = []
        self._turns: dict[str, int] = {}
        self._left = False
        self._last_work = clock()
        self._owners: list[threading.Thread] = []

    def start(self) -> None:
        """Load the model, unless that is done or under way."""
        with self._changed:
            if self._left or self._status in ("loading", "ready"):
                return
            self._status, self._fraction, self._failure = "loading", 0.0, None
            owner = threading.Thread(target=self._own, name="model owner", daemon=True)
            self._owners = [owner]
            owner.start()

    def submit(
        self,
        request: InfillRequest | DoubtRequest,
        deliver: Callable[[Event], None],
        user: str = "",
    ) -> Job:
        """Queue a request; an older one of the same user with the same `document_key` is cancelled.

        Raises `EngineUnavailable` when the engine is shutting down, `EngineBusy` when too many of
        the user's wait, and the reason of a load that failed a moment ago.
        """
        job = Job(request, deliver, self._clock(), user)
        with self._changed:
            if self._left:
                raise EngineUnavailable("The engine is shutting down; retry.")
            if self._failure is not None and self._since_work() < self._retry_seconds:
                raise _fresh(self._failure)
            own = [other for other in self._jobs() if other.user == user]
            older = [other for other in own if _same_document(other.request, request)]
            waiting = [other for other in self._waiting if other in own and other not in older]
            if len(waiting) >= self._waiting_limit:
                raise EngineBusy(
                    f"The engine has {self._waiting_limit} requests waiting; ask again later."
                )
            self._waiting.append(job)
            self._changed.notify()
        self.start()
        for other in older:
            self.cancel(other)
        return job

    def cancel(self, job: Job) -> None:
        """Finish a job as cancelled: at once when it waits, after its denoise step when it runs.

        Does nothing to a job that is finished, and never stops a load.
        """
        job.unwanted.set()
        with self._changed:
            if job not in self._waiting:
                return
            self._waiting.remove(job)
        self._finish(job, self._untouched(job.request))

    def remember(self, memories: Memories) -> None:
        """Take texts into memory, or out of it, one after another while no request waits; with
        none, the workspace is kept. What an engine that has left or failed, or has no use for it,
        is told is lost."""
        with self._changed:
            memory = self._engine.remembered if self._engine else None
            lost = self._left or self._status == "failed"
            if not lost and (memory is None or memory.is_used):
                self._memories += ((memories.workspace, file) for file in memories.files)
                self._changed.notify()
        if memory is not None:
            memory.renew(memories.workspace)

    def forget_all(self) -> None:
        """Forget every workspace; may wait for a file that is just taken in."""
        with self._changed:
            self._memories.clear()
        if self._engine is not None:
            self._engine.remembered.clear()

    def forget_unused(self) -> None:
        """Forget the workspaces that nobody works in any more; may wait as `forget_all` does."""
        if self._engine is not None:
            self._engine.remembered.forget_unused()

    def health(self) -> Health:
        """How the engine is; `stopped` before the first `start` and after it left."""
        with self._changed:
            return Health(
                status="stopped" if self._left else self._status,
                fraction=self._fraction,
                reason=self._reason(),
                model=self._engine.model_name if self._engine else None,
                device=self._engine.device if self._engine else None,
                languages=self._engine.languages if self._engine else None,
                context_tokens=self._engine.context_tokens if self._engine else None,
                instructions=self._instructions,
                remembers=self._engine.remembered.is_used if self._engine else None,
                doubts_by=self._engine.doubts_by if self._engine else None,
                calibrated=self._engine.is_calibrated if self._engine else None,
                remembered=self._engine.remembered.known() if self._engine else (),
                to_remember=len(self._memories),
                adapter=self._adapter,
            )

    def shutdown_if_idle(self, seconds: float) -> bool:
        """Shut down when nothing is loading, waiting or running, and the last work is `seconds`
        old, or `FAILED_SECONDS` where the load failed: nobody can use such an engine.

        After true no request is taken any more, so none can be lost on the way out.
        """
        with self._changed:
            busy = self._status == "loading" or any(self._jobs())
            failed = self._status == "failed"
            if busy or self._since_work() < (min(seconds, FAILED_SECONDS) if failed else seconds):
                return False
            self._left = True
            self._changed.notify_all()
            return True

    def close(self, patience_s: float = 5) -> None:
        """Leave now: refuse what waits, cancel what runs, and give it `patience_s` to end.

        A load is left behind: it cannot be stopped, and nobody waits for it any more.
        """
        with self._changed:
            self._left = True
            refused = list(self._waiting)
            self._waiting.clear()
            running = list(self._running)
            for job in running:
                job.unwanted.set()
            self._changed.notify_all()
        for job in refused:
            self._finish(job, EngineUnavailable("The engine is shutting down; retry."))
        if running:
            for owner in self._owners:
                owner.join(patience_s)

    def _own(self) -> None:
        """The owner thread: load, then work until told to leave."""
        try:
            engine = self._load(self._progress)
        except FillwrightError as error:
            log.error("%s", error)
            self._fail(_fresh(error))
            return
        except Exception as error:
            log.exception("The model cannot be loaded.")
            self._fail(_unexpected(error, "The model cannot be loaded"))
            return
        with self._changed:
            self._engine, self._status, self._fraction = engine, "ready", 1.0
            if not engine.remembered.is_used:
                self._memories.clear()
            self._last_work = self._clock()
            others = [
                threading.Thread(target=self._work, args=(engine,), daemon=True)
                for _ in range(self._workers - 1)
            ]
            self._owners += others
        for other in others:
            other.start()
        self._work(engine)

    def _work(self, engine: Engine) -> None:
        while (work := self._next()) is not None:
            if not isinstance(work, Job):
                self._take(engine, *work)
                with self._changed:
                    self._is_taking = False
                    self._changed.notify()
                continue
            outcome = self._outcome(engine, work)
            twins: list[Job] = []
            counted: Infill | None = None
            if not isinstance(outcome, FillwrightError) and outcome.finish != "cancelled":
                # before the fill is delivered: who asks for the same after that gets its own
                twins = self._twins(work)
                counted = replace(outcome, steps=0) if isinstance(outcome, Infill) else None
            self._finish(work, outcome)
            for twin in twins:
                # which took no steps
                self._finish(twin, outcome, counted)
            with self._changed:
                self._running.remove(work)

    def _take(self, engine: Engine, workspace: str, file: FileText) -> None:
        try:
            engine.remembered.take(workspace, file)
        except Exception:
            log.exception("A file cannot be remembered.")

    def _next(self) -> Job | tuple[str, FileText] | None:
        with self._changed:
            # one at a time: what a file says now must not be overtaken by what it said before
            self._changed.wait_for(
                lambda: self._left or self._waiting or (self._memories and not self._is_taking)
            )
            if self._left:
                return None
            if not self._waiting:
                self._is_taking = True
                return self._memories.popleft()
            # the oldest of the user whose last turn is the longest ago
            job = min(self._waiting, key=lambda job: self._turns.get(job.user, 0))
            self._waiting.remove(job)
            self._turns[job.user] = 1 + max(self._turns.values(), default=0)
            self._running.append(job)
            return job

    def _outcome(self, engine: Engine, job: Job) -> Infill | Doubts | FillwrightError:
        outcome: Infill | None = None
        try:
            if isinstance(job.request, DoubtRequest):
                return engine.doubts(job.request, job.unwanted.is_set)
            for event in engine.infill(job.request, job.unwanted.is_set):
                if isinstance(event, Infill):
                    outcome = event
                else:
                    job.deliver(event)
        except FillwrightError as error:
            return _fresh(error)
        except Exception as error:
            log.exception("A request failed.")
            return _unexpected(error, "The engine failed")
        with self._changed:
            self._adapter = job.request.adapter
        if outcome is None:
            log.error("The engine ended without an Infill.")
            return EngineFailed("The engine ended without a fill.")
        return outcome

    def _twins(self, job: Job) -> list[Job]:
        """Those that wait for what this one has been given; they wait no more."""
        with self._changed:
            twins = [other for other in self._waiting if other.request == job.request]
            for twin in twins:
                self._waiting.remove(twin)
        return twins

    def _finish(
        self, job: Job, outcome: Infill | Doubts | FillwrightError, counted: Infill | None = None
    ) -> None:
        with self._changed:
            self._last_work = now = self._clock()
        self._finished(counted or outcome, now - job.since, job.user)
        job.deliver(outcome)

    def _fail(self, failure: FillwrightError) -> None:
        with self._changed:
            self._status, self._failure = "failed", failure
            self._last_work = self._clock()
            hopeless = list(self._waiting)
            self._waiting.clear()
            self._memories.clear()
        for job in hopeless:
            self._finish(job, failure)

    def _progress(self, fraction: float) -> None:
        with self._changed:
            self._fraction = fraction

    def _jobs(self) -> list[Job]:
        return [*self._waiting, *self._running]

    def _reason(self) -> str | None:
        if self._failure is not None:
            return str(self._failure)
        return self._engine.warning if self._engine else None

    def _since_work(self) -> float:
        return self._clock() - self._last_work

    def _untouched(self, request: InfillRequest | DoubtRequest) -> Infill | Doubts:
        health = self.health()
        if isinstance(request, DoubtRequest):
            by = request.by or health.doubts_by or "causal"
            names = health.model or "", health.device or ""
            return Doubts((), request.start, by, "cancelled", *names)
        nothing = tuple("" for _ in request.holes)
        return Infill(
            texts=nothing,
            confidences=tuple(() for _ in request.holes),
            finish="cancelled",
            tokens=0,
            steps=0,
            decode=request.decode,
            model=health.model or "",
            device=health.device or "",
        )


def _same_document(one: InfillRequest | DoubtRequest, other: InfillRequest | DoubtRequest) -> bool:
    return bool(one.document_key) and one.document_key == other.document_key


def _fresh(error: FillwrightError) -> FillwrightError:
    """The same error without its traceback, whose frames would keep tensors alive."""
    return type(error)(str(error))


def _unexpected(error: Exception, what: str) -> FillwrightError:
    return EngineFailed(f"{what} ({type(error).__name__}); the engine's log says where.")
