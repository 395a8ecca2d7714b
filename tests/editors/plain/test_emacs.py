"""Emacs and its own language client, eglot: a code action fills a body."""

import shutil
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


def test_the_package_compiles_without_a_warning_and_is_as_emacs_wants_its_packages(
    environment: dict[str, str], programs: Path, tmp_path: Path
) -> None:
    """Warnings are errors. checkdoc says what is not as Emacs writes documentation, package-lint
    what its archives would not take."""
    package = tmp_path / "fillwright.el"
    shutil.copy(HERE.parents[2] / "editors" / "emacs" / "fillwright.el", package)
    look = '(progn (require (quote checkdoc)) (checkdoc-file "fillwright.el"))'
    lint = (
        "(setq native-comp-enable-subr-trampolines nil package-lint-batch-fail-on-warnings t)",
        "(let ((inhibit-message t)) (require (quote package-lint)))",
    )
    for arguments in (
        ["--eval", "(setq byte-compile-error-on-warn t)", "-f", "batch-byte-compile", package],
        ["--eval", look],
        [
            *("-L", programs.parent / "package-lint", "--eval", lint[0], "--eval", lint[1]),
            *("-f", "package-lint-batch-and-exit", package),
        ],
    ):
        done = subprocess.run(
            ["emacs", "-Q", "--batch", *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert package.with_suffix(".elc").exists()
