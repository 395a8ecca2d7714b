"""Whether a checkpoint takes instructions."""

import json
from pathlib import Path

import pytest

from fillwright.engine.prompt_format import takes_instructions


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


def test_what_cannot_be_read_is_not_known(tmp_path: Path) -> None:
    assert takes_instructions(tmp_path) is None
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    assert takes_instructions(tmp_path) is None
