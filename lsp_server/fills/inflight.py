"""Live work: the newest job of a key wins, equal jobs are shared, and work nobody waits for stops.

Knows nothing of LSP or of what the work is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Superseded(Exception):  # noqa: N818 - an outcome, not an error
    """A newer job took this one's key."""


class Inflight(Generic[Result]):
    """Runs jobs so that each key has at most one.

    A *key* is who asks ("ghost text of this document"); a *subject* is what is asked ("the rest
    of line 7 in version 12"). A new subject under a key supersedes that key's older subject; the
    same subject, under any key, joins the job that is already running.
    """

    def __init__(self) -> None:
        self._jobs: dict[Hashable, _Job[Result]] = {}

    async def run(
        self, key: Hashable, subject: Hashable, work: Callable[[], Awaitable[Result]]
    ) -> Result:
        """The result of `work()`, begun only if no job with this subject is live.

        Raises Superseded when a newer subject takes the key. When the last caller of a job is
        superseded or cancelled, the job is cancelled, which closes whatever it awaits.
        """
        self.give_up(key, keep=subject)
        job = self._jobs.get(subject) or self._begin(subject, work)
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        job.waiting.append((key, answer))
        try:
            return await answer
        finally:
            if answer.done() and not answer.cancelled():
                answer.exception()  # asked for, or asyncio logs it when the caller was cancelled
            job.waiting.remove((key, answer))
            if not job.waiting:
                self._forget(job)
                job.task.cancel()

    def give_up(self, key: Hashable, keep: Hashable = None) -> None:
        """Supersede the key's job, unless its subject is `keep`."""
        for job in self._jobs.values():
            if job.subject != keep:
                job.supersede(key)

    @property
    def live(self) -> int:
        """How many jobs are running."""
        return len(self._jobs)

    def _begin(self, subject: Hashable, work: Callable[[], Awaitable[Result]]) -> "_Job[Result]":
        async def run() -> Result:
            return await work()

        job = _Job(subject, asyncio.get_running_loop().create_task(run()))
        self._jobs[subject] = job
        job.task.add_done_callback(lambda _: self._forget(job))
        job.task.add_done_callback(job.settle)
        return job

    def _forget(self, job: "_Job[Result]") -> None:
        # a later job may have the same subject by now
        if self._jobs.get(job.subject) is job:
            del self._jobs[job.subject]


@dataclass(eq=False)
class _Job(Generic[Result]):
    subject: Hashable
    task: asyncio.Task[Result]
    waiting: list[tuple[Hashable, asyncio.Future[Result]]] = field(default_factory=list)

    def supersede(self, key: Hashable) -> None:
        for holder, answer in self.waiting:
            if holder == key and not answer.done():
                answer.set_exception(Superseded())

    def settle(self, task: asyncio.Task[Result]) -> None:
        error = None if task.cancelled() else task.exception()
        for _, answer in self.waiting:
            if answer.done():
                continue
            if task.cancelled():
                answer.cancel()
            elif error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(task.result())
