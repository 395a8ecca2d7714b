"""The plain transformers against transformers' own classes, given a mask that hides nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM, PreTrainedModel

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.stored_linear import StoredLinear
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.transformer_config import PlainSkeleton
from fillwright.engine.quantize.folder import quantise_folder
from fillwright.engine.quantize.layout import Experts, QuantizeSettings
from tests.engine.model.plain_folder import CLASSES, TINY, write_plain


@dataclass(frozen=True)
class Pair:
    reference: PreTrainedModel
    ours: Transformer

    def differ_by(self, ids: torch.Tensor, mask: torch.Tensor) -> float:
        """The largest difference of logits; mask bool [rows, rows]."""
        hidden = torch.where(mask, 0.0, torch.finfo().min)[None, None]
        with torch.no_grad():
            wanted = self.reference(ids, attention_mask=hidden).logits
            got = self.ours.logits(self.ours(ids, mask))
        assert wanted.std() > 0.1
        return float((got - wanted).abs().max())


Write = Callable[..., Path]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """A random checkpoint folder written by transformers."""

    def write(skeleton: PlainSkeleton, shard: str = "1GB", **config: object) -> Path:
        return write_plain(tmp_path_factory.mktemp("plain"), skeleton, shard, **config)

    return write


def opened(folder: Path, skeleton: PlainSkeleton) -> Pair:
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return Pair(reference.eval(), Transformer.from_checkpoint(folder, skeleton))


def random_ids(*shape: int) -> torch.Tensor:
    return torch.randint(TINY["vocab_size"], shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("skeleton", CLASSES)
@pytest.mark.parametrize("tied", [True, False])
def test_every_row_sees_every_row_as_in_transformers(
    written: Write, skeleton: PlainSkeleton, tied: bool
) -> None:
    pair = opened(written(skeleton, tie_word_embeddings=tied), skeleton)
    ids, everywhere = random_ids(2, 37), torch.ones(37, 37, dtype=torch.bool)
    assert pair.differ_by(ids, everywhere) < 1e-4
    causal = everywhere.tril()
    assert pair.differ_by(ids, causal) < 1e-4
    assert (pair.ours(ids) - pair.ours(ids, causal)).abs().max() > 1e-2


def test_a_checkpoint_in_several_files(written: Write) -> None:
    folder = written("qwen2", shard="40KB", tie_word_embeddings=False)
    assert len(list(folder.glob("*.safetensors"))) > 2
    pair = opened(folder, "qwen2")
    assert pair.differ_by(random_ids(1, 20), torch.ones(20, 20, dtype=torch.bool)) < 1e-4


def test_heads_of_a_size_of_their_own_and_far_positions(written: Write) -> None:
    pair = opened(written("qwen3", head_dim=16, rope_theta=1e6), "qwen3")
    assert pair.differ_by(random_ids(1, 250), torch.ones(250, 250, dtype=torch.bool)) < 1e-4


def test_logits_of_some_rows_are_those_of_all(written: Write) -> None:
    ours = Transformer.from_checkpoint(written("qwen2"), "qwen2")
    ids = random_ids(30)
    every = ours.logits(ours(ids[None]))[0]
    rows = torch.tensor([3, 29, 4])
    assert torch.allclose(ours.row_logits(ids, rows), every[rows], atol=1e-6)


def test_what_the_network_cannot_do_is_refused(written: Write) -> None:
    for wrong in ({"hidden_act": "gelu"}, {"use_sliding_window": True, "sliding_window": 8}):
        folder = written("qwen2", **wrong)
        with pytest.raises(CheckpointError, match=r"config\.json gives .*must be"):
            Transformer.from_checkpoint(folder, "qwen2")
    with pytest.raises(CheckpointError, match="attention_bias"):
        Transformer.from_checkpoint(written("llama", attention_bias=True), "llama")


def test_a_tensor_that_is_missing_is_named(written: Write) -> None:
    folder = written("llama", tie_word_embeddings=False)
    with pytest.raises(CheckpointError, match=r"self_attn\.q_proj\.bias is missing"):
        Transformer.from_checkpoint(folder, "qwen2")


@pytest.mark.parametrize("experts", ["int4", "int8", "fp8"])
@pytest.mark.parametrize("skeleton", CLASSES)
def test_quantised_matrices_stay_as_they_are_stored(
    written: Write, tmp_path: Path, skeleton: PlainSkeleton, experts: Experts
) -> None:
    source = written(skeleton, hidden_size=64, intermediate_size=96, num_attention_heads=4)
    settings = QuantizeSettings(experts, group=32)
    quantise_folder(source, tmp_path / "smaller", settings, "cpu")
    ours = Transformer.from_checkpoint(tmp_path / "smaller", skeleton)
    kept = [each for each in ours.modules() if isinstance(each, StoredLinear)]
    assert len(kept) == 7 * TINY["num_hidden_layers"]
    whole = Transformer.from_checkpoint(source, skeleton)
    matrices = [each for each in whole.model.layers.modules() if isinstance(each, nn.Linear)]
    size = sum(each.weight.nbytes for each in matrices)
    # of four bytes, half a byte and a scale of two bytes for 32, or one and little
    assert sum(each.nbytes for each in kept) < size * (0.15 if experts == "int4" else 0.29)
    for each, matrix in zip(kept, matrices, strict=True):
        x = torch.randn(3, matrix.in_features, generator=torch.Generator().manual_seed(1))
        wanted = matrix(x)
        assert (each(x) - wanted).square().mean() < (0.13 * wanted.std()) ** 2
    ids = random_ids(1, 20)
    assert torch.isfinite(ours.logits(ours(ids))).all()
