"""Which folder the setting `adapter` names for a document. Reads nothing."""

from collections.abc import Sequence
from pathlib import Path

from fillwright.lsp_server.privacy import secret_files
from fillwright.lsp_server.project.keys import innermost


def adapter_folder(given: str | None, uri: str, folders: Sequence[str]) -> str:
    """The folder's path, "" for none. A relative one is below the workspace's folder, among those
    of the URIs `folders`, that the document is in, or below the only one."""
    if not given:
        return ""
    path = Path(given).expanduser()
    if path.is_absolute():
        return str(path)
    roots = [root for each in folders if (root := secret_files.local_path(each))]
    document = secret_files.local_path(uri)
    around = innermost(roots, document) if document else None
    if around is None and len(roots) == 1:
        [around] = roots
    return str(around / path) if around else str(path)
