"""What carving costs, in processor time, and how often it is right in broken source.

`python -P tests/bench/carve.py` prints the costs in long documents of several languages;
`python -P tests/bench/carve.py FOLDER` cuts lines of the files in a folder after a bracket and
counts the bodies that are carved as they were before. Not a test.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from fillwright.engine.syntax.grammars import query_for
from fillwright.engine.syntax.languages import language_of_file
from fillwright.lsp_server.carving.carving import carve_body, stub_bodies
from fillwright.lsp_server.text.documents import Document

LINES = (1_000, 10_000, 50_000)
ROUNDS = 15
PIECES = {
    "python": "def total(items):\n    net = sum(items)\n    return net\n\n\n",
    "typescript": "class A {\n  f(a: T) {\n    const y = sum(a, (q) => q);\n  }\n}\n",
    "csharp": "class A\n{\n    int F(int a)\n    {\n        return sum(a, q => q);\n    }\n}\n",
    "cpp": "int f(int a) {\n    if (a) {\n        return sum(a);\n    }\n    return 0;\n}\n",
    "ruby": "class A\n  def f(a)\n    sum(a) { |q| q + 1 }\n  end\nend\n",
    "kotlin": "class A {\n    fun f(a: Int): Int {\n        return sum(a) { it }\n    }\n}\n",
    "html": "<script>\nfunction f(a) {\n  return sum(a);\n}\n</script>\n",
}
# a function that begins in the line, a decorator or a bracket in a comment is another place
ELSEWHERE = (
    "=>",
    "function",
    "func ",
    "fn ",
    "|",
    "lambda",
    "[",
    "()",
    "{",
    "#",
    "//",
    "def ",
    "@",
)
CUTS_PER_FILE = 6


def main() -> None:
    """Measure and print."""
    if len(sys.argv) > 1:
        Console().print(_broken(Path(sys.argv[1])))
    else:
        Console().print(_costs())


def _costs() -> Table:
    columns = ("first use", "parse", "body", "body, broken", "typed: parse and body", "stubs")
    table = Table("language", "lines", *columns, title="Carving, milliseconds of one processor")
    for language, piece in PIECES.items():
        first = _ms(partial(_load, language), rounds=1)
        for lines in LINES:
            text = piece * (lines // piece.count("\n"))
            costs = (first, *_costs_in(Document.of(text, language)))
            table.add_row(language, f"{lines:,}", *(f"{ms:.2f}" for ms in costs))
    return table


def _costs_in(sound: Document) -> Iterator[float]:
    at = sound.lf.index("sum(", len(sound.lf) // 2) + len("sum(")
    yield _ms(lambda: sound.tree, rounds=1)
    broken = sound.replaced(at, at, "foo(", 1)
    assert broken.tree is not None
    yield _ms(lambda: carve_body(sound, at))
    yield _ms(lambda: carve_body(broken, at + 4))
    yield _ms(lambda: carve_body(sound.replaced(at, at, "x", 1), at + 1))
    yield _ms(lambda: stub_bodies(sound, at), rounds=3)


def _load(language: str) -> None:
    query_for(language, "functions")
    query_for(language, "stubs")


def _ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(1e3 * (time.process_time() - began))
    return median(spent)


def _broken(folder: Path) -> Table:
    right, cut = Counter[str](), Counter[str]()
    for path in sorted(folder.rglob("*")):
        language = language_of_file(path)
        if not path.is_file() or language == "plaintext":
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        for outcome in _cuts(Document.of(text, language)):
            cut[language] += 1
            right[language] += outcome
    table = Table("language", "lines cut", "carved as before", title=f"Lines cut in {folder.name}")
    for language, count in cut.most_common():
        table.add_row(language, str(count), f"{right[language] / count:.1%}")
    return table


def _cuts(document: Document) -> Iterator[bool]:
    """For some lines of a document, whether the body around is the same when the line ends after
    its bracket."""
    if document.tree is None or document.tree.root_node.has_error:
        return
    lines, done = document.lf_lines, 0
    numbers = [
        number
        for number in range(len(lines))
        if "(" in lines.content(number) and not any(m in lines.content(number) for m in ELSEWHERE)
    ]
    random.Random(0).shuffle(numbers)
    for number in numbers:
        at = lines.starts[number] + lines.content(number).index("(") + 1
        end = lines.end_of(number)
        carving = carve_body(document, at)
        if carving is None or not carving.fresh or not at < end < carving.holes[0].end:
            continue
        broken = document.replaced(document.from_lf(at), document.from_lf(end), "", 1)
        if broken.tree is None or not broken.tree.root_node.has_error:
            continue
        found, before = carve_body(broken, at), carving.holes[0]
        yield (
            found is not None
            and found.holes[0].start == before.start
            and (found.holes[0].end == before.end - (end - at))
        )
        done += 1
        if done == CUTS_PER_FILE:
            return


if __name__ == "__main__":
    main()
