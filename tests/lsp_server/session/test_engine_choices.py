"""What a picker offers: every engine once, and each value is one that the settings take."""

from pathlib import Path

import pytest

from fillwright.lsp_server.session.engine_choices import engine_choices
from fillwright.lsp_server.settings.reader import read_settings
from fillwright.lsp_server.settings.settings import EngineSection

ENGINES = {
    "fast": {"url": "http://127.0.0.1:8012"},
    "better": {"url": "https://engine.example", "model": "big"},
    "own": {"checkpoint": "/models/own"},
}


@pytest.fixture(autouse=True)
def no_server_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FILLWRIGHT_ENGINE_URL", raising=False)


def section(**engine: object) -> EngineSection:
    settings, complaints = read_settings({"engine": engine})
    assert complaints == ()
    return settings.engine


def test_the_embedded_model_named_engines_and_pulled_folders() -> None:
    choices = engine_choices(section(engines=ENGINES), [Path("/models/pulled")])
    assert [(choice.value, choice.label, choice.detail) for choice in choices] == [
        ("embedded", "embedded", "the small model that comes with Fillwright"),
        ("fast", "fast", "http://127.0.0.1:8012"),
        ("better", "better", "big at https://engine.example"),
        ("own", "own", "/models/own"),
        ("/models/pulled", "pulled", "/models/pulled"),
    ]
    for choice in choices:
        section(engines=ENGINES, use=choice.value)


def test_what_the_settings_name_without_a_name_is_the_default() -> None:
    choices = engine_choices(section(url="http://127.0.0.1:8012", use="/models/mine"), [])
    assert [choice.value for choice in choices] == [None, "embedded", "/models/mine"]
    assert choices[0].detail == "http://127.0.0.1:8012"
