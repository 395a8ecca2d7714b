"""Laying a fill's text out for its place: where it begins, how it is indented, where it ends.

Text only: knows no syntax, no documents and no engine. Line ends are `\\n`. Where lines alone
cannot tell, several layouts are offered, the likeliest first; the caller parses and chooses.
"""

import re

from fillwright.lsp_server.fitting.blocks import blocks
from fillwright.lsp_server.fitting.place import Place
from fillwright.lsp_server.fitting.repeats import without_head, without_tail
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.positions import LineIndex

CLOSING = (")", "]", "}")
TERMINATORS = (";", ",")
# after these a terminator would be one too many
ENDED = (*TERMINATORS, ":", "{", "(", "[", "}")
# a blank follows a comma and an operator that has one before it, which no sign of a word is
WANTS_BLANK = re.compile(r"(?:,|\s(?:[-+*/%&|^<>=!:?]*=|[-=]>|&&|\|\|))$")


def layouts(text: str, place: Place) -> list[str]:
    """The ways to lay `text` out, the likeliest first; none when nothing is left of it."""
    found = [
        shortened
        for beheaded in without_head(text, place.before, fresh=place.fresh)
        for laid_out in _indented(beheaded, place)
        for shortened in _not_said_below(laid_out, place)
        if shortened.strip()
    ]
    if not place.after.strip():
        blank = place.what == "line end" and place.code.strip()
        found = [text if blank else text.rstrip() + _blank_lines_below(place) for text in found]
    return list(dict.fromkeys(found))


def _not_said_below(text: str, place: Place) -> list[str]:
    """The text without what it repeats from below; lines that are no more than those selected are
    rather what they are to be, as in code whose lines are like the next ones."""
    ways = without_tail(text, place.before, place.after, place.below)
    lines, selected = (one.strip().count("\n") for one in (text, place.written))
    keeps = place.what == "selection" and 0 < lines <= selected
    return [text, *ways] if keeps else ways


def line_ends(text: str, place: Place) -> list[str]:
    """The ways to end the text of a hole that is the rest of a line: what the line ends with
    already (a comment, a semicolon) stays."""
    mark = place.comment.lstrip()[:1]
    comment = "" if mark and mark in text else place.comment
    code = place.code.rstrip()
    terminator = code[-1:] if code.endswith(TERMINATORS) and not text.endswith(ENDED) else ""
    return list(dict.fromkeys([text + terminator + comment, text + comment]))


def closed_off(text: str, place: Place) -> str:
    """The text of a block with what closes it, if that stands on the hole's last line, put on a
    line of its own."""
    if "\n" not in text or not place.after.lstrip().startswith(CLOSING):
        return text
    return text.rstrip() + "\n" + layout.indentation(LineIndex(place.before), 0)


def _indented(text: str, place: Place) -> list[str]:
    several = "\n" in text.strip()
    parted = place.written.startswith((" ", "\t", "\n"))
    opened = place.what == "braces" and "\n" in text[: len(text) - len(text.lstrip())]
    if place.fresh or opened or (several and parted):
        # one blank line above stays, and every one that was selected
        said = "\n\n" if re.match(r"[ \t]*\n[ \t]*\n", text) else "\n"
        above = max(said, _blank_lines_above(place), key=len)
        return [above + block for block in blocks(text, place)]
    if not place.before and not place.after.strip():
        # on an empty line the text says itself how deep it belongs
        own = [_in_own_white_space(text, place)] if text[:1] in (" ", "\t") and not several else []
        deeper = [place.unit + text.lstrip()] if place.what == "line end" else []
        above = _blank_lines_above(place)
        return [above + way for way in (*own, *blocks(text, place), *deeper)]
    if parted and not place.before[-1:].isspace():
        apart = [text if text.startswith((" ", "\t")) else " " + text.lstrip()]
        if place.what != "line end":
            return apart
        # the text goes on with what stands before the cursor, unless a sign there wants a blank
        return [*apart, text] if WANTS_BLANK.search(place.before) else [text, *apart]
    if not place.before.strip():
        # the indentation before the cursor is not written again
        return [text.lstrip(" \t"), text.removeprefix(place.before)]
    return [text]


def _blank_lines_above(place: Place) -> str:
    """The line ends that a selection begins with: blank lines that were selected stay."""
    if place.what != "selection" or not place.written.strip():
        return ""
    leading = place.written[: len(place.written) - len(place.written.lstrip())]
    return "\n" * leading.count("\n")


def _blank_lines_below(place: Place) -> str:
    if place.what != "selection" or not place.written.strip():
        return ""
    return "\n" * place.written[len(place.written.rstrip()) :].count("\n")


def _in_own_white_space(text: str, place: Place) -> str:
    """A line with its indentation in the white space of the file."""
    leading = layout.leading(text)
    if place.unit == "\t" and " " in leading:
        width = len(leading.expandtabs(len(layout.DEFAULT_UNIT)))
        leading = "\t" * max(1, width // len(layout.DEFAULT_UNIT))
    elif place.unit != "\t":
        leading = leading.replace("\t", place.unit)
    return leading + text.lstrip(" \t")
