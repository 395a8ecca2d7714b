"""The requests of the protocol: from LSP, ask the session, to LSP. Knows no model and no socket."""

from functools import partial

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.lsp import code_actions, convert, copilot, unlikely
from fillwright.lsp_server.lsp.announced import REPAIR
from fillwright.lsp_server.lsp.commands import target_of
from fillwright.lsp_server.session.offers import ghost_offer, popup_offer
from fillwright.lsp_server.session.requests import GhostRequest
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.session.targets import Complaint


def register(client: LanguageServer, session: Session) -> None:
    """Teach the server every request it answers while a document is edited."""
    client.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION)(partial(inline_completion, session))
    client.feature(copilot.DID_SHOW)(partial(did_show, session))
    client.feature(copilot.DID_PARTIALLY_ACCEPT)(partial(did_partially_accept, session))
    client.feature(copilot.DID_FOCUS)(partial(did_focus, session))
    client.feature(types.TEXT_DOCUMENT_COMPLETION)(partial(completion, session))
    client.feature(types.TEXT_DOCUMENT_CODE_ACTION)(partial(code_action, client, session))
    client.feature(types.CODE_ACTION_RESOLVE)(partial(resolve_code_action, client, session))


async def inline_completion(
    session: Session, params: copilot.InlineCompletionParams
) -> types.InlineCompletionList | None:
    """`textDocument/inlineCompletion`: ghost text; null when the request has no document.

    An answer that comes too late has no items: Neovim keeps what it shows at null, and at an error,
    which it logs besides. Raises DocumentChanged for a client that names a version.
    """
    by_hand = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    offer = await ghost_offer(
        session,
        GhostRequest(
            params.text_document.uri,
            convert.to_position(params.position),
            params.text_document.version,
            by_hand,
            convert.selected_item(params.context),
        ),
    )
    if offer is None:
        return None
    encoding = session.documents.encoding
    return types.InlineCompletionList(
        [
            convert.inline_item(offer.document, ghost.change, ghost.number, encoding)
            for ghost in offer.ghosts
        ]
    )


async def completion(session: Session, params: types.CompletionParams) -> types.CompletionList:
    """`textDocument/completion`: the list is incomplete, so that the editor's next poll finds what
    the model makes in the background."""
    invoked = types.CompletionTriggerKind.Invoked
    by_hand = params.context is not None and params.context.trigger_kind == invoked
    uri, position = params.text_document.uri, convert.to_position(params.position)
    offer = await popup_offer(session, uri, position, by_hand=by_hand)
    if offer is None:
        return types.CompletionList(is_incomplete=False, items=[])
    encoding = session.documents.encoding
    items = [
        convert.popup_item(offer.document, offer.cursor, line, encoding) for line in offer.lines
    ]
    return types.CompletionList(is_incomplete=True, items=items)


def did_show(session: Session, params: copilot.ItemParams) -> None:
    """`textDocument/didShowCompletion`: the editor shows this item."""
    session.suggestions.shown.seen(params.item_id)


def did_partially_accept(session: Session, params: copilot.ItemParams) -> None:
    """`textDocument/didPartiallyAcceptCompletion`: the user took the beginning of this item."""
    session.suggestions.shown.accepted(params.item_id, params.accepted_length)


def did_focus(session: Session, params: copilot.FocusParams) -> None:
    """`textDocument/didFocus`: the user is back, so the engine should be."""
    if params.text_document is not None:
        session.preload()


def code_action(
    client: LanguageServer, session: Session, params: types.CodeActionParams
) -> list[types.CodeAction | types.Command]:
    """`textDocument/codeAction`: light actions, computed when they are chosen, and the likelier
    texts of unlikely places."""
    asked = params.context.trigger_kind != types.CodeActionTriggerKind.Automatic
    span = convert.editor_range(params.range)
    complaints = [
        Complaint(convert.editor_range(each.range), each.message)
        for each in params.context.diagnostics
        if each.source != unlikely.SOURCE
    ]
    found = session.targets(params.text_document.uri, span, complaints, asked=asked)
    actions = [
        code_actions.action(target, client.client_capabilities)
        for target in found
        if code_actions.wanted(code_actions.kind_of(target), params.context.only)
    ]
    return actions + _quick_fixes(client, session, params)


def _quick_fixes(
    client: LanguageServer, session: Session, params: types.CodeActionParams
) -> list[types.CodeAction | types.Command]:
    document, can = session.documents.get(params.text_document.uri), client.client_capabilities
    literals = convert.capability(can, "text_document.code_action.code_action_literal_support")
    wanted = code_actions.wanted(REPAIR, params.context.only)
    if document is None or not literals or not wanted:
        return []
    encoding = session.documents.encoding
    places = session.unlikely.within(
        document.uri, *convert.offsets(document, params.range, encoding)
    )
    return [unlikely.quick_fix(document, place, encoding, can) for place in places]


async def resolve_code_action(
    client: LanguageServer, session: Session, action: types.CodeAction
) -> types.CodeAction:
    """`codeAction/resolve`: the edit, for editors that do not run commands. An action with a
    command is whole as it is."""
    if action.command is None:
        filled = await session.fill([target_of(action.data)])
        if filled.reason is not None:
            raise BadRequest(filled.reason)
        encoding, can = session.documents.encoding, client.client_capabilities
        action.edit = convert.workspace_edit(
            filled.document, filled.changes, encoding, can, confirm=filled.replaces_code
        )
    return action
