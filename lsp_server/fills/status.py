"""What the engine is doing, told to the editor as it changes. Knows nothing of LSP or of fills."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from fillwright.engine.errors import BadRequest, FillwrightError
from fillwright.engine.request import Ranking

if TYPE_CHECKING:
    from fillwright.engine.daemon.client import EngineClient, Health

POLL_SECONDS = 0.2
SLOW_SECONDS = 5.0
"""Fills that take longer than this are worth a word."""


@dataclass(frozen=True, slots=True)
class Status:
    """One line for a status bar: `fraction` of the model that is loaded, `message` for people,
    `languages` the ids of those that the model has learnt, None for all or where none is loaded.
    `instructions`: the model does what it is told in words; None while that is not known. `doubts`
    is what the model ranks tokens by to find unlikely places, None where it finds none.
    `calibrated`: somebody has counted how often its fills are right when it is so sure, None where
    it never says how sure or nothing is known."""

    state: Literal["stopped", "loading", "ready", "busy", "failed"] = "stopped"
    message: str = ""
    fraction: float | None = None
    model: str | None = None
    device: str | None = None
    languages: tuple[str, ...] | None = None
    instructions: bool | None = None
    doubts: Ranking | None = None
    calibrated: bool | None = None


class StatusLine:
    """Keeps the status and calls `tell` whenever it changes. `last_fill_s` is how long the last
    fill that was made took, from its request to its answer."""

    def __init__(self, tell: Callable[[Status], None]) -> None:
        self.status = Status()
        self.last_fill_s: float | None = None
        self._tell = tell
        self._busy = 0
        self._latency_hint = ""

    def show(self, status: Status) -> None:
        """Take up a status; an equal one is not told again."""
        if status != self.status:
            self.status = status
            self._tell(status)

    def failed(self, error: FillwrightError) -> None:
        """The engine cannot be used, and why."""
        self.show(Status("failed", str(error)))

    def set_typical_latency(self, seconds: float | None) -> None:
        """A fill usually takes so long; where that is slow, the status says so."""
        slow = seconds is not None and seconds > SLOW_SECONDS
        self._latency_hint = (
            f"Fills take about {seconds:.0f} s here; fewer fill.steps, or a smaller "
            "fill.lineTokens or fill.blockTokens, make them faster."
            if slow
            else ""
        )

    def mark_busy(self) -> None:
        """A draft arrived: clear any earlier error and show busy."""
        if self.status.state != "busy":
            self.show(replace(self.status, state="busy", message="", fraction=None))

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Busy until the last of the fills that overlap is done; a failure ends as failed."""
        self._busy += 1
        began = time.monotonic()
        if self.status.state in ("stopped", "ready"):
            self.show(replace(self.status, state="busy", message=""))
        try:
            yield
        except BadRequest:
            # the engine is well, the request was not
            raise
        except FillwrightError as error:
            self.failed(error)
            raise
        else:
            self.last_fill_s = time.monotonic() - began
            self.mark_busy()
        finally:
            self._busy -= 1
            if not self._busy and self.status.state == "busy":
                self.show(replace(self.status, state="ready", message=self._latency_hint))

    async def follow(self, engine: "EngineClient") -> None:
        """Start the engine and show how its model loads, until it is ready or has failed."""
        try:
            health = await engine.start()
            while health.status == "loading":
                self.show(_of(health))
                await asyncio.sleep(POLL_SECONDS)
                health = await engine.health()
            self.show(_of(health))
        except FillwrightError as error:
            self.failed(error)


def _of(health: "Health") -> Status:
    loading = health.status == "loading"
    return Status(
        health.status,
        health.reason or "",
        round(health.fraction, 2) if loading else None,
        health.model,
        health.device,
        health.languages,
        health.instructions,
        health.doubts_by,
        health.calibrated,
    )
