"""One accept as a workspace edit: tied to a version, and confirmed, as far as the client goes."""

import attrs
import pytest
from lsprotocol import types

from fillwright.lsp_server.lsp.convert import REWRITE, workspace_edit
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import PositionEncoding

DOCUMENT = Document.of("x = 1\n", "python", "untitled:a", 3)
CHANGES = [TextChange(4, 5, "2")]


def client(*, document_changes: bool = True, annotations: bool = True) -> types.ClientCapabilities:
    support = types.ChangeAnnotationsSupportOptions(groups_on_label=True)
    edit = types.WorkspaceEditClientCapabilities(
        document_changes=document_changes,
        change_annotation_support=support if annotations else None,
    )
    return types.ClientCapabilities(types.WorkspaceClientCapabilities(workspace_edit=edit))


def edit_for(able: types.ClientCapabilities, *, confirm: bool) -> types.WorkspaceEdit:
    return workspace_edit(DOCUMENT, CHANGES, PositionEncoding.UTF16, able, confirm=confirm)


@pytest.mark.parametrize("document_changes", [True, False])
def test_what_replaces_code_is_confirmed_where_the_client_can(document_changes: bool) -> None:
    edit = edit_for(client(document_changes=document_changes), confirm=True)
    (change,) = edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    (annotated,) = change.edits
    assert isinstance(annotated, types.AnnotatedTextEdit)
    assert (annotated.annotation_id, annotated.new_text) == (REWRITE, "2")
    assert change.text_document.version == 3
    assert edit.change_annotations is not None
    assert edit.change_annotations[REWRITE].needs_confirmation is True


SHOWN = {"fillwright": {"showsRewrites": True}}


@pytest.mark.parametrize(
    ("able", "confirm"),
    [
        (client(), False),
        (client(annotations=False), True),
        (client(document_changes=False, annotations=False), True),
        (client(document_changes=False), False),
        (types.ClientCapabilities(), True),
        (attrs.evolve(client(), experimental=SHOWN), True),
    ],
)
def test_elsewhere_an_edit_is_plain(able: types.ClientCapabilities, confirm: bool) -> None:
    edit = edit_for(able, confirm=confirm)
    assert edit.change_annotations is None
    changes = [*(edit.changes or {}).values()] or [one.edits for one in edit.document_changes or ()]  # type: ignore[union-attr]
    assert [type(one) for edits in changes for one in edits] == [types.TextEdit]
