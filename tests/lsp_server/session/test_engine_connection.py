"""Which engine a kind of fill goes to, and what is known of it without one."""

from pathlib import Path

import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.runtime_dir import place_of
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.lsp_server.session.engine_connection import EngineConnection
from fillwright.lsp_server.settings.reader import read_settings
from fillwright.lsp_server.settings.settings import EngineSection

ENGINES = {
    "fast": {"url": "http://127.0.0.1:8012", "idleSeconds": 60},
    "better": {"url": "https://engine.example", "model": "big", "instructions": True},
    "plain": {"device": "cpu"},
}


def connection(**engine: object) -> EngineConnection:
    settings, complaints = read_settings({"engine": {"engines": ENGINES, **engine}})
    assert complaints == ()
    return EngineConnection(lambda: settings.engine)


def test_suggestions_and_actions_may_have_an_engine_each() -> None:
    engines = connection(use="fast", useForActions="better")
    suggesting, acting = engines.client(), engines.client_for("edit")
    assert suggesting.settings.remote is not None
    assert acting.settings.remote is not None
    assert suggesting.settings.remote.url == "http://127.0.0.1:8012"
    assert suggesting.settings.idle_seconds == 60
    assert (acting.settings.remote.url, acting.settings.remote.model) == (
        "https://engine.example",
        "big",
    )
    assert engines.client_for("ghost") is engines.client_for("popup") is suggesting
    # it is the one for actions that gets instructions
    assert engines.takes_instructions() is True
    assert connection(use="better", useForActions="fast").takes_instructions() is False
    # and that rewrites by them
    assert engines.renoises() is True
    assert connection(use="better", useForActions="fast").renoises() is False


def test_it_is_told_whether_suggestions_come_from_a_server() -> None:
    assert connection(use="fast").is_server
    assert not connection(use="plain").is_server
    assert not connection(use="embedded", useForActions="fast").is_server


def test_one_engine_does_both_unless_two_are_chosen() -> None:
    for same in ({}, {"use": "fast"}, {"use": "fast", "useForActions": "fast"}):
        engines = connection(**same)
        assert engines.client_for("edit") is engines.client()


@pytest.mark.parametrize("name", ["embedded", "plain"])
def test_the_embedded_model_is_not_the_environments_server(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILLWRIGHT_ENGINE_URL", "http://127.0.0.1:1")
    settings = connection(use=name).client().settings
    assert settings.remote is None
    assert settings.checkpoint == embedded_checkpoint()
    if name == "embedded":
        # the same daemon as for those who choose nothing
        assert place_of(settings).name == place_of(EngineSettings()).name


def test_a_folder_is_a_checkpoint(tmp_path: Path) -> None:
    settings = connection(use=str(tmp_path), device="cpu").client().settings
    assert (settings.checkpoint, settings.device) == (tmp_path, "cpu")


async def test_choosing_another_engine_makes_the_clients_outdated() -> None:
    chosen = [EngineSection()]
    engines = EngineConnection(lambda: chosen[0])
    assert not engines.is_outdated
    first = engines.client()
    chosen[0] = EngineSection(use_for_actions="embedded")
    assert engines.is_outdated
    await engines.close()
    assert not engines.is_outdated
    assert engines.client() is not first
