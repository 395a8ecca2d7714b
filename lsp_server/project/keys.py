"""By what names the engine knows a project and its files.

Knows paths; reads nothing but where links lead.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from fillwright.engine.request import InfillRequest

KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class ProjectPlace:
    """What an `InfillRequest` says of a document's project: its folder's and its file's name, empty
    where it is in none, whether the user's own code has a say at all, how many characters of
    other files the model may be shown, and the folder of the adapter that it fills with."""

    workspace: str = ""
    file_key: str = ""
    memory: bool = True
    similar: int = 0
    adapter: str = ""

    def in_request(self, request: InfillRequest) -> InfillRequest:
        """A request that says so."""
        return replace(
            request,
            workspace=self.workspace,
            file_key=self.file_key,
            memory=self.memory,
            similar=self.similar,
            adapter=self.adapter,
        )


def workspace_key(root: Path) -> str:
    """The name of a folder's memory: the same for every program of this user, and that of no other
    folder. `root` is resolved."""
    return blake2b(str(root).encode(errors="surrogatepass"), digest_size=KEY_BYTES).hexdigest()


def file_key(root: Path, path: Path) -> str:
    """The name of a file in the memory of the folder around it, which are both resolved."""
    return path.relative_to(root).as_posix()


def innermost(roots: Iterable[Path], path: Path) -> Path | None:
    """The folder closest around a path; all are resolved."""
    around = [root for root in roots if root in path.parents]
    return max(around, key=lambda root: len(root.parts), default=None)
