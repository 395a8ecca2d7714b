"""Work-done progress of one request: begin, report, end, and the user's cancel.

pygls keeps every token for ever; here a token goes when its work is done.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from fillwright.engine.request import Draft
from fillwright.lsp_server.lsp.convert import capability


class UserCancelled(Exception):  # noqa: N818 - an outcome, not an error
    """The user pressed cancel on the progress."""


class Progress:
    """What is shown while a fill is made. Without a token it shows nothing."""

    def __init__(self, client: LanguageServer, token: int | str | None) -> None:
        self._client = client
        self._token = token
        self._percentage = 0

    def show(self, draft: Draft) -> None:
        """How far the fill has come, of the steps that it takes at most. The percentage never
        falls, which editors do not expect."""
        if self._token is None:
            return
        steps = draft.step + draft.steps_left
        self._percentage = max(self._percentage, 100 * draft.step // steps)
        doing = "denoising" if draft.denoised else "drafting"
        report = types.WorkDoneProgressReport(
            message=f"{doing}, step {draft.step} of {steps}", percentage=self._percentage
        )
        self._client.work_done_progress.report(self._token, report)

    def show_share(self, share: float) -> None:
        """How much is done, in [0, 1]."""
        if self._token is not None:
            report = types.WorkDoneProgressReport(percentage=int(100 * share))
            self._client.work_done_progress.report(self._token, report)


@asynccontextmanager
async def work_done(client: LanguageServer, token: object, title: str) -> AsyncIterator[Progress]:
    """Progress under the client's `token`, else under one of our own where the client allows.

    What is no token counts as none: pygls lets everything through as one. A cancel by the user ends
    the block with UserCancelled.
    """
    if not isinstance(token, int | str):
        token = await _created(client)
    if token is None:
        yield Progress(client, None)
        return
    task = asyncio.current_task()
    assert task is not None
    begin = types.WorkDoneProgressBegin(title=title, cancellable=True, percentage=0)
    client.work_done_progress.begin(token, begin)
    pressed: Future[None] = client.work_done_progress.tokens[token]
    pressed.add_done_callback(lambda _: task.cancel())
    try:
        yield Progress(client, token)
    except asyncio.CancelledError:
        if pressed.cancelled():
            task.uncancel()
            raise UserCancelled from None
        raise
    finally:
        # another request with the same token may have ended before
        client.work_done_progress.tokens.pop(token, None)
        client.work_done_progress.end(token, types.WorkDoneProgressEnd())


async def _created(client: LanguageServer) -> str | None:
    if not capability(client.client_capabilities, "window.work_done_progress"):
        return None
    token = f"fillwright-{uuid.uuid4()}"
    params = types.WorkDoneProgressCreateParams(token=token)
    try:
        await asyncio.shield(client.window_work_done_progress_create_async(params))
    except JsonRpcException:
        return None
    return token
