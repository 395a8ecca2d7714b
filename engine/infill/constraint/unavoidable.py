"""How many syntax errors a file must have, whatever stands in a hole: the fewest that plain texts
leave there, or in the place of the whole line, or of all that the line begins.

None of the texts that are tried makes the number wrong, and each can make it tighter. Knows text
and grammars.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Parser

from fillwright.engine.infill.constraint.closers import closers
from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.patch import Patch

PLAIN = (
    *("x", "", "pass", "if x:", "else:", "try:", "if (x) {", "}", "0,", "x: 0,", "x = 0;"),
    *(")", "]", '"'),
)
"""Texts one of which leaves no error in most holes that begin a line or follow a whole word, in a
file that has none elsewhere."""
WHOLE_LINES = (
    *("x(", "def x(", "x)", "x))", 'x("""', "x = [", "x = {", 'x = """', "(x", "x = `"),
    *("except x:", "elif x:", "case x:"),
    *("} else {", "} catch (x) {", "} while (x)", "x(() => {", "x() {", "x() {},", "x: {", "x: ["),
    *("})", "});", "},", "],", "),", ");", "};", "];", "} x", "case x: {", "do {", "export {"),
    *("import {", "import x from 'x'", "function x(", "x: x", "type x =", "type x = {", "<x>"),
    *("</x>", "</>", "/>", "<x", "/*", "*/", "x,", "x:", "x?", ": x", "&& x", ") {", "): x {"),
    *("interface x {", "x<", "): x[] {", "x => {", "function x<x>(): x<", "function x(): x is x<"),
)
"""The same for lines that begin, end or go on with something that other lines hold the rest of. All
were chosen on the projects that constants are fitted to."""
GOING_ON = ("x", "", "()", " x", " in x", " import x")
"""How a line may go on after what it has, be that half a word."""
ENDING = ("", ":", " {", ",", "(", ") {", " = {")
"""How it may end after the brackets that it closes, for the line below to go on with."""

NEAR_LINES = 8
"""How many lines below a hole show how deep it may be indented; set by hand."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where texts are tried, in bytes of UTF-8: `before` and `after` it, and the `texts`."""

    before: bytes
    after: bytes
    texts: tuple[str, ...]

    def least(self, parser: Parser, language: str) -> int:
        """The fewest faults that one of the texts leaves."""
        patch, start = Patch(parser, self.before, self.after), len(self.before.rstrip())
        tried = (text.encode() for text in self.texts)
        return _fewest(
            faults(patch.parse(text), language, start, len(self.before) + len(text))
            for text in tried
        )


def unavoidable(parser: Parser, language: str, before: bytes, after: bytes) -> int:
    """The number of faults that the hole between `before` and `after` is not to blame for."""
    return _fewest(place.least(parser, language) for place in _places(before, after))


def _fewest(counts: Iterator[int]) -> int:
    """The least of them; looks no further once one is 0."""
    least = next(counts)
    while least and (found := next(counts, None)) is not None:
        least = min(least, found)
    return least


def _places(before: bytes, after: bytes) -> Iterator[Place]:
    at, end = before.rfind(b"\n") + 1, after.find(b"\n")
    line, rest = before[at:], after[: end if end >= 0 else None]
    left = _indentation(line)
    yield Place(before, after, tuple(_in_hole(before, after)))
    whole = (*PLAIN, *WHOLE_LINES)
    if line.strip() or rest.strip():
        yield Place(before[:at] + left, after[len(rest) :], whole)
    else:
        yield Place(
            before, after, tuple(d + text for d in _depths(before, after) for text in whole)
        )
    below = after[len(rest) :]
    begun = _begun(below, left)
    if begun:
        yield Place(before[:at] + left, below[begun:], whole)


def _in_hole(before: bytes, after: bytes) -> Iterator[str]:
    for indentation in _depths(before, after):
        yield from (indentation + text for text in PLAIN)
    line = before.decode("utf-8", "replace").rpartition("\n")[2].lstrip()
    if not line:
        return
    closing = closers(line)
    # the lines below may close the brackets that are not quotes
    for closed in dict.fromkeys((closing, closing[:1], "")):
        for going_on in GOING_ON:
            yield from (going_on + closed + ending for ending in ENDING)


def _depths(before: bytes, after: bytes) -> Iterator[str]:
    """Where the hole begins a line, as deep as the lines around it and one step deeper."""
    depths = [""]
    if before[-1:] in (b"", b"\n"):
        [above] = _near(before.splitlines()[::-1], 1) or [""]
        depths += [above, *_near(after.splitlines(), NEAR_LINES), above + "    "]
    yield from dict.fromkeys(depths)


def _near(lines: list[bytes], count: int) -> list[str]:
    """The white space that the first `count` lines with anything else begin with."""
    return [_indentation(line).decode() for line in lines if line.strip()][:count]


def _indentation(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip())]


def _begun(below: bytes, left: bytes) -> int:
    """How many bytes `below` a line that is indented by `left` it begins: the lines that are
    indented deeper, and one after them that closes what they stand in."""
    length = 0
    for number, line in enumerate(below.split(b"\n")):
        deeper = len(_indentation(line)) > len(left)
        if number and line.strip() and not deeper:
            closes = line.strip()[:1] in b")]}\"'`"
            return length + len(line) if closes and _indentation(line) == left else length - 1
        length += len(line) + 1
    return length - 1
