"""What other people's clients ask before they ask for a fill: is it up, which models, how large.

Knows their JSON; knows nothing of fills.
"""

import os
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from fillwright.engine.daemon.dialects.answering import json_answer
from fillwright.engine.daemon.dialects.place import TOKENS
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.daemon.wire import Health
from fillwright.engine.errors import BadRequest, EngineUnavailable
from fillwright.engine.version import VERSION


async def health(resident: Resident, request: Request) -> Response:
    """Answer `/health`: 200 and `ok`, as llama.cpp says it, when the model is ready, else 503."""
    now = resident.health()
    is_ready = now.status == "ready"
    answer = asdict(now) | {"status": "ok" if is_ready else now.status, "pid": os.getpid()}
    return json_answer(answer, 200 if is_ready else 503)


async def models(resident: Resident, request: Request) -> Response:
    """Answer `/v1/models`: the one model."""
    return json_answer({"object": "list", "data": [_model(_ready(resident))]})


async def model(resident: Resident, request: Request) -> Response:
    """Answer `/v1/models/{id}`."""
    now, name = _ready(resident), request.path_params["id"]
    if name != now.model:
        raise UnknownModel(f"There is no model {name} here; the model is {now.model}.")
    return json_answer(_model(now))


async def props(resident: Resident, request: Request) -> Response:
    """Answer llama.cpp's `/props`, as far as it means something here."""
    now = _ready(resident)
    settings = {"n_ctx": now.context_tokens, "n_predict": TOKENS}
    return json_answer(
        {
            "default_generation_settings": settings,
            "total_slots": 1,
            "model_alias": now.model,
            "model_path": now.model,
            "build_info": f"fillwright {VERSION}",
        }
    )


class UnknownModel(BadRequest):
    """No model of this name is here."""


def _ready(resident: Resident) -> Health:
    now = resident.health()
    if now.status != "ready":
        raise EngineUnavailable(now.reason or "The model is still loading; ask again later.")
    return now


def _model(now: Health) -> dict[str, object]:
    return {
        "id": now.model,
        "object": "model",
        "created": 0,
        "owned_by": "fillwright",
        "max_model_len": now.context_tokens,
    }
