"""`fillwright fill` and the project around its file: the engine is told of it before it fills.

Knows files and the engine's client; knows no holes.
"""

import asyncio
from pathlib import Path

from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.request import Memories
from fillwright.lsp_server.project.folder import ProjectFolder
from fillwright.lsp_server.project.keys import ProjectPlace, file_key
from fillwright.lsp_server.settings.settings import ContextSettings, ExclusionSettings

REPOSITORIES = (".git", ".hg", ".jj")
MANIFESTS = (
    *("pyproject.toml", "setup.py", "package.json", "Cargo.toml", "go.mod", "pom.xml"),
    *("build.gradle", "build.gradle.kts", "CMakeLists.txt", "Gemfile", "composer.json"),
)
PATIENCE_S = 5.0
"""A fill waits no longer than that for the files of a project, once the model is loaded."""
LOOK_AGAIN_S = 0.05


def project_around(file: Path) -> Path | None:
    """The folder of the project that a file is in: that of its repository, else the nearest one
    with a manifest."""
    folders = file.resolve().parents
    for names in (REPOSITORIES, MANIFESTS):
        for folder in folders:
            if any((folder / name).exists() for name in names):
                return folder
    return None


async def remember_project(
    client: EngineClient, root: Path, file: Path, patience_s: float = PATIENCE_S
) -> tuple[ProjectPlace, bool]:
    """Have the engine, started when there is none, remember a project; gives where the file lies in
    it, and whether all was read in time. Raises what the client raises."""
    folder = ProjectFolder(root, ExclusionSettings())
    key, similar = file_key(root, file.resolve()), ContextSettings().characters
    place = ProjectPlace(folder.workspace, key, similar=similar)
    health = await client.start()
    while health.status == "loading":
        # the fill has to wait for that anyway
        await asyncio.sleep(LOOK_AGAIN_S)
        health = await client.health()
    try:
        async with asyncio.timeout(patience_s):
            health = await folder.bring(client)
            while health.to_remember or health.unsorted:
                await asyncio.sleep(LOOK_AGAIN_S)
                health = await client.remember(Memories(folder.workspace, ()))
    except TimeoutError:
        return place, False
    return place, True
