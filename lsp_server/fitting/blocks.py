"""Laying out lines as those of a block: how deep each stands, in the white space of the file.

Text only, as `fill_layout`: knows no syntax and no documents. Line ends are `\\n`. Where lines
alone cannot tell, several ways are offered, the likeliest first.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from fillwright.lsp_server.carving.headers import is_access_label
from fillwright.lsp_server.fitting.brackets import open_brackets, unopened
from fillwright.lsp_server.fitting.place import Place
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.positions import LineIndex

# a preprocessor's lines stand at the margin wherever they are
DIRECTIVE = re.compile(
    r"#(?:if|ifdef|ifndef|elif|else|endif|define|undef|include|pragma|error|line|region|endregion)\b"
)
# a tag that goes on below, and a line that an operator ends, are followed by deeper ones as well
OPENS = re.compile(rf"[(\[=+*/%&|?\\]\s*$|^\s*<[\w.:-]+(?:\s[^>]*)?$|{layout.OPENS_BLOCK.pattern}")
CONTINUES = re.compile(r"\s*(?:[.?+|&=]|->)")
WORD_OPENS = re.compile(rf"^(?!.*[{{(\[>]\s*$).*?(?:{layout.OPENS_BLOCK.pattern})")
WORD_CLOSES = re.compile(
    r"\s*(?:end|fi|done|esac|else|elif|elsif|rescue|ensure|except|finally|catch)\b"
)
TAG_OPENS, TAG_CLOSES = re.compile(r"^\s*<\w[^/]*>\s*$"), re.compile(r"\s*</")
LITERAL_LINES = ('"""', "'''", "`")


def blocks(text: str, place: Place) -> list[str]:
    """The ways to write the text as lines of the block at `place.indent`, the likeliest first."""
    lines = text.split("\n")
    filled = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    lines = lines[filled:]
    if not lines:
        return []
    own = layout.leading(next((line for line in lines if not DIRECTIVE.match(line)), ""))
    first = lines[0] if DIRECTIVE.match(lines[0]) else place.indent + lines[0].lstrip(" \t")
    shifted = [first, *_moved(lines, own, place)]
    if own == place.indent:
        return ["\n".join(shifted)]
    kept = [first, *lines[1:]]
    first_kept = filled == 0 and _says_depth_of_all(lines, place.indent)
    ways = ["\n".join(way) for way in ([kept, shifted] if first_kept else [shifted, kept])]
    if place.what != "selection":
        return ways
    # lines that stay as they were say where the others belong
    return sorted(ways, key=lambda way: -_lines_alike(way, place.written))


def _lines_alike(text: str, other: str) -> int:
    lines = (Counter(line for line in one.split("\n") if line.strip()) for one in (text, other))
    return (next(lines) & next(lines)).total()


def _says_depth_of_all(lines: list[str], indent: str) -> bool:
    """Whether the lines after a first one, which follows its hole's edge and says nothing of it,
    have the block's indentation already: the next that is no deeper than the first would be."""
    others = [line for line in lines[1:] if line.strip()]
    goes_on = bool(others) and CONTINUES.match(others[0]) is not None
    opens = OPENS.search(lines[0]) is not None or max(open_brackets(lines[0]).values()) > 0
    if not others or not (goes_on or opens):
        return all(layout.leading(line).startswith(indent) for line in others[:1])
    inside = len(layout.leading(others[0]))
    back = [line for line in others if len(layout.leading(line)) < inside]
    return inside > len(indent) and all(
        layout.leading(line).startswith(indent) for line in back[:1]
    )


def _moved(lines: list[str], own: str, place: Place) -> Iterator[str]:
    """The lines after the first, moved from under indentation `own` to the place's. What closes a
    block that begins above the text stands further left, and so does what follows."""
    step = _step(lines)
    if place.what == "selection" and step == _step(place.written.split("\n")):
        # the selected lines have this step, whatever others have
        step = ""
    indent, at_margin = place.indent, not own
    closing = _lines_that_close(lines) if place.what == "selection" else frozenset()
    for number, line in enumerate(lines[1:], 1):
        leading = layout.leading(line)
        # a body's first line may be too deep by mistake, but not beside what stands left of it
        further_left = place.what == "selection" or WORD_CLOSES.match(line) is not None
        is_left = further_left and bool(line.strip()) and own.startswith(leading)
        missing = _further_left(own[len(leading) :], step, place) if is_left else 0
        beside = f"\n{place.indent}{line.strip()[:2]}" in place.written
        if number in closing and not missing and at_margin and not beside:
            missing = len(place.unit)
        if missing > 0:
            own = min(own, leading, key=len)
            indent = indent[: max(0, len(indent) - missing)]
        yield _shifted(line, own, step, replace(place, indent=indent))


def _further_left(missing: str, step: str, place: Place) -> int:
    """How many characters of the place's indentation the text's own `missing` ones stand for."""
    if step in ("", place.unit) and place.indent.endswith(missing):
        return len(missing)
    width = len(step) or (1 if "\t" in missing else len(layout.DEFAULT_UNIT))
    return -(-len(missing) // width) * len(place.unit)


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
    filled = [line for line in lines if line.strip() and not is_access_label(line)]
    steps = Counter(
        layout.leading(below).removeprefix(layout.leading(above))
        for above, below in pairwise(filled)
        if layout.opens_block(above) and len(layout.leading(below)) > len(layout.leading(above))
    )
    step = max(steps, key=steps.__getitem__, default="")
    # one space is no step but somebody's alignment
    even = step not in ("", " ") and all(
        len(layout.leading(line)) % len(step) == 0 for line in lines
    )
    # the lines of a string are not indented but written so
    return step if even and not any(mark in text for mark in LITERAL_LINES) else ""


def _shifted(line: str, own: str, step: str, place: Place) -> str:
    """The line moved from under indentation `own` to the place's, in the file's whitespace."""
    if not line.startswith(own) or not line.strip() or DIRECTIVE.match(line):
        return line
    deeper = layout.leading(line)[len(own) :]
    rest = line[len(own) + len(deeper) :]
    if place.unit == "\t":
        deeper = deeper.replace(step or layout.DEFAULT_UNIT, "\t")
    else:
        deeper = deeper.replace(step or "\t", place.unit)
    return place.indent + deeper + rest
