"""One step of indentation, as the code of a document shows it.

The bodies of functions near a place say it first, then other blocks. Comments, strings, labels and
lines that go on from the one above say nothing of it; data says something only where there is
nothing better. Offsets are those of the document's LF form.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from fillwright.engine.syntax.grammars import has_queries
from fillwright.engine.syntax.languages import fixed_step
from fillwright.lsp_server.carving.headers import is_access_label, is_apart
from fillwright.lsp_server.carving.syntax import Syntax
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.documents import Document, Layer
from fillwright.lsp_server.text.positions import LineIndex

# lines on either side that are looked at: what is nearest says it
REACHES = (20, 60, 300)
NEAREST = 5
"""Steps of indentation that decide between them."""
DATA = re.compile("dictionary|object$|table|hash|array|initializer|literal|^list$|^set$")
# other widths are somebody's alignment
LIKELY = frozenset(("\t", *(" " * width for width in (1, 2, 3, 4, layout.TAB_STOP))))
SAID = re.compile("comment|string|heredoc|verbatim|text_block|raw_text")


def step_near(document: Document, layer: Layer, line: int) -> str | None:
    """A tab or some spaces, as the bodies and blocks near a line begin; None when none is there."""
    fixed = fixed_step(layer.language)
    if fixed is not None:
        return fixed
    for reach in REACHES:
        bodies = sorted(_bodies(document, layer, line - reach, line + reach), key=_distance(line))
        step = _likeliest(step for _, step in bodies[:NEAREST])
        step = step or _likeliest(_block_steps(document, layer, line - reach, line + reach))
        if step is not None:
            return step
    return None


def step_of_data(document: Document, layer: Layer, line: int) -> str | None:
    """The same from any line that is deeper than the one above it, comments and strings apart."""
    reach = REACHES[-1]
    return _likeliest(
        layout.indentation(document.lf_lines, below)[deep:]
        for _, below, deep in _deeper(document, layer, line - reach, line + reach)
    )


def step_at(document: Document, layer: Layer, line: int) -> str:
    """The step that there is some sign of; the usual one where there is none."""
    return (
        step_near(document, layer, line)
        or step_of_data(document, layer, line)
        or layout.DEFAULT_UNIT
    )


def _distance(line: int) -> Callable[[tuple[int, str]], int]:
    return lambda body: abs(body[0] - line)


def _likeliest(steps: Iterable[str]) -> str | None:
    counts = Counter(step for step in steps if step in LIKELY)
    return max(counts, key=counts.__getitem__, default=None)


def _bodies(document: Document, layer: Layer, first: int, last: int) -> Iterator[tuple[int, str]]:
    """Where the headers of functions stand, and how much deeper the first line of their bodies."""
    syntax = Syntax.of(document, layer)
    if syntax is None:
        return
    lines = document.lf_lines
    start, end = lines.starts[max(0, first)], lines.end_of(min(len(lines) - 1, last))
    for function in syntax.functions(start, end):
        header = lines.line_of(function.header)
        headed = lines.line_of(function.body_start)
        body = headed + 1
        while body < len(lines) and layout.is_blank(lines, body):
            body += 1
        if (
            function.broken
            or body >= len(lines)
            or layout.first_character(lines, body) >= function.hole_end
        ):
            continue
        outer, inner = (layout.indentation(lines, at) for at in (header, body))
        if inner.startswith(outer) and inner != outer:
            yield header, inner[len(outer) :]


def _block_steps(document: Document, layer: Layer, first: int, last: int) -> Iterator[str]:
    """How much deeper than the line above the first line of each block stands."""
    lines = document.lf_lines
    has_blocks = has_queries(layer.language)
    for above, below, deep in _deeper(document, layer, first, last):
        if has_blocks and not _opens_block(document, layer, above):
            continue
        yield layout.indentation(lines, below)[deep:]


def _opens_block(document: Document, layer: Layer, line: int) -> bool:
    lines = document.lf_lines
    if not layout.opens_block(lines.content(line)):
        return False
    syntax = Syntax.of(document, layer)
    if syntax is None:
        return True
    node = syntax.node_at(lines.starts[line] + len(lines.content(line).rstrip()) - 1)
    parent = None if node is None else node.parent
    return parent is None or DATA.search(parent.type) is None


def _deeper(
    document: Document, layer: Layer, first: int, last: int
) -> Iterator[tuple[int, int, int]]:
    """Pairs of lines with code, the second deeper than the first, and how deep the first one is in
    characters."""
    lines = document.lf_lines
    has_labels = has_queries(layer.language)
    above = -1
    for line in range(max(0, first), min(len(lines), last + 1)):
        if layout.is_blank(lines, line) or (has_labels and _is_label(lines, line)):
            continue
        if above >= 0:
            outer, inner = layout.indentation(lines, above), layout.indentation(lines, line)
            deeper = len(inner) > len(outer) and inner.startswith(outer)
            if deeper and not any(_is_said(document, layer, at) for at in (above, line)):
                yield above, line, len(outer)
        above = line


def _is_label(lines: LineIndex, line: int) -> bool:
    return is_apart(lines, line) or is_access_label(lines.content(line))


def _is_said(document: Document, layer: Layer, line: int) -> bool:
    """Whether a line begins inside a comment or a string that began on an earlier one."""
    syntax = Syntax.of(document, layer)
    if syntax is None:
        return False
    node = syntax.node_at(layout.first_character(document.lf_lines, line))
    while node is not None and node.start_point.row >= line:
        node = node.parent
    return node is not None and SAID.search(node.type) is not None
