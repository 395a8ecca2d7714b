"""Where a daemon and its clients meet: a folder that only this user can enter, and names in it.

Knows nothing of HTTP, processes or models. One daemon serves one checkpoint on one device, or
stands before one server. Its files carry a hash of that, and of the version and environment that
would run it. So different settings never fight over a socket.
"""

import hashlib
import json
import os
import socket
import stat
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import EngineUnavailable

if TYPE_CHECKING:
    from filelock import BaseFileLock

# sun_path holds 104 bytes on macOS and 108 on Linux, with the closing NUL
SOCKET_PATH_BYTES = 103


@dataclass(frozen=True, slots=True)
class EnginePlace:
    """The files of one daemon: `folder` is private, `name` belongs to its settings."""

    folder: Path
    name: str

    @property
    def socket(self) -> Path:
        return self.folder / f"{self.name}.sock"

    @property
    def loopback(self) -> Path:
        """Port and token of a daemon that cannot have a Unix socket."""
        return self.folder / f"{self.name}.loopback"

    @property
    def pid(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def has_unix_socket(self) -> bool:
        fits = len(os.fsencode(self.socket)) <= SOCKET_PATH_BYTES
        return hasattr(socket, "AF_UNIX") and fits

    def life_lock(self) -> "BaseFileLock":
        """Held by the daemon for as long as it lives, so the kernel says whether it does."""
        return _lock(self.folder / f"{self.name}.lock")

    def starting_lock(self) -> "BaseFileLock":
        """Held by the one client that starts the daemon."""
        return _lock(self.folder / f"{self.name}.starting")


def place_of(settings: EngineSettings) -> EnginePlace:
    """The place of the daemon that `settings` name, in a folder that is made when missing.

    Raises `EngineUnavailable` when the folder is not private to this user.
    """
    checkpoint = (settings.checkpoint or embedded_checkpoint()).resolve()
    identity: list[object] = [str(checkpoint), settings.device, _version(), sys.prefix]
    if settings.remote is not None:
        identity.append(asdict(settings.remote))
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
    return EnginePlace(
        private_folder(settings.runtime_dir or default_folder()), f"engine-{digest[:10]}"
    )


def places_in(folder: Path) -> list[EnginePlace]:
    """The places of all daemons that have ever used a runtime folder, by name."""
    return [EnginePlace(folder, lock.stem) for lock in sorted(folder.glob("engine-*.lock"))]


def default_folder() -> Path:
    """$FILLWRIGHT_RUNTIME_DIR, else `fillwright` in $XDG_RUNTIME_DIR, else ~/.cache/fillwright/run.

    An XDG_RUNTIME_DIR that belongs to somebody else (after `su`) is passed over: a folder made
    there would lock its owner out.
    """
    if chosen := os.environ.get("FILLWRIGHT_RUNTIME_DIR"):
        return Path(chosen)
    session = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    if hasattr(os, "getuid") and session.is_dir() and session.stat().st_uid == os.getuid():
        return session / "fillwright"
    return Path.home() / ".cache" / "fillwright" / "run"


def private_folder(folder: Path) -> Path:
    """`folder` without symbolic links, made when missing and closed to other users (0700).

    Raises `EngineUnavailable` when it cannot be made, belongs to somebody else, or others can
    write to it: they could have put a socket of their own there.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        link, real = folder.lstat(), folder.resolve(strict=True)
        status = real.stat()
        if hasattr(os, "getuid"):
            _demand_ours(folder, link)
            _demand_ours(real, status)
            if stat.S_IMODE(status.st_mode) != 0o700:
                real.chmod(0o700)
    except OSError as error:
        raise EngineUnavailable(
            f"The engine's runtime folder {folder} cannot be used ({error.strerror}); "
            "set FILLWRIGHT_RUNTIME_DIR to a folder that you can write."
        ) from error
    return real


def _demand_ours(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.getuid():
        raise EngineUnavailable(
            f"The engine's runtime folder {path} belongs to another user; "
            "set FILLWRIGHT_RUNTIME_DIR to a folder of your own."
        )
    if not stat.S_ISLNK(status.st_mode) and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise EngineUnavailable(
            f"Other users can write to the engine's runtime folder {path}; look what is in it, "
            f"then run `chmod 700 {path}`."
        )


def _lock(path: Path) -> "BaseFileLock":
    # imported here because only starting and stopping need it, and it costs 2 MB
    from filelock import FileLock

    return FileLock(path, mode=0o600, thread_local=False)


@cache
def _version() -> str:
    # imported here because it costs 2 MB and a tenth of what `initialize` may take
    from importlib import metadata

    return metadata.version("fillwright")
