"""The real daemon before a real model server: the same socket, client and manners, and no torch."""

import asyncio
import threading
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.daemon.runtime_dir import place_of
from fillwright.engine.errors import EngineFailed
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.request import Budget, Infill
from tests.engine.remote.conftest import (
    ScriptedServer,
    completions,
    llama_server,
    request_for,
    serving,
)

REQUEST = request_for("def f(x):\n    return ‸\n", budget=Budget(tokens=8))


@pytest.fixture
async def fronts(engine_folder):
    """Clients of daemons before servers, which are stopped."""
    clients = []

    def front(url, **settings):
        remote = RemoteSettings(url, **settings)
        clients.append(EngineClient(EngineSettings(runtime_dir=engine_folder, remote=remote)))
        return clients[-1]

    yield front
    for client in clients:
        await client.stop()


async def test_a_front_fills_and_keeps_its_key_to_itself(fronts, tmp_path, monkeypatch):
    monkeypatch.setenv("FRONT_KEY", "sekret-value")
    with llama_server(tmp_path, "--key", "sekret-value") as url:
        client = fronts(url, key_variable="FRONT_KEY")
        fill = await client.fill(REQUEST)
        assert fill.decode == "llama.cpp"
        assert fill.tokens > 0
        health = await client.health()
        assert (health.status, health.instructions) == ("ready", False)
        assert health.device == f"llama.cpp at {url.removeprefix('http://')}"
        process = Path(f"/proc/{health.pid}")
        if process.is_dir():
            assert "libtorch" not in (process / "maps").read_text()
            assert b"sekret-value" not in (process / "cmdline").read_bytes()
        assert "sekret-value" not in place_of(client.settings).log.read_text()


async def test_another_server_is_another_daemon(fronts):
    here = place_of(fronts("http://127.0.0.1:1").settings).name
    others = [
        fronts("http://127.0.0.1:2"),
        fronts("http://127.0.0.1:1", model="m"),
        fronts("http://127.0.0.1:1", key_variable="K"),
        EngineClient(EngineSettings()),
    ]
    assert here not in [place_of(other.settings).name for other in others]
    assert place_of(fronts("http://127.0.0.1:1").settings).name == here


async def test_a_newer_request_ends_the_older_and_closing_ends_its_own(fronts, llama_url):
    client = fronts(llama_url)
    long = replace(REQUEST, document_key="a.py", shape="free", budget=Budget(tokens=1500))
    async with aclosing(client.infill(long)) as events:
        await anext(events)
        newer = asyncio.create_task(client.fill(replace(long, budget=Budget(tokens=4))))
        older = [event async for event in events][-1]
    assert isinstance(older, Infill)
    assert older.finish == "cancelled"
    assert (await newer).finish in ("budget", "settled")


async def test_a_server_that_is_not_there_is_one_sentence(fronts):
    client = fronts("http://127.0.0.1:9")
    with pytest.raises(EngineFailed, match=r"The engine at 127\.0\.0\.1:9 cannot be reached"):
        await client.fill(REQUEST)
    health = await client.health()
    assert health.status == "failed"
    assert "start it" in health.reason


async def test_documents_do_not_wait_for_each_other(fronts, server):
    serving(server, "x")
    client = fronts(server.url, samples=1)
    await client.fill(REQUEST)
    both = threading.Barrier(2, timeout=20)

    def together(exchange):
        both.wait()
        completions("len(x)")(exchange)

    server.says["/v1/completions"] = together
    keys = ("a.py", "b.py")
    fills = [client.fill(replace(REQUEST, document_key=key, seed=len(key))) for key in keys]
    for fill in await asyncio.gather(*fills):
        assert fill.texts == ("len(x)",)


@pytest.fixture
def server():
    scripted = ScriptedServer()
    yield scripted
    scripted.close()
