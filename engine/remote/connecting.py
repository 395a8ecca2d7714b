"""From settings to an infiller that talks to the server they name."""

import asyncio
from collections.abc import Callable

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.remote.adapters.chat import Chat
from fillwright.engine.remote.adapters.llama_cpp import LlamaCpp
from fillwright.engine.remote.adapters.mercury import Mercury
from fillwright.engine.remote.adapters.mercury_edit import MercuryEdit
from fillwright.engine.remote.adapters.mistral import Mistral
from fillwright.engine.remote.adapters.ollama import Ollama
from fillwright.engine.remote.adapters.openai import Completions
from fillwright.engine.remote.adapters.vllm_diffusion import CONTROL_TOKENS, VllmDiffusion
from fillwright.engine.remote.calibrated import calibration_of
from fillwright.engine.remote.connection import PATIENCE, Connection, Patience
from fillwright.engine.remote.infiller import RemoteInfiller
from fillwright.engine.remote.marks import Marks
from fillwright.engine.remote.own_code import OwnCode
from fillwright.engine.remote.probe import Found, probe
from fillwright.engine.remote.pump import Pump
from fillwright.engine.remote.question import Adapter
from fillwright.engine.remote.settings import RemoteSettings


def connect(
    settings: RemoteSettings,
    progress: Callable[[float], None] = lambda fraction: None,
    patience: Patience = PATIENCE,
) -> RemoteInfiller:
    """An infiller over the server. Raises `EngineFailed` where there is none, or none that can
    fill in."""
    pump = Pump()
    try:
        connection = pump.run(_connection(settings, patience))
        found = pump.run(probe(connection, settings))
        progress(1.0)
        return RemoteInfiller(
            adapter=adapter_for(found),
            connection=connection,
            pump=pump,
            model_name=found.model,
            context_tokens=found.context_tokens,
            own_code=OwnCode.of_checkpoint(embedded_checkpoint()),
            marks=_marks(found),
            samples=settings.samples,
            calibration=calibration_of(connection.host, found.model),
            chat=Chat(found.model) if settings.instructions else None,
            editor=MercuryEdit(found.model) if found.kind == "mercury" else None,
        )
    except BaseException as error:
        pump.close()
        if isinstance(error, BadRequest):
            # no request is bad: the settings are, for all of them
            raise EngineFailed(str(error)) from error
        raise


def look(settings: RemoteSettings, patience: Patience = PATIENCE) -> Found:
    """What the server is. Raises `BadRequest` where the settings, or the model, cannot be used, and
    `EngineFailed` where the server cannot be asked."""

    async def asked() -> Found:
        connection = Connection(settings, patience)
        try:
            return await probe(connection, settings)
        finally:
            await connection.aclose()

    return asyncio.run(asked())


def adapter_for(found: Found) -> Adapter:
    """What talks to such a server."""
    match found.kind:
        case "llama.cpp":
            return LlamaCpp()
        case "openai" | "openai-suffix":
            return Completions(found.model, found.family, name=found.kind)
        case "ollama":
            return Ollama(found.model, found.family)
        case "mistral":
            return Mistral(found.model)
        case "mercury":
            return Mercury(found.model)
        case "vllm-diffusion" if found.canvas is not None:
            return VllmDiffusion(found.model, found.canvas.width, found.canvas.vocabulary)
    raise BadRequest(f"There is no way to talk to a server of the kind {found.kind}.")


def _marks(found: Found) -> Marks:
    if found.family is not None:
        return found.family.marks
    return Marks(CONTROL_TOKENS if found.canvas is not None else ())


async def _connection(settings: RemoteSettings, patience: Patience) -> Connection:
    return Connection(settings, patience)
