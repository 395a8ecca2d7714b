"""The network against transformers' DiffusionGemmaForBlockDiffusion, in float32 and bfloat16."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import DiffusionGemmaForBlockDiffusion, DynamicCache

from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from tests.engine.model.conftest import ONE_EXPERT, opened

TOLERANCE = 1e-4
WINDOW = 8
CANVAS = 12
CONTEXTS = [1, *range(WINDOW - 2, WINDOW + 3), WINDOW + CANVAS, 5 * WINDOW]

Tokens = Callable[..., Tensor]


def theirs(
    reference: DiffusionGemmaForBlockDiffusion,
    context: Tensor,
    canvas: Tensor,
    conditioning: Tensor | None,
) -> Tensor:
    with torch.no_grad():
        logits: Tensor = reference(
            input_ids=context.expand(canvas.shape[0], -1),
            decoder_input_ids=canvas,
            self_conditioning_logits=conditioning,
        ).logits
    return logits


@pytest.mark.parametrize("conditioned", [False, True])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("context", CONTEXTS)
def test_denoise_logits_are_those_of_transformers(
    checkpoint: Any, tokens: Tokens, context: int, batch: int, conditioned: bool
) -> None:
    prefix, canvas = tokens(context), tokens(batch, CANVAS)
    random = torch.Generator().manual_seed(context)
    signal = 4 * torch.randn(batch, CANVAS, 97, generator=random) if conditioned else None
    model: DiffusionGemma = checkpoint.model
    ours = model.denoise_logits(canvas, model.prefill(prefix), signal)
    assert ours.dtype == torch.float32
    assert ours.shape == (batch, CANVAS, 97)
    assert difference(ours, theirs(checkpoint.reference, prefix, canvas, signal)) <= TOLERANCE


@pytest.mark.parametrize("context", CONTEXTS)
def test_causal_logits_are_those_of_transformers(
    checkpoint: Any, tokens: Tokens, context: int
) -> None:
    reference, ids = checkpoint.reference, tokens(context + 1)
    with torch.no_grad():
        hidden = reference.model.encoder(
            input_ids=ids[None], past_key_values=DynamicCache(config=reference.config.text_config)
        ).last_hidden_state
        scores = reference.lm_head(hidden[0]).float()
    model: DiffusionGemma = checkpoint.model
    ours = model.causal_logits(model.prefill(ids[:0]), ids)
    assert difference(ours, 30 * torch.tanh(scores / 30)) <= TOLERANCE


def test_steps_that_follow_transformers_stay_with_it(checkpoint: Any, tokens: Tokens) -> None:
    """Each is given what transformers said last: steps that feed on themselves blow rounding errors
    up, five times and more each, in transformers' own two ways to compute attention too."""
    prefix, canvas = tokens(3 * WINDOW), tokens(1, CANVAS)
    model: DiffusionGemma = checkpoint.model
    cache, signal = model.prefill(prefix), None
    for temperature in (0.8, 0.6, 0.4):
        ours = model.denoise_logits(canvas, cache, signal)
        wanted = theirs(checkpoint.reference, prefix, canvas, signal)
        assert difference(ours, wanted) <= TOLERANCE
        signal, canvas = wanted / temperature, wanted.argmax(-1)


def test_a_canvas_of_another_length_than_the_configured_one(
    checkpoint: Any, tokens: Tokens
) -> None:
    prefix, canvas = tokens(2 * WINDOW), tokens(2, 2 * WINDOW + 1)
    model: DiffusionGemma = checkpoint.model
    ours = model.denoise_logits(canvas, model.prefill(prefix))
    assert difference(ours, theirs(checkpoint.reference, prefix, canvas, None)) <= TOLERANCE


@pytest.mark.slow
def test_a_prefix_of_20_000_tokens_read_in_pieces(
    tiny_folder: Callable[..., Path], tokens: Tokens
) -> None:
    """Long after sliding layers have forgotten its beginning."""
    found = opened(tiny_folder(**ONE_EXPERT, num_hidden_layers=6, num_attention_heads=2))
    prefix, canvas = tokens(20_000), tokens(1, CANVAS)
    cache = found.model.prefill(prefix)
    assert cache.first > 18_000
    ours = found.model.denoise_logits(canvas, cache)
    assert difference(ours, theirs(found.reference, prefix, canvas, None)) <= TOLERANCE


def test_bfloat16_is_no_further_from_float32_than_transformers_is(
    one_expert: Any, tokens: Tokens
) -> None:
    prefix, canvas = tokens(2 * WINDOW), tokens(3, CANVAS)
    signal = 4 * torch.randn(3, CANVAS, 97, generator=torch.Generator().manual_seed(1))
    exact = theirs(one_expert.reference, prefix, canvas, signal)
    reference = DiffusionGemmaForBlockDiffusion.from_pretrained(
        one_expert.folder, dtype=torch.bfloat16
    )
    model = DiffusionGemma.from_checkpoint(one_expert.folder, dtype=torch.bfloat16)
    ours = model.denoise_logits(canvas, model.prefill(prefix), signal)
    wanted = theirs(reference.eval(), prefix, canvas, signal)
    assert ours.dtype == torch.float32
    assert (ours - exact).abs().mean() <= 1.25 * (wanted - exact).abs().mean()


def difference(ours: Tensor, wanted: Tensor) -> float:
    return float((ours - wanted).abs().max())
