"""Settings: pulled, pushed, or given at the start; a bad value is told once."""

import asyncio
from typing import Any

import pytest
from lsprotocol import types

pytestmark = pytest.mark.e2e

PATIENCE_S = 60
QUIET = {"engine": {"preload": False}}


async def popup_becomes(editor: Any, on: bool) -> None:
    """Wait for the popup to be on or off: only an enabled one calls its list incomplete."""
    uri = editor.open("x = ")
    async with asyncio.timeout(PATIENCE_S):
        while (await editor.popup(uri, 0, 4)).is_incomplete is not on:
            pass


def configured(editor: Any, settings: object = None) -> None:
    """The editor says that its settings changed."""
    params = types.DidChangeConfigurationParams(settings)
    editor.lsp.workspace_did_change_configuration(params)


async def test_initialization_options_hold_where_nothing_else_is_said(start: Any) -> None:
    editor = await start(options={**QUIET, "completion": {"enabled": False}})
    await popup_becomes(editor, False)
    editor = await start(options={"fillwright": {**QUIET, "completion": {"enabled": False}}})
    await popup_becomes(editor, False)


async def test_pulled_settings_win_and_are_pulled_again_on_a_change(start: Any) -> None:
    editor = await start(
        options={**QUIET, "completion": {"enabled": True}},
        configuration={**QUIET, "completion": {"enabled": False}},
    )
    await popup_becomes(editor, False)
    editor.lsp.set_configuration({"fillwright": {"completion": {"enabled": True}}})
    configured(editor)
    await popup_becomes(editor, True)


async def test_pushed_settings_count_for_an_editor_that_cannot_be_asked(start: Any) -> None:
    editor = await start(types.ClientCapabilities())
    configured(editor, {"fillwright": {"completion": {"enabled": False}}})
    await popup_becomes(editor, False)


async def test_a_bad_value_is_told_once_and_keeps_its_default(start: Any) -> None:
    bad = {**QUIET, "completion": {"enabled": "false"}}
    editor = await start(configuration=bad)
    await editor.until(lambda: editor.lsp.messages)
    configured(editor)
    editor.lsp.set_configuration({"fillwright": {**bad, "inlineCompletion": {"enabled": 1}}})
    configured(editor)
    await editor.until(lambda: len(editor.lsp.messages) == 2)
    await popup_becomes(editor, True)
    first, second = editor.lsp.messages
    assert first.type == types.MessageType.Warning
    assert "fillwright.completion.enabled should be true or false" in first.message
    assert "fillwright.inlineCompletion.enabled should be" in second.message
    assert "fillwright.completion" not in second.message


async def test_changes_are_asked_for_where_they_must_be(start: Any) -> None:
    editor = await start("visual-studio-code")
    await editor.until(lambda: editor.registrations)
    (registration,) = editor.registrations
    assert registration.method == "workspace/didChangeConfiguration"
    assert registration.register_options["section"] == "fillwright"
