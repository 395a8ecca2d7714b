"""The commands that `workspace/executeCommand` runs: fill, preview, status, recall, snooze and
accepted.

What a person can mend, and a document that changed meanwhile, is a JSON-RPC error with a sentence;
an answer's `reason` says why a fill that was made was not applied.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.lsp import convert
from fillwright.lsp_server.lsp.code_actions import FILL_COMMAND, Target
from fillwright.lsp_server.lsp.progress import UserCancelled, work_done
from fillwright.lsp_server.lsp.target_fill import Filled, fill_targets

if TYPE_CHECKING:
    from fillwright.lsp_server.lsp.server import FillwrightServer

PREVIEW_COMMAND = "fillwright.preview"
STATUS_COMMAND = "fillwright.status"
RECALL_COMMAND = "fillwright.recall"
SNOOZE_COMMAND = "fillwright.snooze"
SNOOZE_MINUTES = 5


@dataclass(frozen=True, slots=True)
class RecallPlace:
    """The argument of `fillwright.recall`."""

    uri: str
    position: types.Position


def register(ls: "FillwrightServer") -> None:
    """Teach the server its commands."""
    ls.command(FILL_COMMAND)(fill)
    ls.command(PREVIEW_COMMAND)(preview)
    ls.command(STATUS_COMMAND)(status)
    ls.command(RECALL_COMMAND)(recall)
    ls.command(SNOOZE_COMMAND)(snooze)
    ls.command(convert.ACCEPTED_COMMAND)(accepted)


async def fill(ls: "FillwrightServer", params: types.ExecuteCommandParams) -> dict[str, Any]:
    """`fillwright.fill` with one or more `Target`s of one document: fills them jointly, with
    progress and cancel, and applies one edit.

    Answers `{"applied", "reason"}`: whether the editor applied it, and if not, or not in every
    place, why; with an instruction also `"instructed"`: whether the model took it.
    """
    targets = _targets(params)
    title = f"Fillwright: {_title(ls, targets)}"
    try:
        filled = await _filled(ls, targets, title, params.work_done_token)
    except UserCancelled:
        return {"applied": False, "reason": "cancelled"}
    edit = filled.edit(ls.encoding, ls.client_capabilities)
    if edit is None:
        return {"applied": False, "reason": filled.reason, **_instructed(filled)}
    request = types.ApplyWorkspaceEditParams(edit=edit, label=title)
    # a cancel that comes now is too late, and pygls cannot take a late answer to a cancelled await
    answer = await asyncio.shield(ls.workspace_apply_edit_async(request))
    reason = answer.failure_reason or filled.note
    return {"applied": answer.applied, "reason": reason, **_instructed(filled)}


async def preview(ls: "FillwrightServer", params: types.ExecuteCommandParams) -> dict[str, Any]:
    """`fillwright.preview`, arguments as for `fillwright.fill`: fills, and applies nothing.

    Answers `{"edit", "reason", "rewrites", "holes": [{"range", "text", "confidence"}]}`; `edit` is
    the one that `fillwright.fill` would apply, or null with a reason. `rewrites`: it replaces code
    that nobody selected, so the user should see it first. `"instructed"` as there.
    """
    targets = _targets(params)
    title = f"Fillwright: Preview of {_title(ls, targets)}"
    try:
        filled = await _filled(ls, targets, title, params.work_done_token)
    except UserCancelled:
        return {"edit": None, "reason": "cancelled", "rewrites": False, "holes": []}
    return {
        "edit": filled.edit(ls.encoding, ls.client_capabilities),
        "reason": filled.reason or filled.note,
        "rewrites": filled.rewrites,
        "holes": filled.holes_json(ls.encoding),
        **_instructed(filled),
    }


def _instructed(filled: Filled) -> dict[str, bool]:
    return {} if filled.instructed is None else {"instructed": filled.instructed}


async def status(ls: "FillwrightServer", params: types.ExecuteCommandParams) -> dict[str, Any]:
    """`fillwright.status`: what `fillwright/status` told last, how many more minutes suggestions
    are snoozed, how many milliseconds the last fill took (null before the first), and why
    suggestions were held back lately, the newest last."""
    took = ls.status.last_fill_s
    return {
        **ls.plain(ls.status.status),
        "snoozed": ls.suggestions.snooze.minutes_left,
        "lastFillMs": None if took is None else round(1000 * took),
        "suppressed": ls.suppressions.to_json(),
    }


async def snooze(ls: "FillwrightServer", params: types.ExecuteCommandParams) -> dict[str, float]:
    """`fillwright.snooze` with a number of minutes, 5 without: nothing is suggested by itself so
    long; 0 ends it.

    Answers `{"minutes"}`: how many are left.
    """
    minutes = (params.arguments or (SNOOZE_MINUTES,))[0]
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or minutes < 0:
        raise JsonRpcInvalidParams(f"{SNOOZE_COMMAND} takes a number of minutes, 0 or more")
    ls.suggestions.snooze.start(minutes)
    return {"minutes": ls.suggestions.snooze.minutes_left}


async def recall(ls: "FillwrightServer", params: types.ExecuteCommandParams) -> dict[str, Any]:
    """`fillwright.recall` with `{"uri", "position"}`: the last suggestion for this place is what
    the next `textDocument/inlineCompletion` there answers.

    Answers `{"recalled"}`: whether there is one.
    """
    if len(params.arguments or ()) != 1:
        raise JsonRpcInvalidParams(f"{RECALL_COMMAND} takes one argument: a uri and a position")
    place = ls.protocol.structured((params.arguments or ())[0], RecallPlace)
    document = ls.documents.get(place.uri)
    if document is None:
        raise BadRequest("This document is not open in the editor; open it first.")
    cursor = convert.offset(document, place.position, ls.encoding)
    return {"recalled": ls.suggestions.shown.recall(document, cursor)}


async def accepted(ls: "FillwrightServer", params: types.ExecuteCommandParams) -> None:
    """`fillwright.accepted`: the command of an inline completion item, run by the editor when the
    item is accepted."""
    for number in params.arguments or ():
        ls.suggestions.shown.accepted(number)


async def _filled(
    ls: "FillwrightServer", targets: list[Target], title: str, token: int | str | None
) -> Filled:
    async with work_done(ls, token, title) as progress:
        return await fill_targets(ls, targets, progress.show)


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


def _title(ls: "FillwrightServer", targets: list[Target]) -> str:
    if len(targets) != 1:
        return f"Fill {len(targets)} places"
    if targets[0].instruction and ls.takes_instructions() is False:
        return f"{replace(targets[0], instruction=None).title} (instruction not used)"
    return targets[0].title
