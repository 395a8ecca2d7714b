"""Whether a checkpoint takes instructions, and whether it renoises."""

import json
from pathlib import Path

import pytest

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.prompt_format import engine_renoises, renoises, takes_instructions
from fillwright.engine.remote.settings import RemoteSettings


def test_the_embedded_model_takes_none() -> None:
    assert takes_instructions(None) is False


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"fillwright": {"prompt": "small"}}, False),
        ({"fillwright": {"prompt": "chat"}}, True),
        ({"fillwright": {"prompt": None}}, True),
        ({"fillwright": {}}, True),
        # a checkpoint of somebody else's
        ({"model_type": "diffusion_gemma"}, True),
        ({"model_type": "sdar"}, True),
        ({"model_type": "qwen3", "fillwright": {"family": "SDAR"}}, True),
        ({"model_type": "llama", "fillwright": {"family": "Stable-DiffCoder"}}, False),
        ({"model_type": "Dream"}, False),
        ({"model_type": "qwen2"}, False),
        ({"fillwright": "small"}, None),
        ([], None),
    ],
)
def test_what_a_checkpoint_says(tmp_path: Path, config: object, expected: bool | None) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert takes_instructions(tmp_path) is expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"fillwright": {"prompt": "small"}}, True),
        ({"model_type": "diffusion_gemma"}, True),
        ({"model_type": "Dream"}, False),
        ({"model_type": "sdar"}, False),
        ({"model_type": "llama", "fillwright": {"family": "Stable-DiffCoder"}}, False),
        ({"model_type": "unheard of"}, False),
        ([], None),
    ],
)
def test_only_a_model_whose_decisions_are_remade_renoises(
    tmp_path: Path, config: object, expected: bool | None
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert renoises(tmp_path) is expected
    assert engine_renoises(EngineSettings(tmp_path)) is expected


@pytest.mark.parametrize("takes_words", [True, False])
def test_a_server_rewrites_by_words_where_it_takes_some(takes_words: bool) -> None:
    server = RemoteSettings(url="http://127.0.0.1:1", instructions=takes_words)
    assert engine_renoises(EngineSettings(remote=server)) is takes_words


def test_what_cannot_be_read_is_not_known(tmp_path: Path) -> None:
    assert takes_instructions(tmp_path) is None
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    assert takes_instructions(tmp_path) is None
