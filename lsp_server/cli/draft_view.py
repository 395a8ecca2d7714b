"""Drafts as they denoise, as coloured text: the holes with a few lines around them.

Knows rich's `Text` and the engine's drafts; knows no terminal, no clock and no files. What the
denoise step settled looks like code, and is underlined where the model is not sure of it; the rest
is dim, or masked where dim cannot be shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.syntax import Syntax
from rich.text import Text

from fillwright.engine.request import Draft, Hole

CONTEXT = 3
LONGEST_LINE = 160
MASK = "░"
UNSETTLED = "not bold not italic not underline default dim"
GRADES = ((0.5, "red underline"), (0.9, "magenta underline"))
"""How a settled token is coloured that is less probable than this."""


class DraftView:
    """Shows drafts of `holes` (in order and apart) in `document`, which has LF line ends."""

    def __init__(self, document: str, holes: Sequence[Hole], language: str) -> None:
        self._language = language
        self._hunks = list(_hunks(document, holes))

    def show(self, draft: Draft, *, masked: bool) -> Text:
        """The draft in its surroundings, numbered lines joined by newlines.

        `masked` puts a mask in the place of each unsettled character instead of dimming it.
        """
        parts = [self._show_hunk(hunk, draft, masked=masked) for hunk in self._hunks]
        return Text("\n     ⋮\n", no_wrap=True, overflow="ellipsis").join(parts)

    def _show_hunk(self, hunk: "_Hunk", draft: Draft, *, masked: bool) -> Text:
        plain, styled, filled = "", list[tuple[str, int, int]](), set[int]()
        for piece in hunk.pieces:
            if isinstance(piece, str):
                plain += printable(piece)
                continue
            begin = len(plain)
            for text, style in _runs(draft, piece):
                run = printable(text)
                styled.append((style, len(plain), len(plain) + len(run)))
                plain += _masked(run) if masked and style == UNSETTLED else run
            # a body's text begins with the newline after its def, which is not a line of its own
            head = len(plain[begin:]) - len(plain[begin:].lstrip("\n"))
            first = plain.count("\n", 0, begin + head)
            filled.update(range(first, plain.count("\n") + 1))
        code = Text(plain) if masked else self._coloured(plain, styled)
        lines = code.split("\n", allow_blank=True)
        return Text("\n").join(
            Text.assemble(
                (f"{hunk.first_line + line:6} ", "dim"),
                ("▌ ", "magenta") if line in filled else "  ",
                code_line,
            )
            for line, code_line in enumerate(lines)
        )

    def _coloured(self, plain: str, styled: list[tuple[str, int, int]]) -> Text:
        code = Syntax(plain, self._language, theme="ansi_dark").highlight(plain)
        # the highlighter ends its text with a newline of its own
        code.right_crop(len(code) - len(plain))
        for style, start, end in styled:
            code.stylize(style, start, end)
        return code


def printable(text: str) -> str:
    """`text` with tabs as four spaces, and control characters as their pictures (␛ and the like),
    so that it cannot steer a terminal; newlines stay."""
    return text.translate(_PRINTABLE)


_PRINTABLE = {code: 0x2400 + code for code in range(32)} | {
    0x09: "    ",
    0x0A: "\n",
    0x7F: "␡",
    **dict.fromkeys([*range(0x80, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F)], "�"),
    **dict.fromkeys([*range(0x2066, 0x206A), *range(0xD800, 0xE000)], "�"),
}


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Text and holes (their indices) that follow one another, from line `first_line` (from 1)."""

    first_line: int
    pieces: tuple[str | int, ...]


def _hunks(document: str, holes: Sequence[Hole]) -> Iterator[_Hunk]:
    first_line, pieces, shown = 1, list[str | int](), 0
    for index, hole in enumerate(holes):
        before = _before(document, shown, hole.start)
        start = hole.start - len(before)
        if index == 0 or start > shown:
            if index:
                yield _Hunk(first_line, (*pieces, _after(document, shown, start)))
            first_line, pieces = document.count("\n", 0, start) + 1, []
        pieces += [_clip_head(before), index]
        shown = hole.end
    yield _Hunk(first_line, (*pieces, _after(document, shown, len(document))))


def _before(document: str, start: int, end: int) -> str:
    """The last lines of `document[start:end]`, with `CONTEXT` newlines at most."""
    place = end
    for _ in range(CONTEXT + 1):
        newline = document.rfind("\n", start, place)
        if newline < 0:
            return document[start:end]
        place = newline
    return document[place + 1 : end]


def _after(document: str, start: int, end: int) -> str:
    """The first lines of `document[start:end]`, `CONTEXT` newlines at most and none at the end."""
    place = start - 1
    for _ in range(CONTEXT + 1):
        newline = document.find("\n", place + 1, end)
        if newline < 0:
            return _clip_lines(document[start:end].removesuffix("\n"))
        place = newline
    return _clip_lines(document[start:place])


def _clip_head(text: str) -> str:
    """Lines no longer than can be shown; of the last one, which leads to the hole, its end."""
    head, newline, last = text.rpartition("\n")
    return _clip_lines(head) + newline + ("…" + last[-80:] if len(last) > LONGEST_LINE else last)


def _clip_lines(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(f"{line[:80]}…" if len(line) > LONGEST_LINE else line for line in lines)


def _runs(draft: Draft, hole: int) -> Iterator[tuple[str, str]]:
    """A hole's text cut where its style changes, and the style."""
    text, place = draft.texts[hole], 0
    sure = draft.confidences[hole] if draft.confidences else ()
    graded = [(start, end, _grade(each)) for start, end, each in sure]
    for start, end, style in graded or [(*each, "") for each in sorted(draft.settled[hole])]:
        yield text[place:start], UNSETTLED
        yield text[start:end], style
        place = end
    yield text[place:], UNSETTLED


def _grade(probability: float) -> str:
    return next((style for below, style in GRADES if probability < below), "")


def _masked(text: str) -> str:
    return "".join(character if character.isspace() else MASK for character in text)
