"""Fixture documents: prose, then sections that each begin with a line `---- <title>`.

In a section, `‸` is the cursor, `⟦` and `⟧` are the ends of a selection or a hole, `→` is a tab,
`·` a space where one would not be seen, and `∎` ends a text that has no newline at its end.
`pytest --update` writes what came out in place of what was expected, to be reviewed.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
FOLDERS = {"carve_document": "carve", "edit_document": "edits"}


@dataclass
class FixtureDocument:
    """One file of `fixtures/`: its sections by title, in order."""

    path: Path
    prose: str
    sections: dict[str, str]
    update: bool

    @classmethod
    def read(cls, path: Path, update: bool) -> "FixtureDocument":
        prose, *parts = path.read_text(encoding="utf-8").split("---- ")
        sections = {title: text for title, _, text in (part.partition("\n") for part in parts)}
        return cls(path, prose, sections, update)

    def section(self, title: str) -> str:
        """The text of a section, with its marks for the unseen resolved."""
        text = self.sections[title].replace("·", " ").replace("→", "\t")
        return text.partition("∎")[0]

    def expect(self, title: str, actual: str) -> None:
        """Fails when the section says something else, or is rewritten by `--update`."""
        written = _unseen_marked(actual)
        if self.update:
            self.sections[title] = written
            parts = (f"---- {title}\n{text}" for title, text in self.sections.items())
            self.path.write_text(self.prose + "".join(parts), encoding="utf-8")
        assert self.sections.get(title) == written


def _unseen_marked(text: str) -> str:
    marked = re.sub(r" +(?=\n|$)", lambda blanks: "·" * len(blanks.group()), text)
    return marked.replace("\t", "→") + ("" if text.endswith("\n") else "∎\n")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, folder in FOLDERS.items():
        if name in metafunc.fixturenames:
            paths = sorted((FIXTURES / folder).rglob("*.txt"))
            update = metafunc.config.getoption("--update")
            documents = [FixtureDocument.read(path, update) for path in paths]
            names = [str(path.relative_to(FIXTURES / folder).with_suffix("")) for path in paths]
            metafunc.parametrize(name, documents, ids=names)
