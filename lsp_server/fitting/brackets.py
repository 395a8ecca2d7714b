"""Trying a text in its hole where no grammar says anything: brackets and lines decide.

Knows documents and texts, no syntax. Strings on one line and comments are left out, and so are the
brackets of prose: a smile, the label of a list.
"""

import re
from collections import Counter
from collections.abc import Iterator

from fillwright.engine.request import Hole
from fillwright.lsp_server.carving.headers import CONTROL
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import LineIndex

BRACKETS = {"(": ")", "[": "]", "{": "}"}
QUOTE = '"'
CLOSING = frozenset(BRACKETS.values())
CLOSED = re.compile(r"\s*[)\]}]+[;,)]*\s*")
STRING = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'"
COMMENT = "(?<!:)//.*"
PROSE = r"(?<!\S)[:;=]-?[()](?!\S)|^[ \t]*\w{1,2}\)(?=[ \t]+\w)"
SIGN = re.compile(rf"{STRING}|{COMMENT}|{PROSE}|(?P<sign>[()\[\]{{}}])", re.MULTILINE)


class BracketTrial:
    """The surroundings of one hole of a document without a tree."""

    closing_words: tuple[str, ...] = ()

    def __init__(self, document: Document, hole: Hole) -> None:
        lines = document.lf_lines
        first, last = lines.line_of(hole.start), lines.line_of(hole.end)
        self._before = document.lf[lines.starts[first] : hole.start]
        self._after = document.lf[hole.end : lines.end_of(last)]
        self._outside = open_brackets(document.lf[: lines.starts[first]])
        self._outside.update(open_brackets(document.lf[lines.end_of(last) :]))
        self._now = self._left_open(document.lf[hole.start : hole.end])

    def faults_with(self, text: str) -> int:
        """How many brackets of the document, and quotation marks of the hole's lines, would lack
        another with `text` in the hole."""
        return sum(self._left_open(text).values())

    def accepts(self, text: str, *, far: bool = False) -> bool:
        """Whether no more signs of any kind would lack another than do now, however `far`."""
        left_open = self._left_open(text)
        return all(left_open[sign] <= self._now[sign] for sign in (*BRACKETS, QUOTE))

    def takes_over(self, text: str) -> bool:
        """Whether the hole's line would be the header of a block that begins below it."""
        return CONTROL.match(self._before + text) is not None

    def within_block(self, text: str, indent: str) -> list[str]:
        """The text up to the first bracket that closes nothing of its own, where one follows the
        hole, else up to the first line left of `indent`; and the same with what closes there.
        """
        if self._after.lstrip()[:1] in CLOSING:
            ends = self.unopened(text)
            if not ends:
                return [text]
            return [before_closer(text, ends[0], self._after), text[: ends[0] + 1]]
        lines, depth = LineIndex(text), len(indent.expandtabs(layout.TAB_STOP))
        for line in range(1, len(lines)):
            if layout.is_blank(lines, line) or layout.depth(lines, line) >= depth:
                continue
            kept, closed = text[: lines.starts[line]].rstrip(), text[: lines.end_of(line)]
            return [kept, closed] if CLOSED.fullmatch(lines.content(line)) else [kept]
        return [text]

    def unclosed(self, text: str) -> list[tuple[int, str]]:
        """The brackets of the text that it leaves open, outermost first: where each stands, and
        what closes it."""
        return _bracketed(text)[0]

    def unopened(self, text: str) -> list[int]:
        """Where the text closes what it did not open."""
        return unopened(text)

    def _left_open(self, text: str) -> Counter[str]:
        counts = Counter(self._outside)
        line = self._before + text + self._after
        counts.update(open_brackets(line))
        left_open = Counter({sign: abs(number) for sign, number in counts.items()})
        left_open[QUOTE] = lone_quotes(line)
        return left_open


def lone_quotes(line: str) -> int:
    """1 where a quotation mark of the line has no other, else 0; the marks of strings over several
    lines do not count."""
    return line.replace(3 * QUOTE, "").count(QUOTE) % 2


def unopened(text: str) -> list[int]:
    """Where a text closes what it did not open."""
    return _bracketed(text)[1]


def _bracketed(text: str) -> tuple[list[tuple[int, str]], list[int]]:
    opened: list[tuple[int, str]] = []
    alone: list[int] = []
    for at, sign in _signs(text):
        if sign in BRACKETS:
            opened.append((at, BRACKETS[sign]))
        elif opened and opened[-1][1] == sign:
            opened.pop()
        else:
            alone.append(at)
    return opened, alone


def before_closer(text: str, at: int, after: str) -> str:
    """The text up to a bracket in it; in one line the blank before the bracket may be wanted."""
    before = text[:at]
    return before.rstrip() if "\n" in before or after[:1].isspace() else before


def open_brackets(text: str) -> Counter[str]:
    """How many more brackets of each kind are opened than closed."""
    counts = Counter(sign for _, sign in _signs(text))
    return Counter({sign: counts[sign] - counts[other] for sign, other in BRACKETS.items()})


def _signs(text: str) -> Iterator[tuple[int, str]]:
    for match in SIGN.finditer(text):
        if match["sign"]:
            yield match.start(), match["sign"]
