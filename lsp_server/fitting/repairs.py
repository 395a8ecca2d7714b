"""Repairing a fill that would break the syntax: closing what it left open, or cutting it back.

Knows text, and the brackets that a trial sees in it; others try whether a repaired text is better.
The repaired texts come in the order in which they should be tried.
"""

import re
from collections.abc import Iterator
from itertools import product

from fillwright.lsp_server.carving.headers import CONTROL
from fillwright.lsp_server.fitting.brackets import BracketTrial
from fillwright.lsp_server.fitting.place import Place
from fillwright.lsp_server.fitting.trial import Trial
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.positions import LineIndex

TOKEN = re.compile(r"\w+|[^\w\s]")
# what may follow these is not finished
UNFINISHED = re.compile(r"(?:[,.=*/%&|^<>!~?:(\[{\\]|(?<!\+)\+|(?<!-)-)$")
FINISHED = re.compile(r"""[)\]}`;]|"+|'+""")
CLOSER = re.compile(r"""(?:[)\]}`]|\"\"\"|'''|["']#*)[;,]?$""")
# signs between two sides, or at the end of a line that goes on; `/>` and `*/` close something
OPERATOR = re.compile(r"(?![*/]/|/>)[-+*/%&|^<=!?~.\\]")
# and here a blank belongs
WORD = re.compile(r"\w")
SPACED = re.compile(r"[,=+*/%&|<>?:]$")
MOST_TOKENS_KEPT = 16
MOST_WAYS_TO_CLOSE = 27
"""Three kinds of bracket at three places; and more tokens at an end than so many are never at fault
alone. Set by hand on the cases of `fixtures/edits`."""

AnyTrial = Trial | BracketTrial


def with_rest(text: str, written: str) -> Iterator[str]:
    """The text of a hole that is the rest of a line, with the last tokens of what stands there now:
    no more of them than needed, or all after a text that is not finished. Half an expression is
    not left: what is kept begins with no operator."""
    kept = written.rstrip()
    tokens = list(TOKEN.finditer(kept))[-MOST_TOKENS_KEPT:]
    if tokens and UNFINISHED.search(text.rstrip()):
        gap = written[: len(written) - len(written.lstrip())]
        wants_blank = SPACED.search(text) and WORD.match(written)
        yield text + (gap or " " * bool(wants_blank)) + written.strip()
    for token in reversed(tokens):
        if token.start() and OPERATOR.match(kept, token.start()):
            continue
        gap = written[: token.start()]
        yield text + gap[len(gap.rstrip()) :] + kept[token.start() :]
    if tokens and written[:1].isspace():
        yield text + kept


def without_closers(text: str) -> Iterator[str]:
    """The text without the last bracket or quotation mark at its end, without the last two, and so
    on."""
    closer = CLOSER.search(text)
    while closer is not None:
        text = text[: closer.start()].rstrip()
        yield text
        closer = CLOSER.search(text)


def closed_below(text: str, place: Place, trial: AnyTrial) -> Iterator[str]:
    """A line that ends with the brace of a block, or begins one that closes in words, with the
    block closed on a line of its own; none where the line is only the header of a statement, which
    would say something else without its block."""
    line = place.before + text
    if CONTROL.match(line):
        return
    opened = trial.unclosed(text)
    below = text + "\n" + layout.leading(line)
    if text.endswith("{") and opened:
        closed = below + "".join(closer for _, closer in reversed(opened))
        yield closed
        yield closed + place.code.strip()
    elif layout.opens_block(line):
        yield from (below + word for word in trial.closing_words)


def repaired(text: str, place: Place, trial: AnyTrial, *, cut_back: bool) -> Iterator[str]:
    """The text with what it left open closed, and where it may be `cut_back`, ever shorter."""
    for closed in _closed(text, trial):
        yield closed
        if place.ends_line:
            yield from with_rest(closed, place.code)
    yield from without_closers(text)
    if not cut_back:
        return
    for shorter in _without_last_lines(text):
        yield shorter
        yield from _closed(shorter, trial)
    yield from _pieces(text)


def _closed(text: str, trial: AnyTrial) -> Iterator[str]:
    for closers in (_brackets(text, trial), _words(text, trial)):
        if closers:
            yield text + closers


def _brackets(text: str, trial: AnyTrial) -> str:
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


def _words(text: str, trial: AnyTrial) -> str:
    """What closes the blocks around the last line, going by their indentation, in a language whose
    blocks close in words."""
    words = trial.closing_words
    lines = LineIndex(text)
    headers = layout.headers_around(lines, len(lines) - 1) if words else ()
    indents = [layout.indentation(lines, header) for header in headers]
    if not indents or len(words) ** len(indents) > MOST_WAYS_TO_CLOSE:
        return ""
    ways = (
        "".join(f"\n{indent}{word}" for indent, word in zip(indents, way, strict=True))
        for way in product(words, repeat=len(indents))
    )
    return min(ways, key=lambda closers: trial.faults_with(text + closers))


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
