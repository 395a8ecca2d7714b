"""One thin function per LSP method: from LSP, ask, to LSP. Knows no model and no sockets."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from fillwright.engine.errors import BadRequest, FillwrightError
from fillwright.lsp_server import convert, edit_actions
from fillwright.lsp_server.carve import Carving, carve_line_end
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.edit_actions import FILL_COMMAND, TITLES, Target, carve_target
from fillwright.lsp_server.edits import TextChange, fit_fill
from fillwright.lsp_server.fills import Ask, Kind, OnDraft
from fillwright.lsp_server.ghost import carve_ghost, first_line, ghost_text
from fillwright.lsp_server.inflight import Superseded
from fillwright.lsp_server.preview import DRAFT, draft_params
from fillwright.lsp_server.progress import UserCancelled, work_done
from fillwright.lsp_server.protocol import ContentModified

if TYPE_CHECKING:
    from fillwright.lsp_server.server import FillwrightServer

logger = logging.getLogger(__name__)


def register(ls: "FillwrightServer") -> None:
    """Teach the server every method it answers, besides the documents' own."""
    ls.feature(types.INITIALIZE)(initialize)
    ls.feature(types.INITIALIZED)(initialized)
    ls.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration)
    ls.feature(types.SHUTDOWN)(shutdown)
    # without options pygls does not advertise inline completion
    ls.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(
        inline_completion
    )
    ls.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions())(completion)
    actions = types.CodeActionOptions(code_action_kinds=[edit_actions.KIND], resolve_provider=True)
    ls.feature(types.TEXT_DOCUMENT_CODE_ACTION, actions)(code_action)
    ls.feature(types.CODE_ACTION_RESOLVE)(resolve_code_action)
    ls.command(FILL_COMMAND)(fill)


def initialize(ls: "FillwrightServer", params: types.InitializeParams) -> None:
    """`initialize`: nothing here waits for the engine."""
    ls.take_up(params)


async def initialized(ls: "FillwrightServer", params: types.InitializedParams) -> None:
    """`initialized`: settings are read, and the engine is started if they say so."""
    ls.watch_configuration()
    await ls.configure()


async def did_change_configuration(
    ls: "FillwrightServer", params: types.DidChangeConfigurationParams
) -> None:
    """`workspace/didChangeConfiguration`."""
    await ls.configure(params.settings)


async def shutdown(ls: "FillwrightServer", params: None) -> None:
    """`shutdown`: the engine stays, other editors may use it."""
    await ls.let_go()


async def inline_completion(
    ls: "FillwrightServer", params: types.InlineCompletionParams
) -> types.InlineCompletionList | None:
    """`textDocument/inlineCompletion`: ghost text; null when there is none to show."""
    document = ls.documents.get(params.text_document.uri)
    options = ls.settings.inline_completion
    if document is None or not options.enabled:
        return None
    invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    selected = params.context.selected_completion_info
    cursor = convert.offset(document, params.position, ls.encoding)
    if selected is None:
        ghosts = await _ghosts(ls, document, cursor, options.candidates if invoked else 1)
    else:
        # the fill continues the text as it would be with the popup's item accepted
        start, end = convert.offsets(document, selected.range, ls.encoding)
        accepted = document.replaced(start, end, selected.text, document.version)
        behind = start + len(selected.text)
        ghosts = [
            TextChange(start, end, selected.text + ghost.text)
            for ghost in await _ghosts(ls, accepted, behind, 1)
            if ghost.start == ghost.end == behind
        ]
    if ls.documents.get(document.uri) is not document:
        return None
    return types.InlineCompletionList(
        [convert.inline_item(document, ghost, ls.encoding) for ghost in ghosts]
    )


async def _ghosts(
    ls: "FillwrightServer", document: Document, cursor: int, candidates: int
) -> list[TextChange]:
    carving = carve_ghost(document, cursor)
    ask = Ask(document, carving, "ghost", candidates)
    known = ls.fills.known(ask) or ()
    texts = known if len(known) >= candidates else await _asked(ls, ask)
    ghosts = (ghost_text(document, cursor, carving, text) for text in texts)
    return list(dict.fromkeys(ghost for ghost in ghosts if ghost is not None))


async def _asked(ls: "FillwrightServer", ask: Ask) -> tuple[str, ...]:
    """The engine's candidates for one hole; none when it cannot say, which the status tells."""
    try:
        on_draft = _drafts(ls, ask.document, ask.carving, ask.kind)
        candidates = await ls.fills.texts(ask, ls.settings.fill, on_draft)
    except Superseded:
        return ()
    except FillwrightError as error:
        logger.warning("No fill: %s", error)
        return ()
    return tuple(texts[0] for texts in candidates)


def completion(ls: "FillwrightServer", params: types.CompletionParams) -> types.CompletionList:
    """`textDocument/completion`: what is known already, at once. The model works in the background,
    and the list is incomplete, so that the editor's next poll finds it."""
    document = ls.documents.get(params.text_document.uri)
    if document is None or not ls.settings.completion.enabled:
        return types.CompletionList(is_incomplete=False, items=[])
    cursor = convert.offset(document, params.position, ls.encoding)
    ask = Ask(document, carve_line_end(document, document.to_lf(cursor)), "popup")
    known = ls.fills.known(ask)
    if known is None:
        ls.in_background(_asked(ls, ask))
    ghosts = (ghost_text(document, cursor, ask.carving, text) for text in known or ())
    lines = (first_line(ghost) for ghost in ghosts if ghost is not None)
    items = [
        convert.popup_item(document, cursor, line, ls.encoding)
        for line in dict.fromkeys(lines)
        if line.text.strip()
    ]
    return types.CompletionList(is_incomplete=True, items=items)


def code_action(
    ls: "FillwrightServer", params: types.CodeActionParams
) -> list[types.CodeAction | types.Command]:
    """`textDocument/codeAction`: light actions, computed when they are chosen."""
    document = ls.documents.get(params.text_document.uri)
    if document is None or not edit_actions.wanted(params.context.only):
        return []
    found = edit_actions.targets(document, params.range, ls.encoding)
    return [edit_actions.action(target, ls.client_capabilities) for target in found]


async def resolve_code_action(ls: "FillwrightServer", action: types.CodeAction) -> types.CodeAction:
    """`codeAction/resolve`: the edit, for editors that do not run commands. An action with a
    command is whole as it is."""
    if action.command is None:
        action.edit = await _edit(ls, _target(action.data), lambda draft: None)
    return action


async def fill(ls: "FillwrightServer", params: types.ExecuteCommandParams) -> dict[str, Any]:
    """The command `fillwright.fill` with one `Target`: fills it, with progress and cancel, and
    applies one edit. Answers whether it was applied, and if not, why."""
    if len(params.arguments or ()) != 1:
        raise JsonRpcInvalidParams(f"{FILL_COMMAND} takes one argument: the place to fill")
    target = _target((params.arguments or ())[0])
    title = TITLES[target.what]
    try:
        async with work_done(ls, params.work_done_token, f"Fillwright: {title}") as progress:
            edit = await _edit(ls, target, progress.show)
    except UserCancelled:
        return {"applied": False, "reason": "cancelled"}
    request = types.ApplyWorkspaceEditParams(edit=edit, label=f"Fillwright: {title}")
    # a cancel that comes now is too late, and pygls cannot take a late answer to a cancelled await
    answer = await asyncio.shield(ls.workspace_apply_edit_async(request))
    return {"applied": answer.applied, "reason": answer.failure_reason}


async def _edit(ls: "FillwrightServer", target: Target, on_draft: OnDraft) -> types.WorkspaceEdit:
    document = ls.documents.get(target.uri)
    if document is None:
        raise BadRequest("This document is not open in the editor; open it first.")
    if target.version not in (None, document.version):
        raise ContentModified
    carving = carve_target(document, target, ls.encoding)
    preview = _drafts(ls, document, carving, "edit")

    def show(draft: Any) -> None:
        on_draft(draft)
        preview(draft)

    try:
        candidates = await ls.fills.texts(Ask(document, carving, "edit"), ls.settings.fill, show)
    except Superseded:
        raise ContentModified("The document changed, or a newer fill was asked for") from None
    if ls.documents.get(target.uri) is not document:
        raise ContentModified
    fit = fit_fill(document, carving, candidates[0])
    if not fit.changes:
        reason = fit.dropped[0].message
        raise BadRequest(f"{reason} Write a little more around the hole, and ask again.")
    return convert.workspace_edit(document, fit.changes, ls.encoding, ls.client_capabilities)


def _target(plain: object) -> Target:
    try:
        return Target.from_json(plain)
    except ValueError as error:
        raise JsonRpcInvalidParams(str(error)) from None


def _drafts(ls: "FillwrightServer", document: Document, carving: Carving, kind: Kind) -> OnDraft:
    if not ls.settings.drafts.enabled:
        return lambda draft: None
    return lambda draft: ls.protocol.notify(
        DRAFT, draft_params(document, carving, kind, draft, ls.encoding)
    )
