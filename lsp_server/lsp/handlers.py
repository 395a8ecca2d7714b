"""One thin function per LSP method: from LSP, ask, to LSP. Knows no model and no sockets."""

import asyncio
from typing import TYPE_CHECKING, Literal

from lsprotocol import types

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.fills.inflight import Superseded
from fillwright.lsp_server.lsp import code_actions, commands, convert, copilot
from fillwright.lsp_server.lsp.commands import target_of
from fillwright.lsp_server.lsp.protocol import ContentModified
from fillwright.lsp_server.lsp.target_fill import fill_targets
from fillwright.lsp_server.suggestions.gate import GATES
from fillwright.lsp_server.suggestions.suggestions import Moment
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.reasons import Reason

if TYPE_CHECKING:
    from fillwright.lsp_server.lsp.server import FillwrightServer

POPUP_S = 1.0
"""A pause in typing and a fill; the editor's other servers may have to wait as long."""

POPUP_INVOKED_S = 3.0
"""For an engine that is slow, where the user may have asked by hand."""


def register(ls: "FillwrightServer") -> None:
    """Teach the server every method it answers, besides the documents' own."""
    ls.feature(types.INITIALIZE)(initialize)
    ls.feature(types.INITIALIZED)(initialized)
    ls.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration)
    ls.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(did_change_workspace_folders)
    ls.feature(types.SHUTDOWN)(shutdown)
    # without options pygls does not advertise inline completion
    ls.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(
        inline_completion
    )
    ls.feature(copilot.DID_SHOW)(did_show)
    ls.feature(copilot.DID_PARTIALLY_ACCEPT)(did_partially_accept)
    ls.feature(copilot.DID_FOCUS)(did_focus)
    ls.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions())(completion)
    actions = types.CodeActionOptions(code_action_kinds=[code_actions.KIND], resolve_provider=True)
    ls.feature(types.TEXT_DOCUMENT_CODE_ACTION, actions)(code_action)
    ls.feature(types.CODE_ACTION_RESOLVE)(resolve_code_action)
    commands.register(ls)


def initialize(ls: "FillwrightServer", params: types.InitializeParams) -> None:
    """`initialize`: nothing here waits for the engine."""
    ls.take_up(params)


async def initialized(ls: "FillwrightServer", params: types.InitializedParams) -> None:
    """`initialized`: settings are read, and the engine is started if they say so."""
    ls.configuration.watch()
    await ls.configure()


async def did_change_configuration(
    ls: "FillwrightServer", params: types.DidChangeConfigurationParams
) -> None:
    """`workspace/didChangeConfiguration`."""
    await ls.configure(params.settings)


async def did_change_workspace_folders(
    ls: "FillwrightServer", params: types.DidChangeWorkspaceFoldersParams
) -> None:
    """`workspace/didChangeWorkspaceFolders`: the new ones may have settings of their own."""
    await ls.configure()


async def shutdown(ls: "FillwrightServer", params: None) -> None:
    """`shutdown`: the engine stays, other editors may use it."""
    await ls.let_go()


async def inline_completion(
    ls: "FillwrightServer", params: copilot.InlineCompletionParams
) -> types.InlineCompletionList | None:
    """`textDocument/inlineCompletion`: ghost text; null when the request has no document.

    An answer that comes too late has no items: Neovim keeps what it shows at null, and at an error,
    which it logs besides. A client that names a version means that one, and is told.
    """
    document = _document(ls, params.text_document.uri, "ghost")
    if document is None:
        return None
    if params.text_document.version not in (None, document.version):
        ls.suppressions.add(document.uri, "ghost", Reason.of("stale"))
        raise ContentModified
    settings = ls.settings_of(document.uri)
    by_hand = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    moment = Moment(
        document,
        convert.offset(document, params.position, ls.encoding),
        "ghost",
        by_hand,
        settings.inline_completion.candidates if by_hand else 1,
        ls.formatting.get(document.uri),
        GATES[settings.eagerness],
    )
    selected = convert.selected_item(document, params.context, ls.encoding)
    try:
        ghosts = await ls.suggestions.ghosts(moment, settings.fill, selected)
    except Superseded:
        ghosts = []
    except asyncio.CancelledError:
        reason = Reason.slow(ls.status.last_fill_s)
        ls.suppressions.add(document.uri, "ghost", reason)
        raise
    if ls.documents.get(document.uri) is not document:
        ls.suggestions.hold_back(moment, "stale")
        if params.text_document.version is not None:
            raise ContentModified
        ghosts = []
    items: list[types.InlineCompletionItem] = []
    # the first is what is shown, so it is the last to be remembered
    for ghost in reversed(ghosts):
        number = ls.suggestions.shown.keep(document, moment.cursor, ghost)
        items.insert(0, convert.inline_item(document, ghost, number, ls.encoding))
    return types.InlineCompletionList(items)


async def completion(
    ls: "FillwrightServer", params: types.CompletionParams
) -> types.CompletionList:
    """`textDocument/completion`: what is known already, at once, or after a moment that the next
    change ends. The model works in the background, and the list is incomplete, so that the editor's
    next poll finds it."""
    document = _document(ls, params.text_document.uri, "popup")
    if document is None:
        return types.CompletionList(is_incomplete=False, items=[])
    cursor = convert.offset(document, params.position, ls.encoding)
    settings = ls.settings_of(document.uri)
    moment = Moment(
        document,
        cursor,
        "popup",
        formatting=ls.formatting.get(document.uri),
        gate=GATES[settings.eagerness],
    )
    invoked = types.CompletionTriggerKind.Invoked
    by_hand = params.context is not None and params.context.trigger_kind == invoked
    patience_s = POPUP_INVOKED_S if by_hand else POPUP_S
    lines = await ls.suggestions.popup_soon(moment, settings.fill, patience_s)
    if ls.documents.get(document.uri) is not document:
        lines = []
    items = [convert.popup_item(document, cursor, line, ls.encoding) for line in lines]
    return types.CompletionList(is_incomplete=True, items=items)


def _document(ls: "FillwrightServer", uri: str, kind: Literal["ghost", "popup"]) -> Document | None:
    """The document, if there are suggestions of this kind in it; else the reason is noted."""
    document, settings = ls.documents.get(uri), ls.settings_of(uri)
    if document is None:
        reason: Reason | None = Reason.of("not-open")
    elif not (settings.ghost_text if kind == "ghost" else settings.popup):
        reason = Reason.of("turned-off")
    else:
        reason = ls.refusal(uri)
    if reason is None:
        return document
    ls.suppressions.add(uri, kind, reason)
    return None


def did_show(ls: "FillwrightServer", params: copilot.ItemParams) -> None:
    """`textDocument/didShowCompletion`: the editor shows this item."""
    ls.suggestions.shown.seen(params.item_id)


def did_partially_accept(ls: "FillwrightServer", params: copilot.ItemParams) -> None:
    """`textDocument/didPartiallyAcceptCompletion`: the user took the beginning of this item."""
    ls.suggestions.shown.accepted(params.item_id, params.accepted_length)


def did_focus(ls: "FillwrightServer", params: copilot.FocusParams) -> None:
    """`textDocument/didFocus`: the user is back, so the engine should be."""
    if params.text_document is not None:
        ls.preload()


def code_action(
    ls: "FillwrightServer", params: types.CodeActionParams
) -> list[types.CodeAction | types.Command]:
    """`textDocument/codeAction`: light actions, computed when they are chosen."""
    document = ls.documents.get(params.text_document.uri)
    if document is None or not code_actions.wanted(params.context.only):
        return []
    if ls.refusal(document.uri) is not None:
        return []
    asked = params.context.trigger_kind != types.CodeActionTriggerKind.Automatic
    found = code_actions.targets(document, params.range, ls.encoding, asked=asked)
    if ls.takes_instructions() is False:
        found = [target for target in found if target.instruction is None]
    return [code_actions.action(target, ls.client_capabilities) for target in found]


async def resolve_code_action(ls: "FillwrightServer", action: types.CodeAction) -> types.CodeAction:
    """`codeAction/resolve`: the edit, for editors that do not run commands. An action with a
    command is whole as it is."""
    if action.command is None:
        filled = await fill_targets(ls, [target_of(action.data)])
        if filled.reason is not None:
            raise BadRequest(filled.reason)
        action.edit = filled.edit(ls.encoding, ls.client_capabilities)
    return action
