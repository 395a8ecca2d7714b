"""docs/cli.md is what the command says of itself."""

import runpy
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
WRITER = runpy.run_path(str(DOCS / "write_cli.py"))


@pytest.mark.skipif(
    sys.version_info[:2] != WRITER["PYTHON"], reason="argparse lays help out otherwise"
)
def test_the_page_is_current() -> None:
    written = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert written == WRITER["page"](), "run make pages"


def test_every_verb_is_on_the_page() -> None:
    written = (DOCS / "cli.md").read_text(encoding="utf-8")
    for title in ("fillwright fill", "fillwright engine status", "fillwright eval typing"):
        assert f"### {title}\n" in written
