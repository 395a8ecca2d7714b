"""What `fillwright tune` may learn of project folders.

It is decided as for the memory: what git ignores, secrets and other people's code stay out. Knows
folders; knows no model.
"""

from collections.abc import Sequence
from pathlib import Path

from fillwright.engine.errors import BadRequest
from fillwright.engine.sources.packages import LANGUAGE_OF, SourceFile
from fillwright.lsp_server.project.legible import text_of
from fillwright.lsp_server.project.survey import survey
from fillwright.lsp_server.settings.settings import ExclusionSettings


def project_files(folders: Sequence[Path]) -> list[SourceFile]:
    """What may be learnt of project folders. Raises BadRequest for a folder that is not there."""
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise BadRequest(f"{folder} is no folder; name the folders of projects.")
        root = folder.resolve()
        for file in survey(root, (), ExclusionSettings()):
            path = root / file.key
            if path.suffix in LANGUAGE_OF and (text := text_of(path)) is not None:
                found.append(SourceFile(root.name, f"{root.name}/{file.key}", text))
    return found
