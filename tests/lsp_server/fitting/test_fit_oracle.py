"""The true text of a hole, put back: what stands there afterwards is the file again.

Every file of `fixtures/oracle` is cut at hundreds of places, the same ones each time. The text is
said in the ways that models say it: as it was, run on into what follows, with the line so far, at
the margin.
"""

import random
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pytest

from fillwright.engine.syntax.languages import language_of_file
from fillwright.lsp_server.carving.carving import (
    Carving,
    carve_body,
    carve_line_end,
    carve_selection,
)
from fillwright.lsp_server.fitting.fit import fit_fill
from fillwright.lsp_server.fitting.surroundings import SHORT_ENOUGH
from fillwright.lsp_server.text.changes import applied
from fillwright.lsp_server.text.documents import Document

SOURCES = sorted((Path(__file__).parents[3] / "fixtures" / "oracle").iterdir())
POSITIONS = 300
LONG_POSITIONS = 60
EXCUSED_SHARE = 0.02
LONGEST_PIECE = 14
LINES_BELOW = 3
WORD = re.compile(r"[A-Za-z_]{3,}")


@dataclass(frozen=True)
class Case:
    """A file with a hole, a text for it, and how that is said."""

    document: Document
    carving: Carving
    text: str
    said: str
    place: str


class Source:
    """One file, or some copies of it in one, and the holes in it."""

    def __init__(self, path: Path, copies: int = 1) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8") * copies
        # the command line knows no name for it, but editors do
        self.language = "swift" if path.suffix == ".swift" else language_of_file(path)
        self.document = Document.of(self.text, self.language)
        self.lines = self.text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def without(self, start: int, end: int, instead: str = "") -> Document:
        return Document.of(self.text[:start] + instead + self.text[end:], self.language)

    def cases(self, chance: random.Random) -> Iterator[Case]:
        ways = [self.line_end, self.mid_line, self.selection, self.body]
        while True:
            for way in ways:
                yield from way(chance)

    def _line(self, chance: random.Random) -> tuple[int, str, int]:
        """The number of a line that says something, the line, and where its code begins."""
        while True:
            number = chance.randrange(len(self.lines))
            line = self.lines[number]
            if len(line.strip()) > 5:
                return number, line, len(line) - len(line.lstrip())

    def line_end(self, chance: random.Random) -> Iterator[Case]:
        """The rest of a line from any column on, with nothing after it."""
        number, line, first = self._line(chance)
        column = chance.randrange(first + 1, len(line.rstrip()))
        start, end = self.starts[number] + column, self.starts[number] + len(line)
        document = self.without(start, end)
        carving = carve_line_end(document, start)
        below = "\n".join(self.lines[number + 1 : number + 1 + LINES_BELOW])
        ways = {
            "as it was": line[column:],
            "run on": line[column:] + "\n" + below,
            "with the line so far": line,
            "with the line so far, at the margin": line.strip(),
        }
        said = chance.choice(list(ways))
        yield Case(document, carving, ways[said], f"line, {said}", self._place(number, column))

    def mid_line(self, chance: random.Random) -> Iterator[Case]:
        """A piece of a line that something follows, also in the middle of words."""
        number, line, first = self._line(chance)
        last = len(line.rstrip())
        column = chance.randrange(first + 1, last - 1)
        end = chance.randrange(column + 1, min(last, column + LONGEST_PIECE))
        start = self.starts[number]
        document = self.without(start + column, start + end)
        carving = carve_line_end(document, start + column)
        yield Case(document, carving, line[column:], "piece", self._place(number, column))

    def selection(self, chance: random.Random) -> Iterator[Case]:
        """Whole lines, one word of which was another."""
        number = chance.randrange(len(self.lines) - 5)
        last = number + chance.randrange(1, 5)
        start, end = self.starts[number], self.starts[last] + len(self.lines[last])
        lines = self.text[start:end]
        words = list(WORD.finditer(lines))
        if not words:
            return
        word = chance.choice(words)
        other = lines[: word.start()] + word.group()[::-1] + "x" + lines[word.end() :]
        document = self.without(start, end, other)
        carving = carve_selection(document, start, start + len(other))
        ways = {"as it was": lines, "at the margin": textwrap.dedent(lines)}
        said = chance.choice(list(ways))
        yield Case(document, carving, ways[said], f"selection, {said}", self._place(number, 0))

    def body(self, chance: random.Random) -> Iterator[Case]:
        """The whole body of a function, or of a block where there are no functions."""
        number, line, _ = self._line(chance)
        whole = carve_body(self.document, self.starts[number] + len(line))
        if whole is None:
            return
        [hole] = whole.holes
        body, after = self.text[hole.start : hole.end], self.text[hole.end : hole.end + 100]
        if not re.match(r"\n[^\n]", body) or not body.strip():
            return
        document = self.without(hole.start, hole.end)
        carving = carve_body(document, hole.start)
        if carving is None or carving.holes[0].start != hole.start:
            return
        ways = {
            "as it was": body,
            "run on": body + after,
            "at the margin": textwrap.dedent(body.lstrip("\n")),
        }
        said = chance.choice(list(ways))
        yield Case(document, carving, ways[said], f"body, {said}", self._place(number, 0))

    def _place(self, number: int, column: int) -> str:
        return f"{self.path.name}:{number + 1}:{column + 1}"


def may_be_meant(case: Case) -> bool:
    """Whether nobody can tell from the text what is meant.

    A text that begins with the word or sign before the cursor may say it again or go on with it:
    `C` + `C) $(CFLAGS)`. So may a line that has begun with a single sign: `*` + `* Text.`.
    """
    document, [hole] = case.document, case.carving.holes
    lines = document.lf_lines
    line = lines.line_of(hole.start)
    before = document.lf[lines.starts[line] : hole.start].strip()
    last = re.search(r"\w+$|\W$|^$", before)
    text = case.text.strip()
    return last is not None and before != "" and text.startswith((last.group(), before))


@pytest.mark.slow
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_true_text_gives_the_file_back(path: Path) -> None:
    source = Source(path)
    said = Counter[str]()
    wrong, excused = list[str](), 0
    for case in islice(source.cases(random.Random(path.name)), POSITIONS):
        said[case.said] += 1
        fit = fit_fill(case.document, case.carving, [case.text])
        if applied(case.document.text, fit.changes) == source.text:
            continue
        if may_be_meant(case):
            excused += 1
        else:
            wrong.append(f"{case.place} {case.said} {case.text!r}: {fit}")
    assert wrong == []
    assert excused <= POSITIONS * EXCUSED_SHARE
    assert len(said) >= 7
    assert said.total() == POSITIONS


@pytest.mark.slow
@pytest.mark.parametrize("name", ["backup.sh", "ledger.rb", "list.tsx", "shelf.py"])
def test_the_true_text_gives_a_long_file_back(name: str) -> None:
    """What is near the hole says less there than the whole file, where that is broken without the
    text."""
    (path,) = (path for path in SOURCES if path.name == name)
    source, chance = Source(path, copies=6), random.Random(f"long {name}")
    assert len(source.text) > SHORT_ENOUGH
    wrong = []
    for way in (source.line_end, source.mid_line):
        for case in chain.from_iterable(way(chance) for _ in range(LONG_POSITIONS)):
            fit = fit_fill(case.document, case.carving, [case.text])
            if applied(case.document.text, fit.changes) != source.text and not may_be_meant(case):
                wrong.append(f"{case.place} {case.said} {case.text!r}: {fit}")
    assert wrong == []


def test_there_are_languages_enough() -> None:
    assert len({Source(path).language for path in SOURCES}) >= 21
