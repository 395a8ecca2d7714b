"""Emacs and its own language client, eglot: a code action fills a body."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

PATIENCE_S = 120
HERE = Path(__file__).parent


def test_a_code_action_fills_a_body(
    environment: dict[str, str],
    set_up: Callable[[str], None],
    shelf: Path,
    assert_filled: Callable[[Path], None],
) -> None:
    set_up("emacs")
    init = Path(environment["XDG_CONFIG_HOME"]) / "emacs" / "init.el"
    done = subprocess.run(
        ["emacs", "-Q", "--batch", "-l", init, "-l", HERE / "fill.el", shelf],
        env=environment,
        cwd=shelf.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    assert "(fillwright)" in done.stderr.lower(), done.stderr
    assert_filled(shelf)
