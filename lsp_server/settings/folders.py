"""Which settings hold for a document: those of the innermost workspace folder around it.

Knows URIs; does not know how settings are read.
"""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from fillwright.lsp_server.settings.settings import Settings

CELL = "vscode-notebook-cell"


class FolderSettings:
    """The settings of each workspace folder, and `everywhere` for what lies in none."""

    def __init__(
        self, everywhere: Settings | None = None, folders: Mapping[str, Settings] | None = None
    ) -> None:
        self.everywhere = everywhere or Settings()
        self._folders = dict(folders or {})

    def of(self, uri: str) -> Settings:
        """The settings for a document, by its URI."""
        around = [folder for folder in self._folders if lies_in(folder, uri)]
        return self._folders[max(around, key=len)] if around else self.everywhere


def lies_in(folder: str, uri: str) -> bool:
    """Whether a URI names something in the folder of another; a notebook's cells lie where their
    notebook does."""
    outer, inner = urlsplit(folder), urlsplit(uri)
    if inner.scheme not in (outer.scheme, CELL) or inner.netloc != outer.netloc:
        return False
    return unquote(inner.path).startswith(unquote(outer.path).rstrip("/") + "/")
