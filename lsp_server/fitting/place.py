"""What surrounds a hole, as text: all that laying out a fill looks at.

Knows documents and carvings; knows no fills but the one that is meant for the hole. Line ends are
`\\n`.
"""

import re
from dataclasses import dataclass
from itertools import islice

from fillwright.engine.request import Hole
from fillwright.engine.syntax.languages import usual_step
from fillwright.lsp_server.carving.carving import Carving, What
from fillwright.lsp_server.carving.steps import step_near, step_of_data
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.positions import LineIndex

LINES_BELOW = 20
"""In which a column is looked for; what is further off belongs to something else."""
INDENTED_LINE = re.compile(r"^[ \t]+[^ \t\n]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """What surrounds a hole.

    `before` and `after` are the rest of its first and last line; `below` the lines under it.
    `indent` is its block's indentation and `unit` one step of the file's. `fresh`: the text must
    begin with a newline. `written` is what stands in the hole now, and `comment` the comment at its
    end, with the blanks before it, if the hole ends a line with one. `what` is the carving's.
    """

    before: str
    after: str
    below: tuple[str, ...]
    indent: str
    unit: str
    fresh: bool
    written: str
    comment: str = ""
    what: What = "line end"

    @property
    def code(self) -> str:
        """What stands in the hole now, without the comment at its end."""
        return self.written.removesuffix(self.comment)

    @property
    def ends_line(self) -> bool:
        """Whether the hole is the rest of a line."""
        return "\n" not in self.written and not self.after.strip()


def place_of(
    document: Document, carving: Carving, hole: Hole, text: str, formatting: Formatting | None
) -> Place:
    """What surrounds a hole that `text` is meant for. Where no code shows one step of indentation,
    the editor's options say what it is, and without those the text."""
    lines = document.lf_lines
    first, last = lines.line_of(hole.start), lines.line_of(hole.end)
    below = (
        lines.content(line).rstrip()
        for line in range(last + 1, len(lines))
        if not layout.is_blank(lines, line)
    )
    unit = _unit(document, carving, first, text, formatting)
    indent = carving.under + unit if carving.guessed else carving.indent
    return Place(
        before=document.lf[lines.starts[first] : hole.start],
        after=document.lf[hole.end : lines.end_of(last)],
        below=tuple(islice(below, LINES_BELOW)),
        indent=indent,
        unit=unit,
        fresh=carving.fresh,
        written=document.lf[hole.start : hole.end],
        comment=_comment_at_end(document, hole),
        what=carving.what,
    )


def _unit(
    document: Document, carving: Carving, line: int, text: str, formatting: Formatting | None
) -> str:
    """One step of indentation: as the code has it, else as far as the editor has indented, else as
    its options say, else as data, the language's formatter or the text has it."""
    layer = document.layer_at(document.lf_lines.starts[line])
    own = "" if carving.guessed else carving.indent.removeprefix(carving.under)
    unit = (
        step_near(document, layer, line)
        or (own if carving.what == "body" else "")
        or (formatting.unit if formatting else None)
        or step_of_data(document, layer, line)
        or usual_step(layer.language)
        or _first_step(text)
    )
    # tabs and blanks are not mixed in one block
    return own if carving.what == "body" and own and own[0] != unit[0] else unit


def _first_step(text: str) -> str:
    """The first indentation in a text; the usual one where it has none."""
    indented = INDENTED_LINE.search(text)
    return layout.indentation(LineIndex(indented.group()), 0) if indented else layout.DEFAULT_UNIT


def _comment_at_end(document: Document, hole: Hole) -> str:
    """The comment that ends a hole within its line, with the blanks before it."""
    written = document.lf[hole.start : hole.end]
    node = document.node_at(hole.start + len(written.rstrip()) - 1) if written.strip() else None
    if node is None or "comment" not in node.type or "\n" in written:
        return ""
    start = document.character(node.start_byte) - hole.start
    return written[len(written[:start].rstrip()) :] if start >= 0 else ""
