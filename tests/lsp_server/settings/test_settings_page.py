"""docs/settings.md is what `docs/write_settings.py` writes, and has a text for every key."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_is_current() -> None:
    page = runpy.run_path(str(DOCS / "write_settings.py"))["page"]()
    written = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert written == page, "run .venv/bin/python -P docs/write_settings.py"


def test_every_row_says_what_its_key_is_for() -> None:
    rows = (DOCS / "settings.md").read_text(encoding="utf-8").split("\n| `")[1:]
    assert len(rows) > 10
    assert all(row.splitlines()[0].split(" | ")[3].rstrip(" |") for row in rows)
