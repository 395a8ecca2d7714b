"""The client and other people's HTTP against the real application on a real private socket."""

import asyncio
import inspect
import json
import os
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import httpx
import pytest
import uvicorn

from fillwright.engine.daemon.access import BearerToken
from fillwright.engine.daemon.app import build_app
from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.daemon.runtime_dir import place_of
from fillwright.engine.daemon.users import User
from fillwright.engine.daemon.wire import Health, to_json
from fillwright.engine.errors import BadRequest, CheckpointError, EngineFailed
from fillwright.engine.request import DoubtRequest, Draft, FileText, Memories, WorkspaceMemory

PATIENCE_S = 20


@asynccontextmanager
async def served(settings, resident, metrics):
    app = BearerToken(build_app(resident, metrics), doors={})
    config = uvicorn.Config(
        app, uds=str(place_of(settings).socket), http="h11", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await serving


@pytest.fixture
def settings(engine_folder):
    return EngineSettings(runtime_dir=engine_folder / "app")


@pytest.fixture
async def client(settings, infiller):
    """A client of a served scripted model. No test of this file may start a process."""
    metrics = Metrics()
    resident = Resident(lambda progress: infiller, finished=metrics.finished)
    resident.start()
    async with served(settings, resident, metrics):
        yield EngineClient(settings)
        infiller.allow(1000)
    await asyncio.to_thread(resident.close)


@pytest.fixture
async def http(client, settings):
    transport = httpx.AsyncHTTPTransport(uds=str(place_of(settings).socket))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://engine", timeout=PATIENCE_S
    ) as http:
        yield http


async def at_step(infiller):
    return await asyncio.to_thread(infiller.at_step.get, timeout=PATIENCE_S)


async def metric(http, name):
    """The value of one sample of `/metrics`."""
    lines = (await http.get("/metrics")).text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name))


async def finished(http, how, count):
    return await metric(http, f'fillwright_requests_total{{finish="{how}"}}') == count


async def eventually(condition):
    """Wait for a plain or an asynchronous condition."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            held = condition()
            if await held if inspect.isawaitable(held) else held:
                return
            await asyncio.sleep(0.01)


async def test_a_fill_streams_its_drafts_before_it_is_done(client, infiller, request_for):
    async with aclosing(client.infill(request_for("ab\ud800\u2028c"))) as events:
        infiller.allow(1)
        first = await anext(events)
        assert first == Draft(1, 2, ("a",), (((0, 1),),))
        infiller.allow(2)
        later = [event async for event in events]
    assert [type(event).__name__ for event in later] == ["Draft", "Draft", "Infill"]
    assert later[-1].texts == ("AB\ud800\u2028C",)


async def test_fill_gives_the_infill_and_shows_every_draft(client, infiller, request_for):
    infiller.allow(3)
    drafts = []
    infill = await client.fill(request_for("abc"), drafts.append)
    assert infill.finish == "settled"
    assert [draft.step for draft in drafts] == [1, 2, 3]


async def test_a_large_document_gets_through(client, infiller, request_for):
    infiller.allow(3)
    document = "x = 'é'\n" * 600_000
    assert (await client.fill(request_for(document))).texts == (document.upper(),)


@pytest.mark.parametrize("way", ["close the generator", "cancel the task"])
async def test_a_client_that_leaves_stops_the_model_within_a_step(
    client, http, infiller, request_for, way
):
    events = client.infill(request_for("abc"))
    reading = asyncio.ensure_future(anext(events))
    assert await at_step(infiller) == ("abc", 1)
    if way == "cancel the task":
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    else:
        infiller.allow(1)
        await reading
        await at_step(infiller)
        await events.aclose()

    # the model stands inside a step; nobody but the daemon can tell it
    await eventually(infiller.cancelled)
    infiller.allow(1)
    await eventually(lambda: finished(http, "cancelled", 1))
    steps = await metric(http, "fillwright_denoise_steps_total")
    assert steps == (1 if way == "cancel the task" else 2)


async def test_two_documents_take_turns(client, infiller, request_for):
    infiller.allow(6)
    fills = [client.fill(request_for(name, key=name)) for name in ("one", "two")]
    assert [fill.texts for fill in await asyncio.gather(*fills)] == [("ONE",), ("TWO",)]


async def test_the_newest_request_of_a_document_wins(client, infiller, request_for):
    older = asyncio.ensure_future(client.fill(request_for("old", key="file")))
    await at_step(infiller)
    newer = asyncio.ensure_future(client.fill(request_for("new", key="file")))
    await eventually(infiller.cancelled)
    infiller.allow(4)
    assert (await older).finish == "cancelled"
    assert (await newer).texts == ("NEW",)


async def test_failures_reach_the_caller_as_what_they_are(client, infiller, request_for):
    with pytest.raises(EngineFailed, match="RuntimeError"):
        await client.fill(request_for("crash"))
    with pytest.raises(BadRequest, match="The hole is too large"):
        await client.fill(request_for("refuse"))
    infiller.allow(3)
    assert (await client.fill(request_for("abc"))).finish == "settled"


async def test_health_says_ready_with_the_model_and_the_process(client, http):
    async def ready():
        return (await client.health()).status == "ready"

    await eventually(ready)
    health = await client.health()
    assert (health.model, health.device, health.pid) == ("scripted", "cpu", os.getpid())
    assert (await http.get("/health")).status_code == 200


async def test_a_model_that_cannot_be_loaded_says_why(settings, request_for):
    def load(progress):
        raise CheckpointError("Tensor lm_head.weight is missing in model.safetensors.")

    resident = Resident(load)
    async with served(settings, resident, Metrics()):
        client = EngineClient(settings)
        with pytest.raises(CheckpointError, match="lm_head"):
            await client.fill(request_for("abc"))
        health = await client.health()
        assert health.status == "failed"
        assert "lm_head" in health.reason
        transport = httpx.AsyncHTTPTransport(uds=str(place_of(settings).socket))
        async with httpx.AsyncClient(transport=transport, base_url="http://engine") as http:
            assert (await http.get("/health")).status_code == 503
            refused = await http.post("/v1/completions", json={"prompt": "x"})
            assert refused.status_code == 500
            assert refused.json()["error"]["type"] == "CheckpointError"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("POST", "/v1/infill", b"{", 400, "not JSON"),
        ("POST", "/v1/infill", b"{}", 400, "lacks 'document'"),
        ("GET", "/v1/infill", b"", 405, "No GET /v1/infill here."),
        ("POST", "/v1/chat/completions", b"{}", 404, "No POST /v1/chat/completions here."),
    ],
)
async def test_what_is_no_request_gets_a_sentence(http, method, path, body, status, sentence):
    answer = await http.request(method, path, content=body)
    assert answer.status_code == status
    assert sentence in answer.json()["error"]["message"]


async def test_metrics_count_by_how_requests_ended(client, http, infiller, request_for):
    infiller.allow(6)
    for _ in range(2):
        await client.fill(request_for("abc"))
    with pytest.raises(EngineFailed):
        await client.fill(request_for("crash"))
    assert await finished(http, "settled", 2)
    assert await finished(http, "failed", 1)
    assert await finished(http, "cancelled", 0)
    assert await metric(http, "fillwright_denoise_steps_total") == 6
    assert await metric(http, "fillwright_tokens_total") == 4
    assert await metric(http, "fillwright_request_seconds_count") == 2


async def test_the_stream_is_plain_server_sent_events(http, infiller):
    infiller.allow(3)
    request = {"document": "abc", "holes": [{"start": 1, "end": 2}], "language": "python"}
    answer = await http.post("/v1/infill", json=request)
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.split("\n") for block in answer.text.split("\n\n") if block]
    assert [name for name, _ in blocks] == ["event: draft"] * 3 + ["event: infill"]
    assert json.loads(blocks[-1][1].removeprefix("data: "))["texts"] == ["ABC"]


async def test_files_are_sent_to_be_remembered_and_forgotten(client, infiller):
    files = (FileText("a.py", "x = '\ud800'\n"), FileText("b.py", None))
    health = await client.remember(Memories("w", files))
    assert (health.status, health.pid) == ("ready", os.getpid())
    take = infiller.remembered.taken.get
    taken = [await asyncio.to_thread(take, timeout=PATIENCE_S) for _ in files]
    assert taken == [("w", file) for file in files]


async def test_everything_is_forgotten_when_that_is_asked_for(client, infiller):
    infiller.remembered.workspaces = (WorkspaceMemory("w", "1", 2, 30, 400),)
    assert (await client.remember(Memories("w", ()))).remembered == infiller.remembered.workspaces
    await client.forget_all()
    assert infiller.remembered.said == ["renew w", "clear"]


async def test_those_who_share_a_daemon_share_the_model_alone(infiller, request_for):
    one, other = User("first-token-of-all"), User("other-token-of-all")
    metrics = Metrics()
    resident = Resident(lambda progress: infiller, finished=metrics.finished)
    resident.start()
    infiller.allow(100)
    infiller.remembered.workspaces = (WorkspaceMemory("w", "1", 2, 30, 400),)
    app = BearerToken(build_app(resident, metrics), {8411: (one, other)})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://engine:8411",
        headers={"Authorization": f"Bearer {one.token}"},
    ) as http:
        request = replace(request_for("abc"), workspace="w")
        answer = await http.post("/v1/infill", content=to_json(request))
        assert "event: infill" in answer.text
        assert infiller.requests[-1].workspace == ""
        named = replace(request_for("abc"), adapter="/home/one/mine")
        refused = await http.post("/v1/infill", content=to_json(named))
        assert refused.status_code == 400
        assert "adapter's folder" in refused.json()["error"]["message"]
        completed = await http.post("/v1/completions", json={"prompt": "abc", "max_tokens": 4})
        assert completed.status_code == 200
        assert (await http.get("/load")).json()["remembered"] == []
        for method in ("POST", "DELETE"):
            refused = await http.request(method, "/v1/memory", json={"workspace": "w", "files": []})
            assert refused.status_code == 400
            assert "owner" in refused.json()["error"]["message"]
        counted = (await http.get("/metrics")).text
        assert f'fillwright_user_requests_total{{finish="settled",user="{one.id}"}} 2.0' in counted
        assert other.id not in counted
    assert infiller.remembered.said == []
    await asyncio.to_thread(resident.close)


async def test_an_engine_that_is_not_there_remembers_nothing_and_is_not_started(engine_folder):
    settings = EngineSettings(runtime_dir=engine_folder / "none")
    assert await EngineClient(settings).remember(Memories("w", ())) == Health("stopped")


async def test_doubts_come_in_one_event(client, http, infiller):
    infiller.allow(1)
    found = await client.doubts(DoubtRequest("abc", 1, 3, "python"))
    assert [(each.start, each.end, each.text) for each in found.places] == [(1, 2, "X")]
    assert await metric(http, 'fillwright_requests_total{finish="settled"}') == 1
    with pytest.raises(BadRequest, match="No doubt"):
        await client.doubts(DoubtRequest("refuse", 0, 6, "python"))


async def test_a_look_that_nobody_waits_for_is_given_up(client, infiller):
    waiting = asyncio.create_task(client.doubts(DoubtRequest("abc", 0, 3, "python")))
    assert await at_step(infiller) == ("abc", 1)
    waiting.cancel()
    async with asyncio.timeout(PATIENCE_S):
        while not infiller.cancelled():
            await asyncio.sleep(0.01)
