"""Helix, in a terminal: a code action fills a body."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

PATIENCE_S = 60


class Helix:
    """One Helix in a terminal of its own."""

    def __init__(self, tmux: list[str], environment: dict[str, str]) -> None:
        self._tmux = tmux
        self._environment = environment

    def run(self, *arguments: str) -> str:
        return subprocess.run(
            [*self._tmux, *arguments],
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def keys(self, *keys: str) -> None:
        """Type."""
        self.run("send-keys", *keys)

    def screen(self) -> str:
        """What the terminal shows."""
        return self.run("capture-pane", "-p")

    def until(self, probe: Callable[[], object]) -> None:
        """Wait until `probe` gives something true; the deadline only ends a test that failed."""
        deadline = time.monotonic() + PATIENCE_S
        while not probe():
            assert time.monotonic() < deadline, f"never came about:\n{self.screen()}"
            time.sleep(0.02)


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[[Path], Helix]]:
    # a short path: a Unix socket's has about 100 bytes
    folder = Path(tempfile.mkdtemp(prefix="fw-"))
    tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
    helix = Helix(tmux, environment)

    def edit(path: Path) -> Helix:
        size = ["-x", "90", "-y", "24"]
        helix.run("new-session", "-d", *size, "-c", str(path.parent), f"hx {path.name}")
        return helix

    yield edit
    subprocess.run([*tmux, "kill-server"], env=environment, capture_output=True)
    shutil.rmtree(folder)


def serves(runtime: Path) -> bool:
    """Whether a language server says that Helix is its editor."""
    reports = (path.read_text() for path in runtime.glob("editor-*.json"))
    return any(json.loads(report)["editor"] == "helix" for report in reports)


def test_helix_knows_fillwright_beside_its_own_servers(
    environment: dict[str, str], set_up: Callable[[str], None]
) -> None:
    def servers() -> list[str]:
        command = ["hx", "--health", "python"]
        said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        block = said.stdout.partition("debug adapter")[0]
        return [
            line.split()[1].removesuffix(":") for line in block.splitlines()[1:] if "  " in line
        ]

    before = servers()
    assert before
    set_up("helix")
    assert servers() == [*before, "fillwright"]


def test_a_code_action_fills_a_body(
    set_up: Callable[[str], None],
    start: Callable[[Path], Helix],
    shelf: Path,
    engine_folder: Path,
    assert_filled: Callable[[Path], None],
) -> None:
    set_up("helix")
    before = shelf.read_text()
    helix = start(shelf)
    helix.until(lambda: serves(engine_folder))
    helix.keys("/raise NotImpl", "Enter")
    line = before[: before.index("raise NotImpl")].count("\n") + 1
    helix.until(lambda: f" {line}:" in helix.screen())
    helix.keys("Space", "a")
    helix.until(lambda: "Fill body" in helix.screen())
    helix.keys("Enter")
    helix.until(lambda: "[+]" in helix.screen())
    helix.keys(":w", "Enter")
    # Helix moves the old file away before it writes the new one
    helix.until(lambda: "[+]" not in helix.screen())
    assert_filled(shelf)
    helix.keys("u")
    helix.until(lambda: "[+]" in helix.screen())
    helix.keys(":w", "Enter")
    helix.until(lambda: "[+]" not in helix.screen())
    # one fill, one undo
    assert shelf.read_text() == before
