"""Work that nobody waits for: it runs, it is cancelled, and what goes wrong is logged."""

import asyncio

import pytest

from fillwright.lsp_server.session.background import Background


async def test_cancel_ends_what_still_runs() -> None:
    background, ended = Background(), list[str]()

    async def work(name: str, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
            ended.append(name)
        except asyncio.CancelledError:
            ended.append(f"{name} cancelled")
            raise

    background.run(work("short", 0))
    background.run(work("long", 600))
    while ended != ["short"]:
        await asyncio.sleep(0)
    background.cancel()
    while len(ended) < 2:
        await asyncio.sleep(0)
    assert ended == ["short", "long cancelled"]


async def test_a_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("a bug")

    Background().run(fail())
    while "a bug" not in caplog.text:
        await asyncio.sleep(0)
    assert "Background work failed" in caplog.text
