"""The watchdog: an engine that is silent is looked at, one that is alive may take its time."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from fillwright.engine.daemon import client as engine_client
from fillwright.engine.daemon.client import EngineClient, EngineSettings, Health
from fillwright.engine.daemon.runtime_dir import place_of
from fillwright.engine.errors import EngineUnavailable
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest
from fillwright.lsp_server.fills.status import Status, StatusLine
from fillwright.lsp_server.fills.watchdog import LOOKS_AT_A_START, watched_fill

REQUEST = InfillRequest("x = \n", (Hole(4, 4),), "python", budget=Budget(8, 4))
DONE = Infill(("1",), ((0.9,),), "settled", 1, 1, "draft", "", "")


class Engine:
    """Ends when told to; healthy as told."""

    def __init__(self, *healths: str) -> None:
        self.healths = list(healths)
        self.end = asyncio.Event()
        self.stopped = False

    async def fill(self, request: InfillRequest, on_draft: Callable[[Draft], None]) -> Infill:
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.stopped = True
            raise
        return DONE

    async def health(self) -> Health:
        status = self.healths.pop(0)
        if not self.healths:
            self.end.set()
        return Health(status, reason="It hangs.")  # type: ignore[arg-type]


def watched(engine: Engine, patience_s: float = 0.001) -> asyncio.Task[Infill]:
    return asyncio.create_task(
        watched_fill(engine, REQUEST, lambda draft: None, patience_s)  # type: ignore[arg-type]
    )


async def test_an_engine_that_loads_or_works_is_waited_for() -> None:
    engine = Engine("loading", "loading", "ready", "ready")
    assert await watched(engine) == DONE
    assert engine.healths == []


async def test_an_engine_that_does_not_answer_ends_the_wait_with_its_reason() -> None:
    engine = Engine("ready", "failed", "never asked")
    with pytest.raises(EngineUnavailable, match="It hangs"):
        await watched(engine)
    assert engine.stopped


async def test_an_engine_that_starts_is_waited_for_and_one_that_left_is_not() -> None:
    engine = Engine("stopped", "stopped", "loading", "ready")
    assert await watched(engine) == DONE
    engine = Engine(*["stopped"] * LOOKS_AT_A_START, "never asked")
    with pytest.raises(EngineUnavailable, match="ask again"):
        await watched(engine)
    assert engine.healths == ["never asked"]


async def test_cancelling_stops_the_engine_before_it_returns() -> None:
    engine = Engine()
    task = watched(engine, patience_s=60)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.stopped


async def test_a_draft_is_a_sign_of_life() -> None:
    engine = Engine("failed")

    async def fill(request: InfillRequest, on_draft: Callable[[Draft], None]) -> Infill:
        for step in range(1, 50):
            on_draft(Draft(step, 1, ("1",), ((),)))
            await asyncio.sleep(0)
        return DONE

    engine.fill = fill  # type: ignore[method-assign]
    assert await watched(engine, patience_s=0) == DONE
    assert engine.healths == ["failed"]


def test_slow_fills_are_worth_a_word_when_they_are_done() -> None:
    told: list[Status] = []
    line = StatusLine(told.append)
    for seconds in (7.4, 0.3):
        with line.busy():
            line.set_typical_latency(seconds)
    messages = [status.message for status in told if status.state == "ready"]
    assert messages[0].startswith("Fills take about 7 s here; ")
    assert messages[1] == ""


@pytest_asyncio.fixture
async def daemon(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineSettings]:
    """An engine of this test's own, let go on and stopped at the end."""
    settings = EngineSettings(runtime_dir=tmp_path_factory.mktemp("run"))
    yield settings
    signal_daemon(settings, signal.SIGCONT)
    await EngineClient(settings).stop()


def signal_daemon(settings: EngineSettings, number: int) -> None:
    pid = Path(place_of(settings).pid)
    if pid.exists():
        os.kill(int(pid.read_text()), number)


@pytest.mark.e2e
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs POSIX signals")
async def test_a_daemon_that_hangs_is_found_out_and_serves_again_when_it_goes_on(
    daemon: EngineSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = EngineClient(daemon)
    await client.fill(REQUEST)
    signal_daemon(daemon, signal.SIGSTOP)
    monkeypatch.setattr(engine_client, "HEALTH_TIMEOUT_S", 0.2)
    with pytest.raises(EngineUnavailable, match="does not answer"):
        await watched_fill(client, REQUEST, lambda draft: None, patience_s=0.2)
    signal_daemon(daemon, signal.SIGCONT)
    monkeypatch.undo()
    assert (await watched_fill(client, REQUEST, lambda draft: None)).texts
