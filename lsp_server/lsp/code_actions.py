"""The code actions that edit, as far as the client goes.

Which ones fit a place is `session.targets`' matter.
"""

from collections.abc import Sequence

from lsprotocol import types

from fillwright.lsp_server.lsp.announced import FILL_COMMAND, REPAIR, REWRITE
from fillwright.lsp_server.lsp.convert import capability
from fillwright.lsp_server.session.targets import Target


def action(target: Target, client: types.ClientCapabilities) -> types.CodeAction | types.Command:
    """A light action, as far as the client goes: one with a command where commands can apply
    edits, one to resolve where they cannot, and a bare command before code action literals."""
    command = types.Command(title=target.title, command=FILL_COMMAND, arguments=[target.to_json()])
    if not capability(client, "text_document.code_action.code_action_literal_support"):
        return command
    tags = capability(client, "text_document.code_action.tag_support.value_set") or ()
    generated = types.CodeActionTag.LlmGenerated
    by_command = capability(client, "workspace.apply_edit")
    return types.CodeAction(
        title=target.title,
        kind=kind_of(target),
        command=command if by_command else None,
        data=None if by_command else target.to_json(),
        tags=[generated] if generated in tags else None,
        is_preferred=True if target.what == "body" and not target.rewrites else None,
    )


def wanted(kind: types.CodeActionKind, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether a client that asks for the kinds in `only` (None: any) wants actions of this one."""
    if only is None:
        return True
    asked = (each.value if isinstance(each, types.CodeActionKind) else each for each in only)
    return any(not each or f"{kind.value}.".startswith(f"{each}.") for each in asked)


def kind_of(target: Target) -> types.CodeActionKind:
    """The kind of a target's action."""
    return REPAIR if target.repairs else REWRITE
