"""Up or not, which models, how large: what clients ask first."""

import httpx
import pytest

from fillwright.engine.daemon.access import BearerToken
from fillwright.engine.daemon.app import build_app
from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.errors import CheckpointError


@pytest.fixture
async def ready(http, infiller):
    """A client of a model that has been loaded."""
    await http.post("/v1/completions", json={"prompt": "a"})
    return http


@pytest.mark.parametrize("path", ["/health", "/v1/health"])
async def test_a_model_that_is_ready_is_healthy_as_llama_cpp_says_it(ready, path):
    answer = await ready.get(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["model"] == "scripted"


@pytest.mark.parametrize("path", ["/v1/models", "/models"])
async def test_the_one_model_is_listed_and_found_by_its_name(ready, path):
    listed = (await ready.get(path)).json()
    assert listed["object"] == "list"
    [model] = listed["data"]
    assert (model["id"], model["object"], type(model["created"])) == ("scripted", "model", int)
    assert (await ready.get(f"{path}/scripted")).json() == model
    unknown = await ready.get(f"{path}/some/other")
    assert unknown.status_code == 404
    assert unknown.json()["error"]["message"] == (
        "There is no model some/other here; the model is scripted."
    )


async def test_props_say_how_large_the_context_is(ready):
    answer = (await ready.get("/props")).json()
    assert answer["default_generation_settings"]["n_ctx"] == 448
    assert answer["model_alias"] == "scripted"


async def test_a_model_that_is_not_there_is_not_listed():
    def load(progress):
        raise CheckpointError("There is no checkpoint folder.")

    resident = Resident(load)
    resident.start()
    resident._owners[0].join()
    transport = httpx.ASGITransport(BearerToken(build_app(resident, Metrics()), {}))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as http:
        for path in ("/v1/models", "/v1/models/scripted", "/props"):
            answer = await http.get(path)
            assert answer.status_code == 503
            assert answer.json()["error"]["message"] == "There is no checkpoint folder."
        health = await http.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "failed")
