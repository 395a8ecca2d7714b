"""A model that a server calls otherwise is not taken for another."""

import pytest

from fillwright.engine.remote.names import may_be_same


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("Qwen/Qwen2.5-Coder-7B", "qwen2.5-coder-7b"),
        ("codestral-latest", "codestral-2508"),
        ("qwen2.5-coder:7b-base", "qwen2.5-coder"),
        ("models/qwen2.5-coder-7b-q8_0.gguf", "qwen2.5-coder-7b-q8_0"),
        ("/models/small/", "small"),
    ],
)
def test_other_spellings_of_a_name(asked: str, answered: str) -> None:
    assert may_be_same(asked, answered)
    assert may_be_same(answered, asked)


def test_another_model() -> None:
    assert not may_be_same("Qwen/Qwen2.5-Coder-7B", "Qwen/Qwen3-8B")
    assert not may_be_same("codestral-latest", "devstral-latest")
