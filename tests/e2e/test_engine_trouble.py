"""What can happen to an engine: the status has the reason, and a later request is served again."""

import asyncio
import itertools
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pygls.exceptions import JsonRpcException

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.daemon.runtime_dir import place_of

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")]

SHORT = {"lineTokens": 8, "blockTokens": 8, "steps": 4}
LONG = {"lineTokens": 64, "blockTokens": 64, "steps": 2000, "decode": "denoise"}
SOURCE = "import os\n\ndef add(a, b):\n    return NotImplemented\n"
TARGET = {
    "what": "selection",
    "range": {"start": {"line": 3, "character": 11}, "end": {"line": 3, "character": 25}},
}


@pytest_asyncio.fixture
async def own(engine: EngineSettings) -> AsyncIterator[EngineSettings]:
    """An engine of this test's own, on a copy of the checkpoint."""
    folder = Path(tempfile.mkdtemp(prefix="fw-")) / "model"
    shutil.copytree(embedded_checkpoint(), folder)
    settings = replace(engine, checkpoint=folder)
    yield settings
    await EngineClient(settings).stop()
    shutil.rmtree(folder.parent)


def options(settings: EngineSettings, fill: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "engine": {"preload": False, "checkpoint": str(settings.checkpoint)},
        "fill": fill,
    } | more


def kill(settings: EngineSettings) -> None:
    os.kill(int(place_of(settings).pid.read_text()), signal.SIGKILL)


def last(editor: Any) -> dict[str, Any]:
    status: dict[str, Any] = editor.statuses[-1]
    return status


async def serves(editor: Any) -> None:
    """Type and ask, as a user does who waits a while for each answer, until a fill is made."""
    uri = editor.open(SOURCE, "untitled:again", "plaintext")
    answers = []
    async with asyncio.timeout(120):
        for version in itertools.count(2):
            editor.change(uri, version, (0, 0, 0, 0, "x"))
            answer = editor.ghost(uri, 3, 11, invoked=True)
            answers.append(answer)
            done, _ = await asyncio.wait({answer}, timeout=8)
            if done and answer.result() is not None and last(editor)["state"] == "ready":
                break
        # those that a newer one took the place of are answered too
        await asyncio.gather(*answers, return_exceptions=True)


async def test_a_daemon_killed_at_work(start: Any, own: EngineSettings) -> None:
    editor = await start(options=options(own, LONG, drafts={"enabled": True}))
    uri = editor.open(SOURCE, language="plaintext")
    _, answer = editor.run({"uri": uri, **TARGET})
    await editor.until(lambda: editor.drafts)
    kill(own)
    with pytest.raises(JsonRpcException) as failed:
        await answer
    assert "ended while it worked" in failed.value.message
    assert (last(editor)["state"], last(editor)["message"]) == ("failed", failed.value.message)
    drafts = len(editor.drafts)
    msg_id, answer = editor.run({"uri": uri, **TARGET})
    await editor.until(lambda: len(editor.drafts) > drafts and last(editor)["state"] == "busy")
    editor.cancel(msg_id)
    with pytest.raises(JsonRpcException):
        await answer


async def test_a_model_folder_that_is_gone_and_comes_back(start: Any, own: EngineSettings) -> None:
    assert own.checkpoint is not None
    editor = await start(options=options(own, SHORT))
    away = own.checkpoint.with_name("away")
    own.checkpoint.rename(away)
    uri = editor.open(SOURCE, language="plaintext")
    with pytest.raises(JsonRpcException) as failed:
        await editor.run({"uri": uri, **TARGET})[1]
    assert str(own.checkpoint) in failed.value.message
    assert (last(editor)["state"], last(editor)["message"]) == ("failed", failed.value.message)
    assert not (await editor.ghost(uri, 3, 11, invoked=True)).items
    suppressed = (await editor.command("fillwright.status"))["suppressed"]
    assert [one["code"] for one in suppressed] == ["engine"]
    away.rename(own.checkpoint)
    await serves(editor)


@pytest.mark.parametrize("what", ["a file", "a stranger"])
async def test_a_socket_that_was_replaced(start: Any, own: EngineSettings, what: str) -> None:
    editor = await start(options=options(own, SHORT))
    uri = editor.open(SOURCE, language="plaintext")
    await editor.run({"uri": uri, **TARGET})[1]
    path = place_of(own).socket
    path.unlink()
    stranger = socket.socket(socket.AF_UNIX)
    if what == "a file":
        path.write_text("not a socket")
    else:
        # it takes connections and never says a word
        stranger.bind(str(path))
        stranger.listen()
    await serves(editor)
    stranger.close()


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process's files")
async def test_a_disk_that_is_full_and_has_room_again(start: Any, own: EngineSettings) -> None:
    import resource

    editor = await start(options=options(own, SHORT))
    server = editor.lsp._server.pid
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(server, resource.RLIMIT_FSIZE, (0, most))
    uri = editor.open(SOURCE, language="plaintext")
    with pytest.raises(JsonRpcException) as failed:
        await editor.run({"uri": uri, **TARGET})[1]
    assert failed.value.code == -32803
    assert "cannot write" in failed.value.message
    assert (last(editor)["state"], last(editor)["message"]) == ("failed", failed.value.message)
    resource.prlimit(server, resource.RLIMIT_FSIZE, (most, most))
    await serves(editor)
