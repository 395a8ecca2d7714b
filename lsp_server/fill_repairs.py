"""Mending a fill that would break the syntax: closing what it left open, or cutting it back.

Text, and the brackets that a trial sees in it; whether a mended text is any better is for others to
try. The mended texts come in the order in which they should be tried.
"""

import re
from collections.abc import Iterator

from fillwright.lsp_server import layout
from fillwright.lsp_server.fill_layout import Place
from fillwright.lsp_server.fill_trial import Trial
from fillwright.lsp_server.positions import LineIndex

TOKEN = re.compile(r"\w+|[^\w\s]")
# what may follow these is not finished
UNFINISHED = re.compile(r"[-,.=+*/%&|^<>!~?:(\[{\\]$")
FINISHED = re.compile(r"""[)\]}"'`;]""")
MOST_TOKENS_KEPT = 8


def repaired(text: str, place: Place, trial: Trial, *, cut_back: bool) -> Iterator[str]:
    """The text mended in ever coarser ways; shortened only where it may be `cut_back`."""
    closed = text + _closers(text, trial)
    if place.ends_line:
        yield from _with_rest(text, place.written)
    if closed != text:
        yield closed
        if place.ends_line:
            yield from _with_rest(closed, place.written)
    yield from _without_closers(text)
    if not cut_back:
        return
    for shorter in _without_last_lines(text):
        yield shorter
        closed = shorter + _closers(shorter, trial)
        if closed != shorter:
            yield closed
    yield from _pieces(text)


def _with_rest(text: str, written: str) -> Iterator[str]:
    """The text with the last tokens of what stands there now: no more of them than needed, or all
    of them behind a text that is not finished."""
    tokens = list(TOKEN.finditer(written.rstrip()))[-MOST_TOKENS_KEPT:]
    if written.strip() and UNFINISHED.search(text.rstrip()):
        yield text + written
    for token in reversed(tokens):
        rest = written[token.start() :].rstrip()
        gap = written[: token.start()]
        yield text.rstrip() + gap[len(gap.rstrip()) :] + rest


def _closers(text: str, trial: Trial) -> str:
    """What closes the brackets that the text leaves open; one that ends its line is closed on a
    line of its own. Nothing where the last of several lines, or an operator, breaks off."""
    end = len(text.rstrip())
    lines = LineIndex(text)
    breaks_off = "\n" in text.strip() or UNFINISHED.search(text[:end]) is not None
    closers = ""
    for at, closer in reversed(trial.unclosed(text)):
        line = lines.line_of(at)
        if at + 1 == lines.end_of(line) < end:
            closers += "\n" + layout.indentation(lines, line)
        elif breaks_off:
            return ""
        closers += closer
    return closers


def _without_closers(text: str) -> Iterator[str]:
    shorter = text.rstrip()
    while shorter.endswith((")", "]", "}")):
        shorter = shorter[:-1].rstrip()
        yield shorter


def _without_last_lines(text: str) -> Iterator[str]:
    """The text without its last line, without its last two, and so on."""
    lines = text.split("\n")
    for count in range(len(lines) - 1, 0, -1):
        if lines[count - 1].strip():
            yield "\n".join(lines[:count]).rstrip()


def _pieces(text: str) -> Iterator[str]:
    """The first line up to where something in it closes, from the last such place on."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    above = text[: text.index(first)]
    for match in reversed(list(FINISHED.finditer(first))):
        yield above + first[: match.end()]
