"""Requests that waited for the editor's settings, and whose document changed meanwhile.

A position in them is one of the document as it was: they are answered as those are whose document
changes while a fill is made. Knows no fills.
"""

from collections.abc import Mapping
from typing import Any

from lsprotocol import types

from fillwright.lsp_server.lsp import copilot
from fillwright.lsp_server.session.document_changed import DocumentChanged
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.reasons import Reason

Meant = dict[str, Document | None]

NOTHING: Mapping[str, Any] = {
    types.TEXT_DOCUMENT_INLINE_COMPLETION: types.InlineCompletionList([]),
    types.TEXT_DOCUMENT_COMPLETION: types.CompletionList(is_incomplete=True, items=[]),
    copilot.GET_COMPLETIONS: {"completions": []},
    copilot.GET_COMPLETIONS_CYCLING: {"completions": []},
}
"""What those who ask while typing are answered; editors show the errors of all others."""


def meant(session: Session, params: object) -> Meant:
    """The documents that a request speaks of, by uri, as they are now; None for one that is not
    open."""
    places = [getattr(params, name, None) for name in ("text_document", "doc", "data")]
    places += getattr(params, "arguments", None) or ()
    uris = (
        place.get("uri") if isinstance(place, dict) else getattr(place, "uri", None)
        for place in places
    )
    return {uri: session.documents.get(uri) for uri in uris if isinstance(uri, str)}


def is_stale(session: Session, before: Meant) -> bool:
    """Whether one of the documents is another now."""
    return any(session.documents.get(uri) is not document for uri, document in before.items())


def answer(session: Session, method: str, params: Any) -> Any:
    """What a stale request is answered. Raises DocumentChanged where nobody types, and for a
    client that names a version in `textDocument/inlineCompletion`."""
    if method not in NOTHING:
        raise DocumentChanged
    kind = "popup" if method == types.TEXT_DOCUMENT_COMPLETION else "ghost"
    for uri in meant(session, params):
        session.suppressions.add(uri, kind, Reason.of("stale"))
    if getattr(getattr(params, "text_document", None), "version", None) is not None:
        raise DocumentChanged
    return NOTHING[method]
