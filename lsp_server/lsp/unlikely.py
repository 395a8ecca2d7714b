"""Unlikely places on the wire: a command and what follows a save, hints, and quick fixes.

Knows no engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from fillwright.lsp_server.fills.unlikely import UnlikelyPlace
from fillwright.lsp_server.lsp import convert
from fillwright.lsp_server.lsp.announced import CHECK_COMMAND
from fillwright.lsp_server.lsp.progress import UserCancelled, work_done
from fillwright.lsp_server.lsp.protocol import AnsweringProtocol
from fillwright.lsp_server.session.looking import look_after_save, look_through
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import PositionEncoding

TITLE = "Fillwright: Look for unlikely places"
SOURCE = "Fillwright"
LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class CheckParams:
    """The argument of `fillwright.check`."""

    uri: str


def register(client: LanguageServer, session: Session) -> None:
    """Teach the server the command, and what it does after a save."""
    client.command(CHECK_COMMAND)(partial(check, client, session))
    client.feature(types.TEXT_DOCUMENT_DID_SAVE)(partial(did_save, session))


async def check(
    client: LanguageServer, session: Session, params: types.ExecuteCommandParams
) -> dict[str, Any]:
    """`fillwright.check` with `{"uri"}`: looks through the document, with progress and cancel, and
    publishes its unlikely places as hints.

    Answers `{"places"}`: how many there are, null where the user cancelled.
    """
    assert isinstance(client.protocol, AnsweringProtocol)
    if len(params.arguments or ()) != 1:
        raise JsonRpcInvalidParams(f"{CHECK_COMMAND} takes one argument: a uri")
    wanted = client.protocol.structured((params.arguments or ())[0], CheckParams)
    try:
        async with work_done(client, params.work_done_token, TITLE) as progress:
            places = await look_through(session, wanted.uri, progress.show_share)
    except UserCancelled:
        return {"places": None}
    return {"places": len(places)}


def did_save(session: Session, params: types.DidSaveTextDocumentParams) -> None:
    """`textDocument/didSave`."""
    session.background.run(look_after_save(session, params.text_document.uri))


def publish(
    client: LanguageServer,
    document: Document,
    places: Sequence[UnlikelyPlace],
    encoding: PositionEncoding,
) -> None:
    """Have the editor show these places of a document, and no others."""
    client.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(
            document.uri,
            [diagnostic(document, place, encoding) for place in places],
            document.version,
        )
    )


def diagnostic(
    document: Document, place: UnlikelyPlace, encoding: PositionEncoding
) -> types.Diagnostic:
    """A place as a hint."""
    change = place.change
    return types.Diagnostic(
        range=convert.lsp_range(document, change.start, change.end, encoding),
        message=f"{_shown(place.own)} is unlikely here; {_shown(change.text)} is likelier.",
        severity=types.DiagnosticSeverity.Hint,
        source=SOURCE,
        code="unlikely",
    )


def quick_fix(
    document: Document,
    place: UnlikelyPlace,
    encoding: PositionEncoding,
    client: types.ClientCapabilities,
) -> types.CodeAction:
    """The likelier text as an edit."""
    return types.CodeAction(
        title=f"Replace by {_shown(place.change.text)}",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(document, place, encoding)],
        edit=convert.workspace_edit(document, [place.change], encoding, client),
    )


def _shown(text: str) -> str:
    """A text in a line, between quotes."""
    words = " ".join(text.split())
    short = words if len(words) <= LONGEST_SHOWN else words[: LONGEST_SHOWN - 1] + "…"
    return f"`{short}`" if short else "nothing"
