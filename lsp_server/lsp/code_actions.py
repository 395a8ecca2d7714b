"""The code actions that edit: which fit a place, and what each one fills.

An action names its place as a `Target`, which travels through the editor as plain JSON, either as
the argument of the command `fillwright.fill` or as the data of an action to resolve.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import cattrs
from cattrs.errors import CattrsError
from cattrs.gen import make_dict_unstructure_fn
from lsprotocol import types

from fillwright.engine.errors import BadRequest
from fillwright.engine.syntax.languages import has_functions
from fillwright.lsp_server.carving.carving import (
    Carving,
    carve_body,
    carve_line_end,
    carve_selection,
    has_stubs_nearby,
    is_written,
    stub_bodies,
    stub_bodies_in_class,
)
from fillwright.lsp_server.carving.docstrings import carve_docstring, wants_docstring
from fillwright.lsp_server.lsp.convert import capability, offsets
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import Position, PositionEncoding

FILL_COMMAND = "fillwright.fill"
KIND = types.CodeActionKind.RefactorRewrite
What = Literal["body", "selection", "line", "docstring", "stubs in class", "stubs in file"]
TITLES: dict[What, str] = {
    "body": "Fill body",
    "selection": "Rewrite selection",
    "line": "Finish line",
    "docstring": "Fill docstring",
    "stubs in class": "Fill all stubs in class",
    "stubs in file": "Fill all stubs in file",
}
NOTHING: dict[What, str] = {
    "body": "There is no function around the cursor; put it inside one.",
    "docstring": "There is no class or function here that a docstring could be about.",
    "stubs in class": "There is no class around the cursor with a function to fill.",
    "stubs in file": "This file has no function that is still to be written.",
}
# what an editor has closed already is no reason not to finish a line
FINISHED = re.compile(r"""[\s)\]}>"'`;,:]*$""")
COMMENT = re.compile(
    r"(?:/[/*!]+|#+|--+|;+|<!--)\s*(?:(?:TODO|FIXME)\b[:\s]*)?(?P<text>.*?)\s*(?:\*/|-->)?\s*"
)
LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Place:
    """An LSP position, in the negotiated encoding."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class Span:
    """An LSP range."""

    start: Place
    end: Place


@dataclass(frozen=True, slots=True)
class Target:
    """What to fill: the range itself (`selection`), the rest of the line behind its start, or
    what is around its start.

    Without a `version` the newest one of the document is meant. `instruction` says in words what
    is wanted. `rewrites`: there is code already, which the user should see beside the new one.
    """

    uri: str
    what: What
    range: Span
    version: int | None = None
    instruction: str | None = None
    rewrites: bool = False

    @property
    def title(self) -> str:
        """What an editor's menu says."""
        title = "Rewrite body" if self.what == "body" and self.rewrites else TITLES[self.what]
        if not self.instruction:
            return title
        said = " ".join(self.instruction.split())
        return f"{title}: {said if len(said) <= LONGEST_TITLE else said[: LONGEST_TITLE - 1] + '…'}"

    @classmethod
    def from_json(cls, plain: object) -> "Target":
        """The target that an editor hands back. Raises ValueError when it is none."""
        try:
            return _converter().structure(plain, cls)
        except (CattrsError, ValueError, TypeError, KeyError):
            raise ValueError(
                'A place to fill looks like {"uri": ..., "what": '
                f'{" or ".join(json.dumps(what) for what in TITLES)}, "range": ...}}'
            ) from None

    def to_json(self) -> dict[str, object]:
        """The target as plain JSON."""
        plain: dict[str, object] = _converter().unstructure(self)
        return plain


def targets(
    document: Document, span: types.Range, encoding: PositionEncoding, *, asked: bool = True
) -> list[Target]:
    """What can be filled at a range of the document; unless it was `asked` for, only stubs and
    selections, so that an editor shows its light bulb where there is something to do."""
    start, end = offsets(document, span, encoding)
    first, last = (Place(*document.lines.position(place, encoding)) for place in (start, end))
    at = document.to_lf(start)
    selected = document.text[start:end].strip()
    body = carve_body(document, at)
    if body is not None and not has_functions(body.language or document.language):
        body = None
    written = body is not None and is_written(document, body)
    found = list[What]()
    if body is not None and (asked or body.stub):
        found += ["body", *_other_stubs(document, body, at)]
    if asked and _lacks_docstring(document, body, at):
        found.append("docstring")
    if asked and start == end and _is_unfinished(document, at):
        found.append("line")
    if selected:
        found.append("selection")
    whole = [
        Target(
            document.uri,
            what,
            Span(first, last),
            document.version,
            rewrites=what == "body" and written,
        )
        for what in found
    ]
    instruction = _instruction_in(selected)
    said = [replace(whole[-1], instruction=instruction)] if instruction else []
    return whole + said


def carvings_of(
    document: Document, target: Target, encoding: PositionEncoding
) -> tuple[Carving, ...]:
    """The holes of a target, in order, one for each carving. Raises BadRequest when the document
    has no such place."""
    start, end = (
        document.to_lf(document.lines.offset(Position(place.line, place.character), encoding))
        for place in (target.range.start, target.range.end)
    )
    carvings: Sequence[Carving | None]
    match target.what:
        case "selection":
            carvings = [carve_selection(document, start, max(start, end))]
        case "line":
            carvings = [carve_line_end(document, start)]
        case "docstring":
            carvings = [carve_docstring(document, start)]
        case "body":
            carvings = [carve_body(document, start)]
        case "stubs in class":
            carvings = stub_bodies_in_class(document, start)
        case "stubs in file":
            carvings = stub_bodies(document, start)
    found = tuple(carving for carving in carvings if carving is not None)
    if not found:
        raise BadRequest(NOTHING[target.what])
    return found


def _other_stubs(document: Document, body: Carving, at: int) -> Iterator[What]:
    """All stubs are offered where the cursor is on one, and there are others."""
    if body.stub and len(stub_bodies_in_class(document, at)) > 1:
        yield "stubs in class"
    if body.stub and has_stubs_nearby(document, at):
        yield "stubs in file"


def _lacks_docstring(document: Document, body: Carving | None, at: int) -> bool:
    """Whether a definition around has no docstring: a header's, or that of a body with code."""
    docstring = carve_docstring(document, at)
    if docstring is None or is_written(document, docstring):
        return False
    return wants_docstring(document, at) or (body is not None and is_written(document, body))


def _is_unfinished(document: Document, at: int) -> bool:
    """Whether there is something before a place in its line, and nothing but what closes behind."""
    lines = document.lf_lines
    line = lines.line_of(at)
    before, behind = document.lf[lines.starts[line] : at], document.lf[at : lines.end_of(line)]
    return bool(before.strip()) and FINISHED.match(behind) is not None


def _instruction_in(selected: str) -> str | None:
    """What the comment says that a selection begins with."""
    comment = COMMENT.fullmatch(selected.split("\n", 1)[0].strip())
    return comment["text"] or None if comment is not None else None


def action(target: Target, client: types.ClientCapabilities) -> types.CodeAction | types.Command:
    """A light action, as far as the client goes: one with a command where commands can apply
    edits, one to resolve where they cannot, and a bare command before code action literals."""
    command = types.Command(title=target.title, command=FILL_COMMAND, arguments=[target.to_json()])
    if not capability(client, "text_document.code_action.code_action_literal_support"):
        return command
    tags = capability(client, "text_document.code_action.tag_support.value_set") or ()
    generated = types.CodeActionTag.LlmGenerated
    by_command = capability(client, "workspace.apply_edit")
    return types.CodeAction(
        title=target.title,
        kind=KIND,
        command=command if by_command else None,
        data=None if by_command else target.to_json(),
        tags=[generated] if generated in tags else None,
        is_preferred=True if target.what == "body" and not target.rewrites else None,
    )


def wanted(only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether a client that asks for the kinds in `only` (None: any) wants these actions."""
    if only is None:
        return True
    kinds = (kind.value if isinstance(kind, types.CodeActionKind) else kind for kind in only)
    return any(not kind or f"{KIND.value}.".startswith(f"{kind}.") for kind in kinds)


@cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    for primitive in (int, str, bool):
        converter.register_structure_hook(primitive, _exactly)
    unstructure = make_dict_unstructure_fn(Target, converter, _cattrs_omit_if_default=True)
    converter.register_unstructure_hook(Target, unstructure)
    return converter


def _exactly(value: object, kind: type) -> object:
    if type(value) is not kind:
        raise ValueError(f"not {kind}")
    return value
