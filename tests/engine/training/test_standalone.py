import builtins
import dis
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from fillwright.engine.training.standalone import StandaloneFunction, standalone_functions

MODULES = ("textwrap.py", "heapq.py", "statistics.py", "colorsys.py", "posixpath.py", "calendar.py")


def of(text: str) -> list[StandaloneFunction]:
    return list(standalone_functions(text))


def loads(code: CodeType) -> Iterator[str]:
    """Every name that Python's own compiler looks up in the module or the builtins."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield step.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from loads(constant)


@pytest.mark.parametrize("module", MODULES)
def test_python_finds_every_name(module: str) -> None:
    found = of((Path(sysconfig.get_path("stdlib")) / module).read_text("utf-8"))
    assert found
    for function in found:
        code = compile(function.text, module, "exec")
        stored = {s.argval for s in dis.get_instructions(code) if s.opname == "STORE_NAME"}
        # classes within store names of their own, which they look up by name
        missing = set(loads(code)) - stored - set(dir(builtins)) - {"__name__"}
        assert missing == set(), function.text


BODY = """
    total = 0
    for value in values:
        total += value * value + 1  # one more
    return total
"""
SUM = f"def squares(values):{BODY}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SUM, [SUM]),
        (SUM.replace("+ 1", "+ LIMIT"), []),
        (SUM.replace("+ 1", "+ len(values)"), [SUM.replace("+ 1", "+ len(values)")]),
        (f"class A:\n    def squares(self, values):{BODY.replace(chr(10), chr(10) + '    ')}", []),
        (f"@cached\n{SUM}", []),
        (SUM.replace("total = 0", "global total"), []),
        ("def squares(:", []),
        (SUM.replace("values", "v" * 130), []),
    ],
)
def test_only_what_reads_nothing_else_stands_alone(text: str, found: list[str]) -> None:
    assert [one.text for one in of(text)] == found


def test_a_function_brings_its_imports() -> None:
    needing = SUM.replace("value * value", "sqrt(value) * np.abs(path.sep)")
    head = "import json\nimport numpy as np\nfrom math import pi, sqrt\nimport os.path as path\n"
    (function,) = of(head + needing)
    imports = "from math import sqrt\nimport numpy as np\nimport os.path as path"
    assert function.text == f"{imports}\n\n\n{needing}"
    assert not function.standard
    assert of(f"from .math import sqrt, np, path\n{needing}") == []


def test_what_says_what_it_does_is_learnt_from_more_often() -> None:
    told = SUM.replace(":\n", ':\n    """Add up squares."""\n', 1)
    shown = told.replace("squares.", "squares.\n\n    >>> squares([1])\n    2\n    ")
    foreign = "import numpy\n" + told.replace("+ 1", "+ numpy.pi")
    weights = [of(text)[0].weight for text in (SUM, told, shown, foreign)]
    assert weights == [1, 3, 5, 1]
