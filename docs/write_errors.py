"""Writes docs/errors.md: what the code raises for people, and why nothing was suggested.

Run `make pages`; a test fails while the page is not what this writes.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from fillwright.engine import errors
from fillwright.engine.daemon.app import FAILED, STATUSES
from fillwright.engine.daemon.dialects.about import UnknownModel
from fillwright.engine.daemon.resident import EngineBusy
from fillwright.engine.daemon.server import EngineRunsAlready
from fillwright.engine.remote.refusals import RefusedError
from fillwright.lsp_server.cli.main import exit_code
from fillwright.lsp_server.fitting import fit
from fillwright.lsp_server.lsp.protocol import CONTENT_MODIFIED, REQUEST_FAILED
from fillwright.lsp_server.text import reasons

ROOT = Path(__file__).parent.parent
OUTPUT = Path(__file__).parent / "errors.md"
KINDS: list[type[errors.FillwrightError]] = [
    errors.BadRequest,
    errors.CheckpointError,
    errors.MissingExtra,
    errors.EngineUnavailable,
    EngineBusy,
    EngineRunsAlready,
    errors.EngineFailed,
    errors.DownloadFailed,
    UnknownModel,
    RefusedError,
]
HEAD = """# Errors, and reasons

Written by `docs/write_errors.py` from the code. An error is one sentence that says what to do. `<path>` and the like stand for what differs.
What `fillwright doctor` finds, and what is said of arguments that cannot be read, is not here.

| kind | exit code | HTTP | what it is |
|---|---|---|---|
"""
CODES = f"""
The language server answers a request with {REQUEST_FAILED} and the sentence, with {CONTENT_MODIFIED} when the document changed
meanwhile, which editors keep to themselves, and with -32800 when it was cancelled. The wire's other codes are in [its page](wire.md), the command
line's in [its own](cli.md). Whatever else goes wrong is a bug: exit code 1 and a traceback, HTTP {FAILED}, or -32603.

## Why there was no suggestion

Codes and sentences of the menu in VS Code, `:Fillwright status` and the command `fillwright.status`.

| code | what is said |
|---|---|
"""


def page() -> str:
    """The whole page."""
    said = found()
    why = {**reasons.MESSAGES, **fit.MESSAGES}
    parts = [HEAD]
    for kind in KINDS:
        name = kind.__name__
        link = f"[`{name}`](#{name.lower()})" if name in said else f"`{name}`"
        what = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        parts.append(f"| {link} | {exit_code(kind)} | {STATUSES.get(kind, FAILED)} | {what} |\n")
    parts += [CODES, *(f"| `{code}` | {sentence} |\n" for code, sentence in why.items())]
    for name in (kind.__name__ for kind in KINDS if kind.__name__ in said):
        parts += [f"\n## {name}\n\n", *(f"- {text}\n" for text in said[name])]
    return "".join(parts)


def found() -> dict[str, list[str]]:
    """What the layers raise, by the name of the kind, in the order of the alphabet."""
    trees = [
        ast.parse(path.read_text(encoding="utf-8"))
        for layer in ("engine", "kernels", "lsp_server")
        for path in sorted((ROOT / layer).rglob("*.py"))
    ]
    constants = {name: value for tree in trees for name, value in _constants(tree)}
    texts: dict[str, set[str]] = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            name = node.func.id
            if name in {kind.__name__ for kind in KINDS}:
                texts.setdefault(name, set()).update(sentences(node.args[0], constants))
    return {name: sorted(found, key=str.lower) for name, found in texts.items() if found}


def sentences(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """The sentences that an expression can be, as far as they stand in the code."""
    match node:
        case ast.BoolOp():
            for value in node.values:
                yield from sentences(value, constants)
        case ast.IfExp():
            yield from sentences(node.body, constants)
            yield from sentences(node.orelse, constants)
        case ast.Name() if node.id in constants:
            yield from sentences(constants[node.id], constants)
        case ast.Constant(value=str(text)) if " " in text:
            yield _plain(text)
        case ast.JoinedStr():
            text = "".join(_piece(part) for part in node.values)
            if text.count(" ") > text.count("<"):
                yield _plain(text)


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _piece(part: ast.expr) -> str:
    match part:
        case ast.Constant(value=str(text)):
            return text
        case ast.FormattedValue():
            names = [n for n in ast.walk(part.value) if isinstance(n, ast.Name | ast.Attribute)]
            last = names[0] if names else None
            name = last.attr if isinstance(last, ast.Attribute) else getattr(last, "id", "...")
            return f"<{name.strip('_')}>"
    return "..."


def _plain(text: str) -> str:
    """As Markdown shows it word for word."""
    return re.sub(r"([<*_|\[])", r"\\\1", " ".join(text.split()))


if __name__ == "__main__":
    OUTPUT.write_text(page(), encoding="utf-8")
