"""Functions that stand alone: they read their arguments, builtins and imports, and nothing else of
their file. Like the exercises that models are asked to do, they tell all there is to know.

Python only: imports and functions by its own parser, names as a draft's are looked at.
"""

import ast
import sys
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from fillwright.engine.syntax.grammars import parser_for
from fillwright.engine.syntax.names import loose_ends
from fillwright.engine.training.pages import FUNCTION_CHARACTERS

DOCSTRING_CHARACTERS = 1200
LINE_CHARACTERS = 120
CODE_CHARACTERS = 60
"""The longest docstring and line, and the shortest code, of a function that is kept; as the
benchmark's functions are, by a look at both."""


@dataclass(frozen=True, slots=True)
class StandaloneFunction:
    """`text`: the imports that a function needs, two empty lines, the function at the margin."""

    text: str
    documented: bool
    standard: bool  # imports only what comes with Python

    @property
    def weight(self) -> int:
        """How many times as often to learn from it: what says what it does, with examples, and
        needs no library is the most like an exercise."""
        if not self.documented:
            return 1
        return 1 + 2 * self.standard + 2 * (">>>" in self.text)


def standalone_functions(text: str) -> Iterator[StandaloneFunction]:
    """Those of a Python file, in order; none when it does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    imports = dict(_imports(module))
    lines = text.split("\n")
    for function in _functions(module):
        if _reaches_out(function):
            continue
        documentation = ast.get_docstring(function, clean=False)
        code = textwrap.dedent("\n".join(lines[function.lineno - 1 : function.end_lineno]))
        if (
            len(code) in FUNCTION_CHARACTERS
            and max(map(len, code.split("\n"))) <= LINE_CHARACTERS
            and len(documentation or "") <= DOCSTRING_CHARACTERS
            and len(code) - len(documentation or "") >= CODE_CHARACTERS
            and (needed := _needed(code)) <= imports.keys()
        ):
            statements = sorted({imports[name].statement for name in needed})
            head = "\n".join(statements) + "\n\n\n" if statements else ""
            standard = all(imports[name].standard for name in needed)
            yield StandaloneFunction(f"{head}{code}\n", documentation is not None, standard)


@dataclass(frozen=True, slots=True)
class _Import:
    statement: str
    standard: bool


def _imports(module: ast.Module) -> Iterator[tuple[str, _Import]]:
    """What absolute imports at the top bind, each as a statement of its own."""
    for node in module.body:
        if isinstance(node, ast.Import):
            start, place = "import", None
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            start, place = f"from {node.module} import", node.module
        else:
            continue
        for alias in node.names:
            renamed = f" as {alias.asname}" if alias.asname else ""
            package = (place or alias.name).split(".")[0]
            yield (
                (alias.asname or alias.name).split(".")[0],
                _Import(f"{start} {alias.name}{renamed}", package in sys.stdlib_module_names),
            )


def _functions(parent: ast.AST) -> Iterator[ast.FunctionDef]:
    """Functions at the top and methods that know no instance; none within another."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args]
            if names and names[0] not in ("self", "cls", "mcs") and not node.decorator_list:
                yield node
        elif isinstance(node, (ast.ClassDef, ast.If, ast.Try)):
            yield from _functions(node)


def _reaches_out(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, (ast.Global, ast.Nonlocal)) for node in ast.walk(function))


def _needed(code: str) -> frozenset[str]:
    """Names that the function reads and binds nowhere, without builtins."""
    source = code.encode("utf-8", "surrogatepass")
    parser = parser_for("python")
    assert parser is not None
    return loose_ends(parser.parse(source), "python", 0, len(source)).unbound
