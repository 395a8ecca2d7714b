"""An engine that fills with a project's other files in mind, and how it comes to know them.

Knows keys and texts; knows no files.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import EngineFailed
from fillwright.engine.evaluation.source_tree import Source
from fillwright.engine.request import Draft, FileText, Infill, InfillRequest, Memories
from fillwright.lsp_server.project.folder import AT_ONCE
from fillwright.lsp_server.project.keys import ProjectPlace
from fillwright.lsp_server.project.legible import legible

LOOK_AGAIN_S = 0.1


class EngineInProject(EngineClient):
    """Every request is for one place in a project."""

    def __init__(self, settings: EngineSettings, place: ProjectPlace) -> None:
        super().__init__(settings)
        self._place = place

    def infill(self, request: InfillRequest) -> AsyncGenerator[Draft | Infill, None]:
        """As the engine's, with the project in mind."""
        return super().infill(self._place.in_request(request))


async def remember_all(client: EngineClient, workspace: str, sources: Sequence[Source]) -> None:
    """Have an engine, started when there is none, remember what of the sources a language server
    would send, and wait until it does. Raises EngineFailed when it ends meanwhile."""
    health = await client.start()
    for first in range(0, len(sources), AT_ONCE):
        batch = sources[first : first + AT_ONCE]
        files = tuple(
            FileText(source.name, legible(source.text, source.language)) for source in batch
        )
        health = await client.remember(Memories(workspace, files))
    while health.status == "loading" or health.to_remember or health.unsorted:
        await asyncio.sleep(LOOK_AGAIN_S)
        health = await client.health()
    if health.status != "ready":
        reason = "The engine ended while it read the project; start the run again."
        raise EngineFailed(health.reason or reason)
