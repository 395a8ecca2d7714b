"""Fixture documents, and a user who types.

A fixture document is prose, then sections that each begin with a line `---- <title>`.

In a section, `‸` is the cursor, `⟦` and `⟧` are the ends of a selection or a hole, `→` is a tab,
`·` a space where one would not be seen, and `∎` ends a text that has no newline at its end.
`pytest --update` writes what came out in place of what was expected, to be reviewed.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.request import Certainty, Draft, Infill, InfillRequest
from fillwright.lsp_server.fills.fills import Fills
from fillwright.lsp_server.fills.pace import Pace
from fillwright.lsp_server.fills.status import StatusLine
from fillwright.lsp_server.settings.settings import FillSettings
from fillwright.lsp_server.suggestions.snooze import Snooze
from fillwright.lsp_server.suggestions.suggestions import Moment, Suggestions
from fillwright.lsp_server.suggestions.suppressions import Suppressions
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import PositionEncoding
from fillwright.lsp_server.text.subscribers import DocumentEdit

UTF32 = PositionEncoding.UTF32
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


class Engine:
    """Says `says`, in `seconds` as it claims, and before that what it has `first`; keeps what it
    was asked."""

    def __init__(self, says: str) -> None:
        self.says = says
        self.first: Draft | None = None
        self.certainty: Certainty | None = None
        self.seconds = 0.05
        self.asked: list[InfillRequest] = []
        self.stopped = 0
        self.gate: asyncio.Future[None] | None = None

    async def fill(
        self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
    ) -> Infill:
        self.asked.append(request)
        if self.first is not None and on_draft is not None:
            on_draft(self.first)
        if self.gate is not None:
            try:
                await asyncio.shield(self.gate)
            except asyncio.CancelledError:
                self.stopped += 1
                raise
        texts = (self.says,) * len(request.holes)
        more = tuple((f"{self.says} {number}",) for number in range(1, request.candidates))
        timings = {"total": self.seconds * 1000}
        return Infill(
            texts,
            ((0.9,),),
            "settled",
            1,
            1,
            "draft",
            "",
            "",
            timings,
            more,
            "end-mark",
            self.certainty,
        )


class User:
    """Somebody who types in a document, and an editor that asks for ghost text."""

    def __init__(self, source: str, says: str = "", language: str = "plaintext") -> None:
        self.engine = Engine(says)
        self.now = 100.0
        self.slept: list[float] = []
        self.waits = False
        self.fills = Fills(
            lambda kind: self.engine,  # type: ignore[arg-type, return-value]
            StatusLine(lambda status: None),
            pace=Pace(lambda: self.now, self._sleep),
        )
        self.suppressions = Suppressions()
        self.silent_in: set[str] = set()
        self.suggestions = Suggestions(
            self.fills,
            self.suppressions,
            self._in_background,
            lambda uri, language: language not in self.silent_in,
            Snooze(lambda: self.now),
        )
        self.cursor = source.index("‸")
        self.document = Document.of(source.replace("‸", ""), language, "untitled:a", 1)
        self.tasks: list[asyncio.Task[Any]] = []

    def change(self, *changes: tuple[int, int, str]) -> None:
        """Replace ranges, each in the text that the one before left; the cursor is after them."""
        before = self.document
        document, plain = before, []
        for start, end, text in changes:
            places = (document.lines.position(place, UTF32) for place in (start, end))
            plain.append(Change(text, *places))
            document = document.changed(plain[-1:], before.version + 1, UTF32)
            self.cursor = start + len(text)
        self.document = document
        edit = DocumentEdit(before, document, plain, UTF32)
        self.fills.changed(edit)
        self.suggestions.changed(edit)

    def type(self, text: str, interval: float = 0.2) -> None:
        """Type characters one by one."""
        for character in text:
            self.now += interval
            self.change((self.cursor, self.cursor, character))

    def backspace(self) -> None:
        self.change((self.cursor - 1, self.cursor, ""))

    async def ghosts(
        self, *, by_hand: bool = False, candidates: int = 1, selected: TextChange | None = None
    ) -> list[TextChange]:
        moment = Moment(self.document, self.cursor, "ghost", by_hand, candidates)
        ghosts = await self.suggestions.ghosts(moment, FillSettings(), selected)
        for ghost in reversed(ghosts):
            self.suggestions.shown.keep(self.document, self.cursor, ghost)
        return ghosts

    async def sees(self, **how: Any) -> str | None:
        """The document with the first ghost text accepted, in «»."""
        ghosts = await self.ghosts(**how)
        if not ghosts:
            return None
        text, ghost = self.document.text, ghosts[0]
        return f"{text[: ghost.start]}«{ghost.text}»{text[ghost.end :]}"

    def popup(self) -> list[str]:
        moment = Moment(self.document, self.cursor, "popup")
        return [item.text for item in self.suggestions.popup(moment, FillSettings())]

    @property
    def reasons(self) -> list[object]:
        """The codes of what was held back, the oldest first."""
        return [suppression["code"] for suppression in self.suppressions.to_json()]

    def _in_background(self, work: Coroutine[Any, Any, Any]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.now + seconds
        while self.waits and self.now < until:
            await asyncio.sleep(0)


@pytest.fixture
def new_user() -> type[User]:
    """Makes a user: of a source with a cursor, and what the engine says."""
    return User


@pytest.fixture
def settle() -> Callable[[], Awaitable[None]]:
    """Lets everything that is ready run."""

    async def run() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    return run
