"""docs/claims.md: what the first page claims stands there, and what shows it is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| (?!claim \||---)(.+?) \| (.+) \|$", (ROOT / "docs/claims.md").read_text("utf-8"), re.M
)


def plain(text: str) -> str:
    """Without emphasis and line ends, so that words can be found."""
    return " ".join(text.replace("**", "").split()).lower()


def test_the_first_page_says_each_of_them() -> None:
    page = plain((ROOT / "README.md").read_text("utf-8"))
    assert len(ROWS) > 20
    assert [claim for claim, _ in ROWS if plain(claim) not in page] == []


def test_each_is_shown_by_a_test_or_a_page_that_is_there() -> None:
    for claim, shown in ROWS:
        for file, test in re.findall(r"`([\w/]+\.py)::(\w+)`", shown):
            source = (ROOT / "tests" / file).read_text("utf-8")
            assert f"def {test}(" in source, (claim, file, test)
        for page, anchor in re.findall(r"\]\((\w+\.md)#?([\w-]*)\)", shown):
            text = (ROOT / "docs" / page).read_text("utf-8")
            titles = re.findall(r"^#+ (.+)$", text, re.M)
            slugs = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
            assert not anchor or anchor in slugs, (claim, page, anchor)
