"""What is done to a document for one fill, in a table: carving, fitting, context, refusal.

`python -P tests/bench/edits.py`. Each time is the processor's, after a keystroke in the middle of a
generated file, so that the tree has to be brought up to date first. Not a test.
"""

import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from fillwright.engine.request import Hole
from fillwright.lsp_server.carving.carving import carve_body, carve_line_end
from fillwright.lsp_server.context.context import Context
from fillwright.lsp_server.fitting.fit import fit_fill
from fillwright.lsp_server.privacy.secret_files import refusal
from fillwright.lsp_server.settings.settings import ExclusionSettings
from fillwright.lsp_server.text.documents import Document

SIZES = (1_000, 10_000, 50_000)
REPEATS = 40
PYTHON = '''def part{n}(prices, rate=0.2):
    """Sum of prices with tax."""
    net = sum(prices)
    return net * (1 + rate)

'''
JAVA = """    int part{n}(int[] prices, int rate) {{
        int net = sum(prices);
        return net * (1 + rate);
    }}

"""
KINDS = {
    "python": ("import math\n\n", PYTHON, "", "net * (1", "\n    net = 0\n    return net"),
    "java": ("class A {\n", JAVA, "}\n", "net * (1", "\n        return net;\n    }\n"),
}

TARGETS = {
    "carve a body": "<= 10 ms",
    "carve the rest of a line": "<= 10 ms",
    "context": "<= 30 ms",
    "context of a new place": "<= 30 ms",
}
Result = TypeVar("Result")


def main() -> None:
    """Measure and print."""
    table = Table("language", "lines", "what", "median", "p95", "target", title="Edits, CPU time")
    for language in KINDS:
        for lines in SIZES:
            for what, target, spent in _measured(language, lines):
                table.add_row(language, f"{lines:,}", what, *_ms(spent), target)
            table.add_section()
    Console().print(table)


def _measured(language: str, lines: int) -> list[tuple[str, str, list[float]]]:
    head, part, end, place, fill = KINDS[language]
    count = lines // part.count("\n")
    source = head + "".join(part.format(n=n) for n in range(count)) + end
    document = Document.of(source, language, "file:///app/part.x")
    assert document.tree is not None
    at = source.index(place, len(source) // 2)
    warm = _visited(source, language)
    spent: dict[str, list[float]] = {}

    def timed(what: str, work: Callable[[], Result]) -> Result:
        began = time.process_time()
        result = work()
        spent.setdefault(what, []).append(time.process_time() - began)
        return result

    def after_keystroke(document: Document) -> None:
        hole = Hole(at, at)
        timed("keystroke: text and tree", lambda: document.tree)
        body = timed("carve a body", lambda: carve_body(document, at))
        line = timed("carve the rest of a line", lambda: carve_line_end(document, at))
        assert body is not None
        timed("fit a body", lambda: fit_fill(document, body, [fill]))
        timed("fit the rest of a line", lambda: fit_fill(document, line, ["net + (1"]))
        timed("context", lambda: warm.snippets(document, [hole], 6000))
        cold = _visited(source, language)
        timed("context of a new place", lambda: cold.snippets(document, [hole], 6000))
        timed("refusal", lambda: refusal(document.uri, ["file:///app"], ExclusionSettings()))

    for repeat in range(REPEATS):
        document = document.replaced(at, at, "x", repeat)
        after_keystroke(document)
    return [(what, TARGETS.get(what, ""), times) for what, times in spent.items()]


def _visited(source: str, language: str) -> Context:
    """The context of an editor with a dozen files open."""
    context = Context(lambda uri: True)
    for number in range(12):
        context.visited(Document.of(source[:5000], language, f"file:///app/{number}.x"), 30)
    return context


def _ms(times: list[float]) -> tuple[str, str]:
    return f"{median(times) * 1000:.2f} ms", f"{quantiles(times, n=20)[18] * 1000:.2f} ms"


if __name__ == "__main__":
    main()
