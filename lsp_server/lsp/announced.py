"""What the server says that it can do, in the answer to `initialize`: before what does it is
loaded (`opening.py`).
"""

from typing import Any

from lsprotocol import types
from pygls.feature_manager import FeatureManager

FILL_COMMAND = "fillwright.fill"
PREVIEW_COMMAND = "fillwright.preview"
STATUS_COMMAND = "fillwright.status"
ENGINES_COMMAND = "fillwright.engines"
RECALL_COMMAND = "fillwright.recall"
SNOOZE_COMMAND = "fillwright.snooze"
ACCEPTED_COMMAND = "fillwright.accepted"
CHECK_COMMAND = "fillwright.check"
COMMANDS = (
    FILL_COMMAND,
    PREVIEW_COMMAND,
    STATUS_COMMAND,
    ENGINES_COMMAND,
    RECALL_COMMAND,
    SNOOZE_COMMAND,
    ACCEPTED_COMMAND,
    CHECK_COMMAND,
)

REWRITE, REPAIR = types.CodeActionKind.RefactorRewrite, types.CodeActionKind.QuickFix
FEATURES: dict[str, Any] = {
    # without options pygls does not advertise inline completion
    types.TEXT_DOCUMENT_INLINE_COMPLETION: types.InlineCompletionOptions(),
    types.TEXT_DOCUMENT_COMPLETION: types.CompletionOptions(),
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(
        code_action_kinds=[REWRITE, REPAIR], resolve_provider=True
    ),
    types.TEXT_DOCUMENT_DID_SAVE: types.SaveOptions(include_text=False),
}
NOTEBOOKS = types.NotebookDocumentSyncOptions(
    [types.NotebookDocumentFilterWithNotebook(notebook="*")]
)


def announce(manager: FeatureManager) -> None:
    """Have pygls count these features and commands among the server's capabilities."""
    for method, options in FEATURES.items():
        manager.feature(method, options)(_not_yet)
    for command in COMMANDS:
        manager.command(command)(_not_yet)


def make_room(manager: FeatureManager) -> None:
    """For the handlers of what was announced."""
    manager.features.clear()
    manager.commands.clear()


def _not_yet(*_: object) -> None:
    raise AssertionError("what was announced is asked for before it is loaded")
