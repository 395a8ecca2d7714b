"""One thin function per LSP method: from LSP, ask, to LSP. Knows no model and no sockets."""

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from fillwright.engine.errors import BadRequest, FillwrightError
from fillwright.lsp_server import commands, convert, edit_actions
from fillwright.lsp_server.carve import carve_line_end
from fillwright.lsp_server.commands import target_of
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.edits import TextChange
from fillwright.lsp_server.fills import Ask
from fillwright.lsp_server.ghost import carve_ghost, first_line, ghost_text
from fillwright.lsp_server.inflight import Superseded
from fillwright.lsp_server.preview import draft_notifier
from fillwright.lsp_server.target_fill import fill_targets

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
    commands.register(ls)


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
    if selected is None and (again := ls.shown.again(document, cursor)) is not None:
        ghosts = [again]
    elif selected is None:
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
    for ghost in reversed(ghosts):
        ls.shown.keep(document, ghost)
    return types.InlineCompletionList(
        [convert.inline_item(document, ghost, ls.encoding) for ghost in ghosts]
    )


async def _ghosts(
    ls: "FillwrightServer", document: Document, cursor: int, candidates: int
) -> list[TextChange]:
    carving = carve_ghost(document, cursor)
    ask = Ask(document, (carving,), "ghost", candidates)
    known = ls.fills.known(ask) or ()
    texts = known if len(known) >= candidates else await _asked(ls, ask)
    ghosts = (ghost_text(document, cursor, carving, text) for text in texts)
    return list(dict.fromkeys(ghost for ghost in ghosts if ghost is not None))


async def _asked(ls: "FillwrightServer", ask: Ask) -> tuple[str, ...]:
    """The engine's candidates for one hole; none when it cannot say, which the status tells."""
    try:
        infill = await ls.fills.infill(ask, ls.settings.fill, draft_notifier(ls, ask))
    except Superseded:
        return ()
    except FillwrightError as error:
        logger.warning("No fill: %s", error)
        return ()
    return tuple(texts[0] for texts in (infill.texts, *infill.alternatives))


def completion(ls: "FillwrightServer", params: types.CompletionParams) -> types.CompletionList:
    """`textDocument/completion`: what is known already, at once. The model works in the background,
    and the list is incomplete, so that the editor's next poll finds it."""
    document = ls.documents.get(params.text_document.uri)
    if document is None or not ls.settings.completion.enabled:
        return types.CompletionList(is_incomplete=False, items=[])
    cursor = convert.offset(document, params.position, ls.encoding)
    carving = carve_line_end(document, document.to_lf(cursor))
    ask = Ask(document, (carving,), "popup")
    known = ls.fills.known(ask)
    if known is None:
        ls.in_background(_asked(ls, ask))
    ghosts = (ghost_text(document, cursor, carving, text) for text in known or ())
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
        filled = await fill_targets(ls, [target_of(action.data)], lambda draft: None)
        if filled.reason is not None:
            raise BadRequest(filled.reason)
        action.edit = filled.edit(ls.encoding, ls.client_capabilities)
    return action
