"""Copilot's requests from before there was inline completion, which copilot.lua still sends.

Ghost text by other names: `handlers` makes it. Positions count UTF-16 units here, whatever was
negotiated. Knows no engine.
"""

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from fillwright.lsp_server.lsp import convert, copilot, handlers
from fillwright.lsp_server.lsp.protocol import ContentModified
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import PositionEncoding

if TYPE_CHECKING:
    from fillwright.lsp_server.lsp.server import FillwrightServer

UTF16 = PositionEncoding.UTF16
USER = "fillwright"


def register(ls: "FillwrightServer") -> None:
    """Teach the server these methods."""
    ls.feature(copilot.CHECK_STATUS)(check_status)
    ls.feature(copilot.GET_COMPLETIONS)(get_completions)
    ls.feature(copilot.GET_COMPLETIONS_CYCLING)(get_completions_cycling)
    ls.feature(copilot.NOTIFY_SHOWN)(notify_shown)
    ls.feature(copilot.NOTIFY_ACCEPTED)(notify_accepted)
    ls.feature(copilot.NOTIFY_REJECTED)(notify_rejected)


def check_status(ls: "FillwrightServer", params: object) -> dict[str, str]:
    """`checkStatus`: nobody has to sign in."""
    return {"status": "OK", "user": USER}


async def get_completions(
    ls: "FillwrightServer", params: copilot.CompletionsParams
) -> dict[str, list[dict[str, Any]]]:
    """`getCompletions`: what is suggested while typing."""
    return await _completions(ls, params, types.InlineCompletionTriggerKind.Automatic)


async def get_completions_cycling(
    ls: "FillwrightServer", params: copilot.CompletionsParams
) -> dict[str, list[dict[str, Any]]]:
    """`getCompletionsCycling`: the user wants to see others."""
    return await _completions(ls, params, types.InlineCompletionTriggerKind.Invoked)


def notify_shown(ls: "FillwrightServer", params: copilot.CompletionParams) -> str:
    """`notifyShown`: the editor shows this one."""
    ls.suggestions.shown.seen(params.number)
    return "OK"


def notify_accepted(ls: "FillwrightServer", params: copilot.CompletionParams) -> str:
    """`notifyAccepted`: the user took this one."""
    ls.suggestions.shown.accepted(params.number)
    return "OK"


def notify_rejected(ls: "FillwrightServer", params: object) -> str:
    """`notifyRejected`: the user typed on, which is no news."""
    return "OK"


async def _completions(
    ls: "FillwrightServer",
    params: copilot.CompletionsParams,
    kind: types.InlineCompletionTriggerKind,
) -> dict[str, list[dict[str, Any]]]:
    doc = params.doc
    document = ls.documents.get(doc.uri)
    if document is None:
        return {"completions": []}
    cursor = convert.offset(document, doc.position, UTF16)
    asked = copilot.InlineCompletionParams(
        copilot.VersionedDocument(doc.uri, doc.version),
        convert.lsp_range(document, cursor, cursor, ls.encoding).start,
        types.InlineCompletionContext(kind),
    )
    if doc.formatting is not None:
        ls.formatting[doc.uri] = doc.formatting
    try:
        found = await handlers.inline_completion(ls, asked)
    except ContentModified:
        # this client shows every error to its user
        found = None
    items = found.items if found is not None else []
    return {"completions": [_completion(ls, document, cursor, item) for item in items]}


def _completion(
    ls: "FillwrightServer", document: Document, cursor: int, item: types.InlineCompletionItem
) -> dict[str, Any]:
    """One item with the whole of its line before it. The range ends at the cursor: what is after
    it stays, so the text leaves it out."""
    assert item.range is not None
    assert item.command is not None
    (number,) = item.command.arguments or ()
    text = str(item.insert_text)
    start, end = convert.offsets(document, item.range, ls.encoding)
    after = document.text[cursor:end]
    if text.endswith(after):
        text, end = text.removesuffix(after), cursor
    line = document.lines.starts[document.lines.line_of(cursor)]
    whole = document.text[line:start] + text
    place = convert.lsp_range(document, line, end, UTF16)
    return {
        "uuid": str(number),
        "text": whole,
        "displayText": whole.removeprefix(document.text[line:cursor]),
        "range": place,
        "position": convert.lsp_range(document, cursor, cursor, UTF16).start,
        "docVersion": document.version,
    }
