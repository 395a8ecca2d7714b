from dataclasses import replace

import pytest

from fillwright.engine.description import (
    DIFFUSION_GEMMA,
    DREAM,
    DREAM_ON,
    OPEN_DCODER,
    SDAR,
    STABLE_DIFFCODER,
    ModelDescription,
    describe,
)
from fillwright.engine.errors import CheckpointError

DREAM_TOKENS = frozenset({"<|mask|>", "<|endoftext|>", "<|beginoftext|>"})


@pytest.mark.parametrize(
    ("config", "tokens", "expected"),
    [
        ({"model_type": "diffusion_gemma"}, frozenset(), DIFFUSION_GEMMA),
        ({"model_type": "Dream"}, DREAM_TOKENS, DREAM),
        ({"model_type": "Dream"}, DREAM_TOKENS | {"<|expand|>"}, DREAM_ON),
        # DiffuCoder has another token where DreamOn has its expand
        ({"model_type": "Dream"}, DREAM_TOKENS | {"<|dlm_pad|>"}, DREAM),
        ({"model_type": "qwen2"}, frozenset({"<M>"}), OPEN_DCODER),
        (
            {"model_type": "llama", "architectures": ["StableDiffcoderForCausalLM"]},
            frozenset(),
            STABLE_DIFFCODER,
        ),
        ({"model_type": "sdar"}, frozenset({"<|MASK|>"}), SDAR),
        # TraDo and the longer blocks have it in their own config
        (
            {"model_type": "sdar", "block_size": 16, "mask_token_id": 151669},
            frozenset(),
            replace(SDAR, block=16, mask=151669),
        ),
    ],
)
def test_a_published_checkpoint_is_known_by_its_config_and_tokens(
    config: dict[str, object], tokens: frozenset[str], expected: ModelDescription
) -> None:
    assert describe(config, tokens) == expected


@pytest.mark.parametrize("kind", ["qwen2", "llama", "sdar_moe", "gemma3", None])
def test_what_is_no_denoiser_is_told_so_in_a_sentence(kind: str | None) -> None:
    with pytest.raises(CheckpointError, match=r"no denoiser that is known.*DreamOn") as raised:
        describe({"model_type": kind}, frozenset({"<|im_end|>"}))
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "sdar_moe", "num_experts": 128},
        {"model_type": "llada2_moe", "num_experts": 256},
        {"model_type": "qwen3", "num_experts": 8, "fillwright": {"family": "SDAR"}},
    ],
)
def test_a_mixture_of_experts_is_told_so_in_a_sentence(config: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match=r"num_experts as \d+, .* use a dense model"):
        describe(config, frozenset({"<|MASK|>"}))


def test_a_config_names_its_family_and_what_differs() -> None:
    ours = {"family": "DreamOn", "lines": 16, "temperature": 0, "holes": "any", "name": "mine"}
    found = describe({"model_type": "llama", "fillwright": ours}, frozenset())
    assert found == replace(DREAM_ON, skeleton="llama", lines=16, temperature=0, holes="any")


@pytest.mark.parametrize(
    "ours",
    [
        {"family": "Nightmare"},
        {"family": "DreamOn", "holes": "round"},
        {"family": "DreamOn", "lines": "many"},
        {"family": "DreamOn", "lines": 0},
        {"family": "DreamOn", "top_p": 1.5},
        {"family": "DreamOn", "topology": "block-causal"},
        {"family": "Dream", "length": "expand and delete"},
        {"family": "SDAR", "block": None},
        {"family": "SDAR", "block": 0},
        {"family": "SDAR", "rows": "shifted"},
        {"family": "SDAR", "prompt": "around"},
        {"family": "SDAR", "mask": True},
        {"family": "Dream", "prompt": "chatml"},
    ],
)
def test_what_nobody_knows_is_refused_in_a_sentence(ours: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match=r"config\.json") as raised:
        describe({"fillwright": ours}, frozenset())
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize("block", [0, "four", True])
def test_a_block_that_cannot_be_is_refused(block: object) -> None:
    with pytest.raises(CheckpointError, match="block") as raised:
        describe({"model_type": "sdar", "block_size": block}, frozenset())
    assert str(raised.value).endswith("its own config.json.")
