"""Whether filled source parses. Knows no holes and no benchmarks."""

import ast
import warnings


def python_parses(source: str) -> bool:
    """By Python's own parser, the one of the running version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
