"""The whole way with the embedded model: client, process, socket, denoising, and back."""

import asyncio
import os
import shutil
import signal
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon import lifecycle
from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.daemon.runtime_dir import place_of
from fillwright.engine.errors import CheckpointError, EngineFailed
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest

pytestmark = pytest.mark.e2e

PATIENCE_S = 120
DOCUMENT = "def mean(values):\n    return \n\n\nprint(mean([1, 2, 3]))\n"
AT = DOCUMENT.index("\n\n\n")


def request_with(**budget):
    return InfillRequest(
        DOCUMENT,
        (Hole(AT, AT),),
        "python",
        budget=Budget(**budget),
        document_key="mean.py",
        decode="denoise",
    )


@pytest.fixture(scope="module")
def settings(engine_folder):
    settings = EngineSettings(runtime_dir=engine_folder / "real")
    yield settings
    asyncio.run(EngineClient(settings).stop())


@pytest.fixture
def client(settings):
    return EngineClient(settings)


def over_http(settings):
    transport = httpx.AsyncHTTPTransport(uds=str(place_of(settings).socket))
    return httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=PATIENCE_S)


async def ready(client):
    async with asyncio.timeout(PATIENCE_S):
        while (health := await client.health()).status != "ready":
            assert health.status in ("stopped", "loading"), health.reason
            await asyncio.sleep(0.02)
    return health


async def test_the_first_request_starts_the_engine_and_is_filled(client):
    drafts = []
    infill = await client.fill(request_with(tokens=16, steps=4), drafts.append)
    assert 1 <= infill.steps == len(drafts)
    assert (infill.model, infill.device) == ("fillwright-small", "cpu")
    assert all(0 <= sure <= 1 for sure in infill.confidences[0])
    health = await ready(client)
    assert (health.model, health.fraction) == ("fillwright-small", 1.0)
    again = await client.fill(request_with(tokens=16, steps=4))
    assert (again.texts, again.confidences) == (infill.texts, infill.confidences)


async def test_what_is_typed_as_the_last_fill_says_needs_no_step(client):
    first = request_with(tokens=16, steps=4)
    (said,) = (await client.fill(first)).texts
    typed, at = said[:2], AT + 2
    document = DOCUMENT[:AT] + typed + DOCUMENT[AT:]
    rest = await client.fill(replace(first, document=document, holes=(Hole(at, at),)))
    assert (rest.texts, rest.steps, rest.decode) == ((said[2:],), 0, "denoise")


async def test_a_closed_fill_ends_long_before_its_steps_are_over(client, settings):
    long = request_with(tokens=200, steps=400)
    async with aclosing(client.infill(long)) as events:
        assert isinstance(await anext(events), Draft)
    # the engine takes up the next request only when it is done with the closed one
    assert isinstance(await client.fill(request_with(tokens=4, steps=1)), Infill)
    async with over_http(settings) as http:
        counted = (await http.get("/metrics")).text
    assert 'fillwright_requests_total{finish="cancelled"} 1.0' in counted


async def test_other_peoples_clients_get_the_same_fill(client, settings):
    await ready(client)
    prefix, suffix = DOCUMENT[:AT], DOCUMENT[AT:]
    async with over_http(settings) as http:
        openai = await http.post(
            "/v1/completions", json={"prompt": prefix, "suffix": suffix, "max_tokens": 8, "seed": 3}
        )
        llama_cpp = await http.post(
            "/infill",
            json={"input_prefix": prefix, "input_suffix": suffix, "n_predict": 8, "seed": 3},
        )
    assert openai.status_code == 200
    assert openai.json()["choices"][0]["text"] == llama_cpp.json()["content"]
    assert openai.json()["model"] == llama_cpp.json()["model"] == "fillwright-small"


async def test_an_engine_killed_at_work_is_told_and_the_next_request_is_filled(client):
    killed = (await ready(client)).pid
    async with aclosing(client.infill(request_with(tokens=200, steps=400))) as events:
        await anext(events)
        os.kill(killed, signal.SIGKILL)
        with pytest.raises(EngineFailed, match="ended while it worked; its log is /"):
            async for _ in events:
                pass
    infill = await client.fill(request_with(tokens=4, steps=1))
    assert isinstance(infill, Infill)
    assert (await client.health()).pid not in (None, killed)


async def test_an_engine_told_to_stop_at_work_leaves_in_order(client, settings):
    pid = (await ready(client)).pid
    async with aclosing(client.infill(request_with(tokens=200, steps=400))) as events:
        await anext(events)
        assert await client.stop()
    place = place_of(settings)
    assert not lifecycle.is_alive(place)
    assert not place.socket.exists()
    assert "def mean" not in place.log.read_text()
    async with asyncio.timeout(PATIENCE_S):
        while Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.02)


async def test_a_checkpoint_that_cannot_be_used_says_why_and_is_tried_again(settings, tmp_path):
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    client = EngineClient(EngineSettings(checkpoint, runtime_dir=settings.runtime_dir))
    try:
        with pytest.raises(CheckpointError, match=r"has no config\.json"):
            await client.fill(request_with(tokens=4, steps=1))
        assert "has no config.json" in (await client.health()).reason
        shutil.copytree(embedded_checkpoint(), checkpoint, dirs_exist_ok=True)
        assert (await client.start()).status == "loading"
        await ready(client)
        assert (await client.fill(request_with(tokens=4, steps=1))).model == "fillwright-small"
    finally:
        await client.stop()
