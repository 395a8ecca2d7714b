"""Laying a fill's text out for its place: where it begins, how it is indented, what it repeats.

Text only: knows no syntax, no documents and no engine. Line ends are `\\n`. Where lines alone
cannot tell, several layouts are offered, the likeliest first, and whoever can parse chooses.
"""

from dataclasses import dataclass

from fillwright.lsp_server import layout
from fillwright.lsp_server.positions import LineIndex

SURE_REPEAT = 3


@dataclass(frozen=True, slots=True)
class Place:
    """What surrounds a hole.

    `before` and `after` are the rest of its first and last line; `below` the lines under it.
    `indent` is its block's indentation and `unit` one step of the file's. `fresh`: the text must
    begin with a newline. `written` is what stands in the hole now.
    """

    before: str
    after: str
    below: tuple[str, ...]
    indent: str
    unit: str
    fresh: bool
    written: str


def layouts(text: str, place: Place) -> list[str]:
    """The ways to lay `text` out, the likeliest first; none when nothing is left of it."""
    found = [
        shortened
        for laid_out in _indented(text, place)
        for shortened in _without_repeats(laid_out, place)
        if shortened.strip()
    ]
    if not place.after.strip():
        found = [text.rstrip() for text in found]
    return list(dict.fromkeys(found))


def _indented(text: str, place: Place) -> list[str]:
    several = "\n" in text.strip()
    if place.fresh or (several and place.written[:1].isspace()):
        return ["\n" + block for block in _blocks(text, place)]
    if place.written[:1].isspace() and not place.before[-1:].isspace():
        return [" " + text.strip()]
    if not place.before and not place.after.strip():
        return _blocks(text, place)
    if not place.before.strip():
        # the indentation before the cursor is not written again
        return [text.removeprefix(place.before)]
    return [text]


def _blocks(text: str, place: Place) -> list[str]:
    """The text as lines of the block at `place.indent`, with one blank line above at most."""
    lines = text.split("\n")
    filled = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    above = "\n" if filled > 1 else ""
    lines = lines[filled:]
    if not lines:
        return []
    own = _leading(lines[0])
    first = place.indent + lines[0].lstrip(" \t")
    shifted = [first, *(_shifted(line, own, place) for line in lines[1:])]
    if own == place.indent:
        return [above + "\n".join(shifted)]
    kept = [first, *lines[1:]]
    # a first line that follows its hole's edge directly says nothing of the others' indentation
    others = [line for line in lines[1:] if line.strip()]
    written_out = all(_leading(line).startswith(place.indent) for line in others)
    ways = [kept, shifted] if filled == 0 and written_out else [shifted, kept]
    return [above + "\n".join(way) for way in ways]


def _shifted(line: str, own: str, place: Place) -> str:
    """The line moved from under indentation `own` to the place's, in the file's whitespace."""
    if not line.startswith(own) or not line.strip():
        return line
    deeper = _leading(line)[len(own) :]
    rest = line[len(own) + len(deeper) :]
    if place.unit == "\t":
        deeper = deeper.replace(layout.DEFAULT_UNIT, "\t")
    else:
        deeper = deeper.replace("\t", place.unit)
    return place.indent + deeper + rest


def _leading(line: str) -> str:
    return layout.indentation(LineIndex(line), 0)


def _without_repeats(text: str, place: Place) -> list[str]:
    """The text up to where it repeats what stands behind the hole.

    What has words in it is cut. Brackets alone may be meant: both ways are offered.
    """
    if place.after.strip():
        return _without_tail(text, place.after)
    lines = (place.before + text).split("\n")
    for number in range(len(lines)):
        tail = [line.rstrip() for line in lines[number:] if line.strip()]
        alike = _alike(tail, place.below)
        if alike and (alike == len(tail) or alike >= SURE_REPEAT):
            shortened = "\n".join(lines[:number])[len(place.before) :]
            has_words = any(character.isalnum() for line in tail[:alike] for character in line)
            return [shortened] if has_words else [text, shortened]
    return [text]


def _without_tail(text: str, after: str) -> list[str]:
    body, tail = text.rstrip(), after.strip()
    for length in range(min(len(tail), len(body)), 0, -1):
        if not body.endswith(tail[:length]):
            continue
        shortened = body[:-length]
        inside_word = shortened[-1:].isalnum() and tail[0].isalnum()
        whole = length == len(tail) and any(map(str.isalnum, tail)) and not inside_word
        if after[0].isspace():
            shortened = shortened.rstrip()
        return [shortened] if whole else [text, shortened]
    return [text]


def _alike(lines: list[str], below: tuple[str, ...]) -> int:
    """How many lines from the first on are those below."""
    alike = 0
    for mine, theirs in zip(lines, below, strict=False):
        if mine != theirs:
            break
        alike += 1
    return alike
