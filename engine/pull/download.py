"""Files of a repository -> a folder: resumed, checked, and named only when they are whole.

What is not whole yet is `NAME.CHECKSUM.partial`, so that a file of another revision never goes on
in it.
"""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from fillwright.engine.errors import BadRequest, DownloadFailed
from fillwright.engine.pull.hub import Hub, RemoteFile, Repository

BLOCK = 1 << 20
CONFIG = "config.json"


def pull(hub: Hub, repository: Repository, folder: Path, received: Callable[[int], None]) -> None:
    """Fetch what `folder` lacks; `received` is told every byte that is there. config.json comes
    last: without it no engine takes the folder for a model. Raises BadRequest or DownloadFailed."""
    names = {file.name for file in repository.files}
    if CONFIG not in names or not any(name.endswith(".safetensors") for name in names):
        raise BadRequest(
            f"{repository.name} holds no config.json with safetensors files beside it; name a "
            "model in that format."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_space(repository, folder)
        for file in sorted(repository.files, key=lambda file: (file.name == CONFIG, file.name)):
            _fetch(hub, repository, file, folder, received)
    except OSError as error:
        raise BadRequest(
            f"{folder} cannot be written ({error.strerror or error}); correct that and run the "
            "same command again, which goes on from here."
        ) from error


def _check_space(repository: Repository, folder: Path) -> None:
    missing = sum(
        file.size - _size(folder / file.name) - _size(_partial(folder, file))
        for file in repository.files
    )
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise BadRequest(
            f"{repository.name} needs {missing / 1e9:.1f} GB more in {folder}, where "
            f"{free / 1e9:.1f} GB are free; make room, or give another folder with --to."
        )


def _fetch(
    hub: Hub,
    repository: Repository,
    file: RemoteFile,
    folder: Path,
    received: Callable[[int], None],
) -> None:
    whole, partial = folder / file.name, _partial(folder, file)
    if _size(whole) == file.size and _checksum(whole, file) == file.checksum:
        received(file.size)
        return
    start = _size(partial)
    if start > file.size:
        partial.unlink()
        start = 0
    received(start)
    begun_again = False
    while start < file.size:
        reached = _go_on(hub, repository, file, partial, start, received)
        if reached == 0 and begun_again:
            raise DownloadFailed(
                f"{file.name} of {repository.name} broke off twice, and {hub.endpoint} cannot go "
                "on in a file; run the same command again on a better connection."
            )
        begun_again = begun_again or reached == 0
        start = reached
    partial.touch()
    if _checksum(partial, file) != file.checksum:
        partial.unlink()
        raise DownloadFailed(
            f"What came as {file.name} of {repository.name} has another checksum than the hub says "
            "and is removed; run the same command again."
        )
    partial.replace(whole)


def _go_on(
    hub: Hub,
    repository: Repository,
    file: RemoteFile,
    partial: Path,
    start: int,
    received: Callable[[int], None],
) -> int:
    """Ask once for all that is missing; gives how many bytes there are then, which is 0 where the
    hub gives only whole files."""
    with partial.open("ab") as out:

        def write(block: bytes) -> None:
            out.write(block)
            received(len(block))

        ranges = hub.read(repository, file, start, write)
        if not ranges:
            out.truncate(0)
            received(-start)
            return 0
    reached = _size(partial)
    if reached == start:
        raise DownloadFailed(
            f"{file.name} of {repository.name} ends after {start} of {file.size} bytes; run the "
            "same command again, which goes on from here."
        )
    return reached


def _checksum(path: Path, file: RemoteFile) -> str:
    hashed = hashlib.sha256() if file.sha256 else hashlib.sha1(usedforsecurity=False)
    if not file.sha256:
        hashed.update(f"blob {_size(path)}\0".encode())
    with path.open("rb") as content:
        while block := content.read(BLOCK):
            hashed.update(block)
    return hashed.hexdigest()


def _partial(folder: Path, file: RemoteFile) -> Path:
    return folder / f"{file.name}.{file.checksum[:12]}.partial"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
