"""Finds out what a server is and what its model can do, by a few small requests without any of the
user's text.

Knows the servers' ways to speak of themselves; knows nothing of fills.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.remote.adapters import mercury, mistral
from fillwright.engine.remote.question import Server
from fillwright.engine.remote.refusals import NOT_OFFERED, RefusedError
from fillwright.engine.remote.settings import Kind, RemoteSettings
from fillwright.engine.remote.templates import Family, family_called, family_for

# where a server does not say
CONTEXT_TOKENS = 8192
NO_TOKEN = 2**31 - 1
ELSEWHERE = (400, 403, 404, 405, 501)


@dataclass(frozen=True, slots=True)
class Canvas:
    """The widest canvas that a server gives a request, and how many tokens its model knows."""

    width: int
    vocabulary: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a server is: how it is talked to, with which model, how many tokens that sees, and in
    which form it is asked (None: the server knows). `canvas` is the width of a model that denoises,
    `models` what else there is, `version` the server's own."""

    kind: Kind
    model: str
    context_tokens: int = CONTEXT_TOKENS
    family: Family | None = None
    canvas: Canvas | None = None
    models: tuple[str, ...] = ()
    version: str = ""


async def probe(server: Server, settings: RemoteSettings) -> Found:
    """Ask. Raises `BadRequest` where the server is none that can be talked to, or where its model
    cannot fill in as far as is known; and what `Server` raises."""
    kind = settings.kind if settings.kind != "auto" else settings.address().kind
    if kind == "mistral" or kind == "mercury":
        default = {"mistral": mistral.DEFAULT_MODEL, "mercury": mercury.DEFAULT_MODEL}[kind]
        return Found(kind, settings.model or default)
    if kind in (None, "llama.cpp") and (props := await _try(server, "/props")) is not None:
        return await _llama_cpp(server, settings, props, kind)
    if kind in (None, "ollama") and (tags := await _try(server, "/api/tags")) is not None:
        return await _ollama(server, settings, _names(tags.get("models"), "name"))
    if kind in ("llama.cpp", "ollama"):
        raise BadRequest(f"{settings.url} is no {kind} server; leave fillwright.engine.kind out.")
    return await _openai(server, settings, kind)


async def _llama_cpp(
    server: Server, settings: RemoteSettings, props: Mapping[str, Any], kind: Kind | None
) -> Found:
    limits = props.get("default_generation_settings")
    context = _whole(limits.get("n_ctx") if isinstance(limits, dict) else None)
    listed = await _try(server, "/v1/models") or {}
    models = _names(listed.get("data"), "id")
    model = settings.model or (models or ("unknown",))[0]
    if models and model not in models:
        # it takes any name, and fills with what it has
        raise _choose(models)
    version = str(props.get("build_info", ""))
    try:
        await server.ask("/infill", {"input_prefix": "", "input_suffix": "", "n_predict": 1})
    except RefusedError as error:
        if error.status != NOT_OFFERED:
            raise
        # the model's file names no tokens for it, but its name may
        family = _family(settings, model)
        if kind is not None or family is None:
            raise _cannot_fill(model) from None
        return Found("openai", model, context, family, None, models, version)
    return Found("llama.cpp", model, context, None, None, models, version)


async def _ollama(server: Server, settings: RemoteSettings, models: tuple[str, ...]) -> Found:
    model = settings.model or (models[0] if len(models) == 1 else None)
    if model is None:
        raise _choose(models)
    about = await server.ask("/api/show", {"model": model})
    inserts = isinstance(about, dict) and "insert" in (about.get("capabilities") or ())
    family = None if inserts and settings.template is None else _family(settings, model)
    if not inserts and family is None:
        raise _cannot_fill(model)
    return Found("ollama", model, CONTEXT_TOKENS, family, None, models)


async def _openai(server: Server, settings: RemoteSettings, kind: Kind | None) -> Found:
    listed = await _listed(server, settings)
    entries: list[Any] = listed["data"] if isinstance(listed.get("data"), list) else []
    models = _names(entries, "id")
    model = settings.model or (models[0] if len(models) == 1 else None)
    if model is None:
        raise _choose(models)
    limits = [entry for entry in entries if isinstance(entry, dict) and entry.get("id") == model]
    context = _whole(limits[0].get("max_model_len") if limits else None)
    version = str((await _try(server, "/version") or {}).get("version", ""))
    canvas = (
        await canvas_of(server, model) if version and kind in (None, "vllm-diffusion") else None
    )
    if canvas is not None:
        return Found("vllm-diffusion", model, context, None, canvas, models, version)
    if kind == "vllm-diffusion":
        raise BadRequest(f"{model} does not denoise there; leave fillwright.engine.kind out.")
    if kind == "openai-suffix":
        return Found(kind, model, context, None, None, models, version)
    family = _family(settings, model)
    if family is None:
        raise _cannot_fill(model)
    return Found("openai", model, context, family, None, models, version)


async def _listed(server: Server, settings: RemoteSettings) -> dict[str, Any]:
    """What the server says of its models. One whose model is named may fail at that, as
    `transformers serve` does where nothing was downloaded."""
    try:
        return await _try(server, "/v1/models") or {}
    except EngineFailed as error:
        if settings.model is None or isinstance(error, RefusedError):
            raise
        return {}


async def canvas_of(server: Server, model: str) -> Canvas | None:
    """The canvas of a model that denoises on vLLM, None for any other model: only a server of the
    former refuses an empty seed canvas, and one of ids that nobody has."""
    width = await _refused(server, model, [], r"diffusion_seed_canvas must hold exactly (\d+) ids")
    if width is None:
        return None
    unknown = [NO_TOKEN] * width
    vocabulary = await _refused(server, model, unknown, r"ids must be in \[0, (\d+)\)")
    return None if vocabulary is None else Canvas(width, vocabulary)


async def _refused(server: Server, model: str, canvas: list[int], words: str) -> int | None:
    body = {
        "model": model,
        "prompt": "x",
        "max_tokens": 1,
        "vllm_xargs": {"diffusion_seed_canvas": canvas},
    }
    try:
        await server.ask("/v1/completions", body)
    except RefusedError as error:
        found = re.search(words, error.reason)
        return int(found[1]) if found else None
    return None


async def _try(server: Server, path: str) -> dict[str, Any] | None:
    """The object at a path, None where the server has no such path."""
    try:
        found = await server.ask(path)
    except RefusedError as error:
        if error.status in ELSEWHERE:
            return None
        raise
    return found if isinstance(found, dict) else None


def _family(settings: RemoteSettings, model: str) -> Family | None:
    return family_called(settings.template) if settings.template else family_for(model)


def _names(entries: object, key: str) -> tuple[str, ...]:
    if not isinstance(entries, list):
        return ()
    names = (entry.get(key) for entry in entries if isinstance(entry, dict))
    return tuple(name for name in names if isinstance(name, str))


def _whole(value: object) -> int:
    return value if type(value) is int and value > 0 else CONTEXT_TOKENS


def _choose(models: tuple[str, ...]) -> BadRequest:
    if not models:
        return BadRequest(
            "The engine does not say which models it has; set fillwright.engine.model, or look "
            "whether fillwright.engine.url is right."
        )
    names = ", ".join(models[:8])
    return BadRequest(
        f"The engine has other models: set fillwright.engine.model to one of {names}."
    )


def _cannot_fill(model: str) -> BadRequest:
    return BadRequest(
        f"Nothing is known of how {model} fills in the middle; use a model for code, or set "
        "fillwright.engine.template to the form it was taught."
    )
