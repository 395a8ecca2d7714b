"""The code actions that edit: which fit a place, and what each one fills.

An action names its place as a `Target`, which travels through the editor as plain JSON, either as
the argument of the command `fillwright.fill` or as the data of an action to resolve.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import cattrs
from cattrs.errors import CattrsError
from lsprotocol import types

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.carve import Carving, carve_body, carve_selection
from fillwright.lsp_server.convert import capability, offsets
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.positions import Position, PositionEncoding

FILL_COMMAND = "fillwright.fill"
KIND = types.CodeActionKind.RefactorRewrite
What = Literal["body", "selection"]
TITLES: dict[What, str] = {"body": "Fill body", "selection": "Rewrite selection"}


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
    """What to fill: the function body around the start of the range, or the range itself.

    Without a `version` the newest one of the document is meant.
    """

    uri: str
    what: What
    range: Span
    version: int | None = None

    @classmethod
    def from_json(cls, plain: object) -> "Target":
        """The target that an editor hands back. Raises ValueError when it is none."""
        try:
            return _converter().structure(plain, cls)
        except (CattrsError, ValueError, TypeError, KeyError):
            raise ValueError(
                'A place to fill looks like {"uri": ..., "what": "body" or "selection", '
                '"range": ...}'
            ) from None

    def to_json(self) -> dict[str, object]:
        """The target as plain JSON."""
        plain: dict[str, object] = _converter().unstructure(self)
        return plain


def targets(document: Document, span: types.Range, encoding: PositionEncoding) -> list[Target]:
    """What can be filled at a range of the document."""
    start, end = offsets(document, span, encoding)
    found: list[What] = []
    if carve_body(document, document.to_lf(start)) is not None:
        found.append("body")
    if document.text[start:end].strip():
        found.append("selection")
    first, last = (Place(*document.lines.position(place, encoding)) for place in (start, end))
    return [Target(document.uri, what, Span(first, last), document.version) for what in found]


def carve_target(document: Document, target: Target, encoding: PositionEncoding) -> Carving:
    """The hole of a target. Raises BadRequest when the document has no such place."""
    start, end = (
        document.to_lf(document.lines.offset(Position(place.line, place.character), encoding))
        for place in (target.range.start, target.range.end)
    )
    if target.what == "selection":
        return carve_selection(document, start, max(start, end))
    carving = carve_body(document, start)
    if carving is None:
        raise BadRequest("There is no function around the cursor; put it inside one.")
    return carving


def action(target: Target, client: types.ClientCapabilities) -> types.CodeAction | types.Command:
    """A light action, as far as the client goes: one with a command where commands can apply
    edits, one to resolve where they cannot, and a bare command before code action literals."""
    title = TITLES[target.what]
    command = types.Command(title=title, command=FILL_COMMAND, arguments=[target.to_json()])
    if not capability(client, "text_document.code_action.code_action_literal_support"):
        return command
    tags = capability(client, "text_document.code_action.tag_support.value_set") or ()
    generated = types.CodeActionTag.LlmGenerated
    by_command = capability(client, "workspace.apply_edit")
    return types.CodeAction(
        title=title,
        kind=KIND,
        command=command if by_command else None,
        data=None if by_command else target.to_json(),
        tags=[generated] if generated in tags else None,
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
    for primitive in (int, str):
        converter.register_structure_hook(primitive, _exactly)
    return converter


def _exactly(value: object, kind: type) -> object:
    if type(value) is not kind:
        raise ValueError(f"not {kind}")
    return value
