"""The shells' files and the manual page are what `docs/write_completion.py` writes."""

import runpy
import sys
from pathlib import Path

import pytest

from fillwright.lsp_server.cli.completion import FILES, FOLDER

WRITER = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "write_completion.py"))


@pytest.mark.skipif(
    sys.version_info[:2] != WRITER["PYTHON"], reason="argparse lays help out otherwise"
)
def test_the_files_are_current() -> None:
    written = WRITER["write"]()
    assert written.keys() == set(FILES.values())
    for name, text in written.items():
        assert (FOLDER / name).read_text("utf-8") == text, f"{name}: run make pages"


def test_no_verb_is_only_a_name() -> None:
    """Those that main.py and others only name are there with their options."""
    manual = (FOLDER / FILES["man"]).read_text("utf-8")
    for command in ("fill", "engine probe", "eval typing", "bench load", "train run"):
        assert f"\nusage: fillwright {command} [" in manual.replace("\\-", "-"), command
