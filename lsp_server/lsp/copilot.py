"""Messages beyond the protocol, by the names that Copilot's language server gave them.

Its clients send them to any server that offers inline completion: a document's version within
`textDocument/inlineCompletion`, and what became of an item; how they indent is read by
`editor_formatting.py`. pygls drops fields that it does not know; these types keep them. Knows no
handlers.
"""

from dataclasses import dataclass, field
from typing import Any

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override
from lsprotocol import types

from fillwright.lsp_server.text.formatting import Formatting

DID_SHOW = "textDocument/didShowCompletion"
DID_PARTIALLY_ACCEPT = "textDocument/didPartiallyAcceptCompletion"
DID_FOCUS = "textDocument/didFocus"
CHECK_STATUS = "checkStatus"
GET_COMPLETIONS = "getCompletions"
GET_COMPLETIONS_CYCLING = "getCompletionsCycling"
NOTIFY_SHOWN = "notifyShown"
NOTIFY_ACCEPTED = "notifyAccepted"
NOTIFY_REJECTED = "notifyRejected"


@dataclass(frozen=True, slots=True)
class VersionedDocument:
    """A document, and the version of it that the editor speaks of."""

    uri: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class InlineCompletionParams:
    """`textDocument/inlineCompletion` with what Copilot's clients add to it."""

    text_document: VersionedDocument
    position: types.Position
    context: types.InlineCompletionContext
    work_done_token: types.ProgressToken | None = None


@dataclass(frozen=True, slots=True)
class ItemParams:
    """What became of an item: it was shown, or `accepted_length` UTF-16 units of its text are in
    the document. Some clients send no more of the item than its command."""

    item: dict[str, Any]
    accepted_length: int = 0

    @property
    def item_id(self) -> object:
        """The argument of the item's command; None when it has none."""
        command = self.item.get("command")
        arguments = command.get("arguments") if isinstance(command, dict) else None
        return arguments[0] if isinstance(arguments, list) and arguments else None


@dataclass(frozen=True, slots=True)
class FocusParams:
    """The document that the user looks at; None for none."""

    text_document: VersionedDocument | None = None


@dataclass(frozen=True, slots=True)
class DocumentPosition:
    """A position in a document, and how the editor indents there."""

    uri: str
    position: types.Position
    version: int | None = None
    tab_size: int | None = None
    insert_spaces: bool = True

    @property
    def formatting(self) -> Formatting | None:
        """How the editor indents, where it says so."""
        return None if self.tab_size is None else Formatting(self.tab_size, self.insert_spaces)


@dataclass(frozen=True, slots=True)
class CompletionsParams:
    """`getCompletions` and `getCompletionsCycling`."""

    doc: DocumentPosition


@dataclass(frozen=True, slots=True)
class CompletionParams:
    """One completion of those that were given."""

    uuid: str

    @property
    def number(self) -> int | None:
        """The number of its ghost text; None when it is none of ours."""
        return int(self.uuid) if self.uuid.isdecimal() else None


@dataclass(frozen=True, slots=True)
class PlainRequest:
    id: int | str
    method: str
    params: Any = None
    jsonrpc: str = "2.0"


@dataclass(frozen=True, slots=True)
class CompletionsRequest:
    id: int | str
    params: CompletionsParams
    method: str
    jsonrpc: str = "2.0"


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    id: int | str
    params: CompletionParams
    method: str
    jsonrpc: str = "2.0"


@dataclass(frozen=True, slots=True)
class InlineCompletionRequest:
    id: int | str
    params: InlineCompletionParams
    method: str = types.TEXT_DOCUMENT_INLINE_COMPLETION
    jsonrpc: str = "2.0"


@dataclass(frozen=True, slots=True)
class ItemNotification:
    params: ItemParams
    method: str
    jsonrpc: str = "2.0"


@dataclass(frozen=True, slots=True)
class FocusNotification:
    params: FocusParams = field(default_factory=FocusParams)
    method: str = DID_FOCUS
    jsonrpc: str = "2.0"


MESSAGES: dict[str, type[Any]] = {
    types.TEXT_DOCUMENT_INLINE_COMPLETION: InlineCompletionRequest,
    DID_SHOW: ItemNotification,
    DID_PARTIALLY_ACCEPT: ItemNotification,
    DID_FOCUS: FocusNotification,
    CHECK_STATUS: PlainRequest,
    GET_COMPLETIONS: CompletionsRequest,
    GET_COMPLETIONS_CYCLING: CompletionsRequest,
    NOTIFY_SHOWN: CompletionRequest,
    NOTIFY_ACCEPTED: CompletionRequest,
    NOTIFY_REJECTED: PlainRequest,
}


def teach(converter: Converter) -> None:
    """Have pygls' converter read these messages too."""
    for kind, names in {
        InlineCompletionParams: {
            "text_document": "textDocument",
            "work_done_token": "workDoneToken",
        },
        ItemParams: {"accepted_length": "acceptedLength"},
        FocusParams: {"text_document": "textDocument"},
        DocumentPosition: {"tab_size": "tabSize", "insert_spaces": "insertSpaces"},
    }.items():
        renamed = {name: override(rename=there) for name, there in names.items()}
        converter.register_structure_hook(
            kind,
            make_dict_structure_fn(kind, converter, **renamed),  # type: ignore[arg-type]
        )
