"""The commands that `workspace/executeCommand` runs: fill, preview, status, engines, recall,
snooze and accepted.

What a user can fix, and a document that changed meanwhile, is a JSON-RPC error with a sentence;
an answer's `reason` says why a fill that was made was not applied.
"""

import asyncio
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from fillwright.engine.pull.pulled import pulled_folders
from fillwright.lsp_server.lsp import convert
from fillwright.lsp_server.lsp.announced import (
    ACCEPTED_COMMAND,
    ENGINES_COMMAND,
    FILL_COMMAND,
    PREVIEW_COMMAND,
    RECALL_COMMAND,
    SNOOZE_COMMAND,
    STATUS_COMMAND,
)
from fillwright.lsp_server.lsp.progress import UserCancelled, work_done
from fillwright.lsp_server.lsp.protocol import AnsweringProtocol
from fillwright.lsp_server.session.engine_choices import engine_choices
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.session.target_fill import Filled
from fillwright.lsp_server.session.targets import Target
from fillwright.lsp_server.text.positions import PositionEncoding

SNOOZE_MINUTES = 5


@dataclass(frozen=True, slots=True)
class RecallParams:
    """The argument of `fillwright.recall`."""

    uri: str
    position: types.Position


def register(client: LanguageServer, session: Session) -> None:
    """Teach the server its commands."""
    assert isinstance(client.protocol, AnsweringProtocol)
    client.command(FILL_COMMAND)(partial(fill, client, session))
    client.command(PREVIEW_COMMAND)(partial(preview, client, session))
    client.command(STATUS_COMMAND)(partial(status, session))
    client.command(ENGINES_COMMAND)(partial(engines, session))
    client.command(RECALL_COMMAND)(partial(recall, client.protocol, session))
    client.command(SNOOZE_COMMAND)(partial(snooze, session))
    client.command(ACCEPTED_COMMAND)(partial(accepted, session))


async def fill(
    client: LanguageServer, session: Session, params: types.ExecuteCommandParams
) -> dict[str, Any]:
    """`fillwright.fill` with one or more `Target`s of one document: fills them jointly, with
    progress and cancel, and applies one edit. An editor that can asks its user before it replaces
    code.

    Answers `{"applied", "reason"}`: whether the editor applied it, and if not, or not in every
    place, why; with an instruction also `"instructed"`: whether the model took it.
    """
    targets = _targets(params)
    title = f"Fillwright: {_title(session, targets)}"
    try:
        filled = await _filled(client, session, targets, title, params.work_done_token)
    except UserCancelled:
        return {"applied": False, "reason": "cancelled"}
    edit = _edit(client, session, filled, confirm=filled.replaces_code)
    if edit is None:
        return {"applied": False, "reason": filled.reason, **_instructed(filled)}
    request = types.ApplyWorkspaceEditParams(edit=edit, label=title)
    # a cancel that comes now is too late, and pygls cannot take a late answer to a cancelled await
    answer = await asyncio.shield(client.workspace_apply_edit_async(request))
    reason = answer.failure_reason or filled.remark
    return {"applied": answer.applied, "reason": reason, **_instructed(filled)}


async def preview(
    client: LanguageServer, session: Session, params: types.ExecuteCommandParams
) -> dict[str, Any]:
    """`fillwright.preview`, arguments as for `fillwright.fill`: fills, and applies nothing.

    Answers `{"edit", "reason", "rewrites", "holes": [{"range", "text", "confidence"}]}`; `edit` is
    the one that `fillwright.fill` would apply, or null with a reason. `rewrites`: it replaces code
    that nobody selected, so the user should see it first. `"instructed"` as there. `"less"` and
    `"more"` are what to ask for where a lone selection is to change less or more than now.
    """
    targets = _targets(params)
    title = f"Fillwright: Preview of {_title(session, targets)}"
    try:
        filled = await _filled(client, session, targets, title, params.work_done_token)
    except UserCancelled:
        return {"edit": None, "reason": "cancelled", "rewrites": False, "holes": []}
    return {
        "edit": _edit(client, session, filled),
        "reason": filled.reason or filled.remark,
        "rewrites": filled.rewrites,
        "holes": _holes_json(filled, session.documents.encoding),
        **_instructed(filled),
        **_levels(session, targets),
    }


def _levels(session: Session, targets: list[Target]) -> dict[str, object]:
    one = targets[0] if len(targets) == 1 and session.engine.renoises() is not False else None
    levels = {"less": one.less, "more": one.more} if one else {}
    return {name: target.to_json() for name, target in levels.items() if target is not None}


def _edit(
    client: LanguageServer, session: Session, filled: Filled, *, confirm: bool = False
) -> types.WorkspaceEdit | None:
    """One edit of every hole that something fits into, or None."""
    if not filled.changes:
        return None
    encoding, can = session.documents.encoding, client.client_capabilities
    return convert.workspace_edit(filled.document, filled.changes, encoding, can, confirm=confirm)


def _holes_json(filled: Filled, encoding: PositionEncoding) -> list[dict[str, Any]]:
    return [
        {
            "range": convert.plain_range(filled.document, hole.start, hole.end, encoding),
            "text": filled.text_in(hole),
            "confidence": hole.confidence,
        }
        for hole in filled.holes
    ]


def _instructed(filled: Filled) -> dict[str, bool]:
    return {} if filled.instructed is None else {"instructed": filled.instructed}


async def status(session: Session, params: types.ExecuteCommandParams) -> dict[str, Any]:
    """`fillwright.status`: what `fillwright/status` told last, how many more minutes suggestions
    are snoozed, how many milliseconds the last fill took (null before the first), and why
    suggestions were held back lately, the newest last."""
    took = session.status.last_fill_s
    return {
        **session.status_json(),
        "snoozed": session.suggestions.snooze.minutes_left,
        "lastFillMs": None if took is None else round(1000 * took),
        "suppressed": session.suppressions.to_json(),
    }


async def engines(session: Session, params: types.ExecuteCommandParams) -> dict[str, Any]:
    """`fillwright.engines`: what a picker offers, `{"engines": [{"value", "label", "detail"}]}`,
    and what is chosen, `"use"` and `"useForActions"`. An editor sets `fillwright.engine.use` (or
    `useForActions`) to a `value`, null for none, and the server follows."""
    chosen = session.settings.everywhere.engine
    return {
        "engines": [asdict(choice) for choice in engine_choices(chosen, pulled_folders())],
        "use": chosen.use,
        "useForActions": chosen.use_for_actions,
    }


async def snooze(session: Session, params: types.ExecuteCommandParams) -> dict[str, float]:
    """`fillwright.snooze` with a number of minutes, 5 without: nothing is suggested by itself so
    long; 0 ends it.

    Answers `{"minutes"}`: how many are left.
    """
    minutes = (params.arguments or (SNOOZE_MINUTES,))[0]
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or minutes < 0:
        raise JsonRpcInvalidParams(f"{SNOOZE_COMMAND} takes a number of minutes, 0 or more")
    session.suggestions.snooze.start(minutes)
    return {"minutes": session.suggestions.snooze.minutes_left}


async def recall(
    protocol: AnsweringProtocol, session: Session, params: types.ExecuteCommandParams
) -> dict[str, Any]:
    """`fillwright.recall` with `{"uri", "position"}`: the last suggestion for this place is what
    the next `textDocument/inlineCompletion` there answers.

    Answers `{"recalled"}`: whether there is one.
    """
    if len(params.arguments or ()) != 1:
        raise JsonRpcInvalidParams(f"{RECALL_COMMAND} takes one argument: a uri and a position")
    wanted = protocol.structured((params.arguments or ())[0], RecallParams)
    return {"recalled": session.recall(wanted.uri, convert.to_position(wanted.position))}


async def accepted(session: Session, params: types.ExecuteCommandParams) -> None:
    """`fillwright.accepted`: the command of an inline completion item, run by the editor when the
    item is accepted."""
    for number in params.arguments or ():
        session.suggestions.shown.accepted(number)


async def _filled(
    client: LanguageServer,
    session: Session,
    targets: list[Target],
    title: str,
    token: int | str | None,
) -> Filled:
    async with work_done(client, token, title) as progress:
        return await session.fill(targets, progress.show)


def _targets(params: types.ExecuteCommandParams) -> list[Target]:
    if not params.arguments:
        raise JsonRpcInvalidParams(f"{params.command} takes one or more places to fill")
    return [target_of(argument) for argument in params.arguments]


def target_of(plain: object) -> Target:
    """The target in an editor's JSON; -32602 when it is none."""
    try:
        return Target.from_json(plain)
    except ValueError as error:
        raise JsonRpcInvalidParams(str(error)) from None


def _title(session: Session, targets: list[Target]) -> str:
    if len(targets) != 1:
        return f"Fill {len(targets)} places"
    if targets[0].instruction and session.engine.takes_instructions() is False:
        return f"{replace(targets[0], instruction=None).title} (instruction not used)"
    return targets[0].title
