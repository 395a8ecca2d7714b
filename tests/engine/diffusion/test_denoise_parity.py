"""Whole fills against transformers' `generate`, with the same random numbers."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn
from transformers import DynamicCache
from transformers.models.diffusion_gemma import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    DiffusionGemmaTextConfig,
)
from transformers.models.diffusion_gemma.generation_diffusion_gemma import (
    DiffusionGemmaGenerationConfig,
    EntropyBoundSamplerConfig,
)

from fillwright.engine.diffusion import (
    BlockLoop,
    BlockStep,
    Canvas,
    DenoiseSettings,
    DenoiseStep,
    UniformNoise,
    denoise,
)
from fillwright.engine.diffusion.draw import exponential_race
from fillwright.engine.model.config import NO_VISION
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

VOCABULARY, LENGTH, STEPS = 48, 16, 14
PROMPT = torch.tensor([2, 17, 5, 31, 8, 8, 40, 23, 11, 30, 4, 19])


class Streamer:
    """Records every draft that `generate` makes."""

    def __init__(self) -> None:
        self.drafts: list[Tensor] = []

    def put(self, value: Tensor) -> None:
        pass

    def put_draft(self, value: Tensor) -> None:
        self.drafts.append(value)

    def end(self) -> None:
        pass


class Reference:
    """transformers' network behind our protocol; the cache is its own, `batch` sequences wide."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def prefill(self, ids: Tensor, batch: int = 1) -> DynamicCache:
        cache = DynamicCache(config=self.network.config.text_config)
        self.extend(cache, ids.expand(batch, -1))
        return cache

    def extend(self, cache: DynamicCache, ids: Tensor) -> None:
        with torch.no_grad():
            self.network.model.encoder(
                input_ids=ids if ids.dim() == 2 else ids[None], past_key_values=cache
            )

    enqueue = extend

    def denoise_logits(
        self, canvas: Tensor, cache: DynamicCache, self_conditioning: Tensor | None = None
    ) -> Tensor:
        return self.network(
            decoder_input_ids=canvas,
            past_key_values=cache,
            self_conditioning_logits=self_conditioning,
        ).logits


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Random, with large enough weights to be of some opinion."""
    text = DiffusionGemmaTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        layer_types=["sliding_attention", "full_attention"],
        num_attention_heads=2,
        num_key_value_heads=1,
        num_global_key_value_heads=1,
        head_dim=16,
        global_head_dim=16,
        sliding_window=8,
        num_experts=2,
        top_k_experts=1,
        moe_intermediate_size=16,
    )
    config = DiffusionGemmaConfig(
        text_config=text,
        vision_config={"model_type": "gemma4_vision", **NO_VISION},
        canvas_length=LENGTH,
    )
    torch.manual_seed(5)
    network = DiffusionGemmaForBlockDiffusion(config).eval()
    with torch.no_grad():
        network.model.decoder.embed_tokens.weight.mul_(40)
    return network


def generated(
    network: nn.Module,
    *,
    seed: int,
    batch: int = 1,
    canvases: int = 1,
    eos: list[int] | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """What `generate` writes after the prompt [batch, tokens], and every draft on the way."""
    streamer = Streamer()
    config = DiffusionGemmaGenerationConfig(
        max_new_tokens=canvases * LENGTH,
        max_denoising_steps=STEPS,
        sampler_config=EntropyBoundSamplerConfig(entropy_bound=2.0),
        t_min=0.2,
        t_max=0.6,
        stability_threshold=1,
        confidence_threshold=0.4,
        eos_token_id=eos,
        pad_token_id=0,
    )
    torch.manual_seed(seed)
    output = network.generate(PROMPT.expand(batch, -1), generation_config=config, streamer=streamer)
    return output.sequences[:, len(PROMPT) :], streamer.drafts


CANVAS = Canvas.lay_out([LENGTH])
SETTINGS = DenoiseSettings(
    noise=UniformNoise(VOCABULARY),
    steps=STEPS,
    t_min=0.2,
    t_max=0.6,
    entropy_bound=2.0,
    stability_threshold=1,
    confidence_threshold=0.4,
    draw=exponential_race,
)


@pytest.fixture(scope="module", params=["transformers' network", "our network"])
def model(
    request: pytest.FixtureRequest, network: nn.Module, tmp_path_factory: pytest.TempPathFactory
) -> Reference | DiffusionGemma:
    if request.param == "transformers' network":
        return Reference(network)
    folder: Path = tmp_path_factory.mktemp("checkpoint")
    network.save_pretrained(folder)
    return DiffusionGemma.from_checkpoint(folder)


Model = Reference | DiffusionGemma


def drafts_of(steps: list[DenoiseStep]) -> list[list[list[int]]]:
    return [step.argmax_canvas.tolist() for step in steps]


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_every_draft_of_one_canvas(model: Model, network: nn.Module, seed: int) -> None:
    expected, drafts = generated(network, seed=seed)
    generator = Generator().manual_seed(seed)
    steps = list(denoise(model, model.prefill(PROMPT), [CANVAS], SETTINGS, generator))

    assert drafts_of(steps) == [draft.tolist() for draft in drafts]
    assert steps[-1].argmax_canvas.tolist() == expected.tolist()
    assert 2 < len(steps) < STEPS


def test_a_batch_whose_canvases_are_done_at_different_steps(
    model: Model, network: nn.Module
) -> None:
    expected, drafts = generated(network, seed=2, batch=3)
    cache = model.prefill(PROMPT, 3) if isinstance(model, Reference) else model.prefill(PROMPT)
    steps = list(denoise(model, cache, [CANVAS] * 3, SETTINGS, Generator().manual_seed(2)))

    assert drafts_of(steps) == [draft.tolist() for draft in drafts]
    assert steps[-1].argmax_canvas.tolist() == expected.tolist()
    assert {int(step.done.sum()) for step in steps} == {0, 1, 2, 3}


def test_several_canvases(model: Model, network: nn.Module) -> None:
    expected, drafts = generated(network, seed=0, canvases=4)
    blocks = blocks_of(model, seed=0, end_marks=[])

    assert drafts_of([block.step for block in blocks]) == [draft.tolist() for draft in drafts]
    assert list(blocks[-1].tokens) == expected[0].tolist()
    assert [block.block for block in blocks] == sorted(block.block for block in blocks)
    assert blocks[-1].block == 3


def test_an_end_mark_in_the_second_canvas_ends_the_sequence(
    model: Model, network: nn.Module
) -> None:
    free_run = generated(network, seed=0, canvases=4)[0][0].tolist()
    end = next(token for token in free_run[LENGTH:] if token not in free_run[:LENGTH])
    expected, drafts = generated(network, seed=0, canvases=4, eos=[end, VOCABULARY - 1])
    blocks = blocks_of(model, seed=0, end_marks=[end, VOCABULARY - 1])

    assert drafts_of([block.step for block in blocks]) == [draft.tolist() for draft in drafts]
    written = list(blocks[-1].tokens)
    upto = written.index(end) + 1
    assert upto > LENGTH
    assert written[:upto] == expected[0, :upto].tolist()
    assert not expected[0, upto:].any()  # transformers pads what stands after the end mark
    assert len(written) == 2 * LENGTH == expected.shape[1]


@pytest.mark.parametrize("signal", ["one-hot", "zero"])
def test_pins_with_our_network(network: nn.Module, tmp_path: Path, signal: str) -> None:
    network.save_pretrained(tmp_path)
    ours = DiffusionGemma.from_checkpoint(tmp_path)
    canvas = Canvas.lay_out([6, 5], [[9, 9]], suffix=[7, 8, 7])
    settings = replace(SETTINGS, pinned_signal=signal)
    steps = list(
        denoise(ours, ours.prefill(PROMPT), [canvas], settings, Generator().manual_seed(1))
    )
    assert all(step.logits.isfinite().all() for step in steps)
    assert steps[-1].argmax_canvas[0, canvas.pinned].tolist() == [9, 9, 7, 8, 7]


def blocks_of(model: Model, seed: int, end_marks: list[int]) -> list[BlockStep]:
    generator = Generator().manual_seed(seed)
    cache = model.prefill(PROMPT)
    loop = BlockLoop(partial(denoise, model), model, end_marks)
    return list(loop.denoise(cache, CANVAS, 4, SETTINGS, generator))
