"""docs/diffusion.md: its ten pictures are there, small, and drawn by its script."""

import re
import runpy
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
WRITER = runpy.run_path(str(DOCS / "write_diffusion.py"))
PAGE = (DOCS / "diffusion.md").read_text(encoding="utf-8")
NAMED = [DOCS / name for name in re.findall(r"^!\[.+\]\((.+)\)$", PAGE, re.MULTILINE)]
MOST_BYTES = 60_000


def words(picture: Path) -> str:
    """What can be read in it; raises ParseError where it is not well-formed."""
    root = ET.parse(picture).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return "".join(root.itertext()).replace("\xa0", " ")


def test_the_page_names_ten_pictures_which_are_all_there_are() -> None:
    assert len(NAMED) == 10
    assert sorted(NAMED) == sorted((DOCS / "images/diffusion").iterdir())
    assert len(re.findall(r"^## \d+\. ", PAGE, re.MULTILINE)) == 10


@pytest.mark.parametrize("picture", NAMED, ids=lambda picture: picture.stem)
def test_each_is_small_and_asks_nobody_for_anything(picture: Path) -> None:
    assert words(picture).strip()
    text = picture.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    assert "url(http" not in text
    assert "href" not in text


def test_the_script_draws_them(tmp_path: Path) -> None:
    """The first one to the letter: it shows no float that a processor could round otherwise."""
    WRITER["write"](tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(each.name for each in NAMED)
    drawn, kept = tmp_path / "canvas.svg", DOCS / "images/diffusion/canvas.svg"
    assert drawn.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")
    assert "≤ 0.1 accept" in words(tmp_path / "entropy-bound.svg")
    live = words(tmp_path / "live.svg")
    assert "drafting: step 3" in live
    assert "denoising: step 2" in live
