"""Where things lie on this machine: the user's folders, our own command and plugin.

Every editor's setup gets them as one frozen value, so that a test can give it another home.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fillwright.engine.errors import BadRequest

# an editor with many extensions takes its time
TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Places:
    """`home` is the user's folder, `environment` the variables that programs go by, `platform` as
    `sys.platform` says it, `command` the `fillwright` that editors start."""

    home: Path
    environment: Mapping[str, str]
    platform: str
    command: Path

    @classmethod
    def here(cls) -> "Places":
        """Those of this user and installation. BadRequest when `fillwright` is not to be found."""
        return cls(Path.home(), dict(os.environ), sys.platform, own_command())

    @property
    def config(self) -> Path:
        """Where programs keep their configuration on Unix."""
        chosen = self.environment.get("XDG_CONFIG_HOME", "")
        # the XDG rules pass over a relative path
        return Path(chosen) if os.path.isabs(chosen) else self.home / ".config"

    @property
    def app_data(self) -> Path:
        """Where graphical programs keep it: as `config`, but not on macOS and Windows."""
        match self.platform:
            case "darwin":
                return self.home / "Library" / "Application Support"
            case "win32":
                return Path(self.environment.get("APPDATA") or self.home / "AppData" / "Roaming")
            case _:
                return self.config

    def program(self, *names: str) -> str | None:
        """The first of these programs that is on the PATH."""
        path = self.environment.get("PATH", "")
        return next(filter(None, (shutil.which(name, path=path) for name in names)), None)

    def ask(self, program: str, *arguments: str) -> str:
        """What a program prints. BadRequest when it fails, or does not end."""
        line = " ".join((program, *arguments))
        try:
            asked = subprocess.run(
                [program, *arguments],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=TIMEOUT_S,
                check=False,
            )
        except OSError as error:
            raise BadRequest(f"`{line}` cannot be run ({error.strerror}).") from None
        except subprocess.TimeoutExpired:
            raise BadRequest(f"`{line}` does not end; run it by hand to see why.") from None
        if asked.returncode:
            reason = asked.stderr.strip().rpartition("\n")[2] or f"exit code {asked.returncode}"
            raise BadRequest(f"`{line}` failed: {reason}")
        return asked.stdout


def neovim_plugin() -> Path:
    """The folder of our Neovim plugin, in a checkout or in an installed package."""
    return Path(__file__).parents[3] / "editors" / "nvim"


def own_command() -> Path:
    """The `fillwright` program of the installation that runs. BadRequest when there is none."""
    folders = [
        Path(sys.executable).parent,
        Path(sysconfig.get_path("scripts")),
        Path(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))),
    ]
    found = [shutil.which("fillwright", path=folder) for folder in folders]
    program = next(filter(None, found), None) or shutil.which("fillwright")
    if program is None:
        raise BadRequest(
            "the `fillwright` command is not installed; install Fillwright again with pip."
        )
    return Path(program).absolute()
