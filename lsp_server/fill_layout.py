"""Laying a fill's text out for its place: where it begins, how it is indented, where it ends.

Text only: knows no syntax, no documents and no engine. Line ends are `\\n`. Where lines alone
cannot tell, several layouts are offered, the likeliest first, and whoever can parse chooses.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from fillwright.lsp_server import layout
from fillwright.lsp_server.bracket_trial import unopened
from fillwright.lsp_server.fill_place import Place
from fillwright.lsp_server.fill_repeats import without_head, without_tail
from fillwright.lsp_server.positions import LineIndex

CLOSING = (")", "]", "}")
TERMINATORS = (";", ",")
# behind these a terminator would be one too many
ENDED = (*TERMINATORS, ":", "{", "(", "[", "}")
# a preprocessor's lines stand at the margin wherever they are
DIRECTIVE = re.compile(
    r"#(?:if|ifdef|ifndef|elif|else|endif|define|undef|include|pragma|error|line|region|endregion)\b"
)
# a blank follows a comma and an operator that has one before it, which no sign of a word is
WANTS_BLANK = re.compile(r"(?:,|\s(?:[-+*/%&|^<>=!:?]*=|[-=]>|&&|\|\|))$")
OPENS = re.compile(rf"[(\[]\s*$|{layout.OPENS_BLOCK.pattern}")
WORD_OPENS = re.compile(rf"^(?!.*[{{(\[>]\s*$).*?(?:{layout.OPENS_BLOCK.pattern})")
WORD_CLOSES = re.compile(
    r"\s*(?:end|fi|done|esac|else|elif|elsif|rescue|ensure|except|finally|catch)\b"
)
TAG_OPENS, TAG_CLOSES = re.compile(r"^\s*<\w[^/]*>\s*$"), re.compile(r"\s*</")
LITERAL_LINES = ('"""', "'''", "`")


def layouts(text: str, place: Place) -> list[str]:
    """The ways to lay `text` out, the likeliest first; none when nothing is left of it."""
    found = [
        shortened
        for beheaded in without_head(text, place.before)
        for laid_out in _indented(beheaded, place)
        for shortened in without_tail(laid_out, place.before, place.after, place.below)
        if shortened.strip()
    ]
    if not place.after.strip():
        blank = place.what == "line end" and place.code.strip()
        found = [text if blank else text.rstrip() + _blank_lines_below(place) for text in found]
    return list(dict.fromkeys(found))


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
        return [above + block for block in _blocks(text, place)]
    if not place.before and not place.after.strip():
        # on an empty line the text says itself how deep it belongs
        own = [_in_own_white_space(text, place)] if text[:1] in (" ", "\t") and not several else []
        deeper = [place.unit + text.lstrip()] if place.what == "line end" else []
        above = _blank_lines_above(place)
        return [above + way for way in (*own, *_blocks(text, place), *deeper)]
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
    leading = _leading(text)
    if place.unit == "\t" and " " in leading:
        width = len(leading.expandtabs(len(layout.DEFAULT_UNIT)))
        leading = "\t" * max(1, width // len(layout.DEFAULT_UNIT))
    elif place.unit != "\t":
        leading = leading.replace("\t", place.unit)
    return leading + text.lstrip(" \t")


def _blocks(text: str, place: Place) -> list[str]:
    """The text as lines of the block at `place.indent`."""
    lines = text.split("\n")
    filled = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    lines = lines[filled:]
    if not lines:
        return []
    own = _leading(next((line for line in lines if not DIRECTIVE.match(line)), ""))
    first = lines[0] if DIRECTIVE.match(lines[0]) else place.indent + lines[0].lstrip(" \t")
    shifted = [first, *_moved(lines, own, place)]
    if own == place.indent:
        return ["\n".join(shifted)]
    kept = [first, *lines[1:]]
    written_out = _says_depth_of_all(lines, place.indent)
    ways = [kept, shifted] if filled == 0 and written_out else [shifted, kept]
    return ["\n".join(way) for way in ways]


def _says_depth_of_all(lines: list[str], indent: str) -> bool:
    """Whether the lines behind a first one, which follows its hole's edge and says nothing of it,
    have the block's indentation already: the next that is no deeper than the first would be."""
    others = [line for line in lines[1:] if line.strip()]
    if not others or not OPENS.search(lines[0]):
        return all(_leading(line).startswith(indent) for line in others[:1])
    inside = len(_leading(others[0]))
    back = [line for line in others if len(_leading(line)) < inside]
    return inside > len(indent) and all(_leading(line).startswith(indent) for line in back[:1])


def _moved(lines: list[str], own: str, place: Place) -> Iterator[str]:
    """The lines behind the first, moved from under indentation `own` to the place's. In a selection
    what closes a block that begins above it stands further left, and so does what follows."""
    step = _step(lines)
    if place.what != "selection":
        yield from (_shifted(line, own, step, place) for line in lines[1:])
        return
    indent, closing, at_margin = place.indent, _lines_that_close(lines), not own
    for number, line in enumerate(lines[1:], 1):
        leading = _leading(line)
        missing = len(own) - len(leading) if line.strip() and own.startswith(leading) else 0
        if number in closing and not missing and at_margin:
            missing = len(place.unit)
        if missing > 0:
            own = min(own, leading, key=len)
            indent = indent[: max(0, len(indent) - missing)]
        yield _shifted(line, own, step, replace(place, indent=indent))


def _lines_that_close(lines: list[str]) -> frozenset[int]:
    """The lines that begin with what closes a block that the lines have not opened."""
    text = "\n".join(lines)
    index = LineIndex(text)
    found = {
        index.line_of(at)
        for at in unopened(text)
        if at == layout.first_character(index, index.line_of(at))
    }
    for opens, closes in ((WORD_OPENS, WORD_CLOSES), (TAG_OPENS, TAG_CLOSES)):
        opened = 0
        for number, line in enumerate(lines):
            if closes.match(line):
                found |= set() if opened else {number}
                opened -= bool(opened)
            opened += opens.search(line) is not None
    return frozenset(found)


def _step(lines: list[str]) -> str:
    """One step of indentation as the text's blocks have it; "" when it is not to be changed."""
    text = "\n".join(lines)
    filled = [line for line in lines if line.strip()]
    steps = Counter(
        _leading(below).removeprefix(_leading(above))
        for above, below in pairwise(filled)
        if layout.opens_block(above) and len(_leading(below)) > len(_leading(above))
    )
    step = max(steps, key=steps.__getitem__, default="")
    # one space is no step but somebody's alignment
    even = step not in ("", " ") and all(len(_leading(line)) % len(step) == 0 for line in lines)
    # the lines of a string are not indented but written so
    return step if even and not any(mark in text for mark in LITERAL_LINES) else ""


def _shifted(line: str, own: str, step: str, place: Place) -> str:
    """The line moved from under indentation `own` to the place's, in the file's whitespace."""
    if not line.startswith(own) or not line.strip() or DIRECTIVE.match(line):
        return line
    deeper = _leading(line)[len(own) :]
    rest = line[len(own) + len(deeper) :]
    if place.unit == "\t":
        deeper = deeper.replace(step or layout.DEFAULT_UNIT, "\t")
    else:
        deeper = deeper.replace(step or "\t", place.unit)
    return place.indent + deeper + rest


def _leading(line: str) -> str:
    return layout.indentation(LineIndex(line), 0)
