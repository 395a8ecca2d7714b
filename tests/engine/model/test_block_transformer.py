"""Blocks read one after another, with a cache, against transformers' classes over the whole
sequence with the block-causal mask."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from fillwright.engine.model import block_transformer
from fillwright.engine.model.block_transformer import BlockTransformer, block_causal_mask
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.transformer_config import PlainSkeleton
from tests.engine.model.plain_folder import write_plain

# of the published configs (ByteDance-Seed/Stable-DiffCoder-8B-Base, JetLM/SDAR-1.7B-Chat)
CONFIGS: dict[PlainSkeleton, dict[str, object]] = {
    "llama": {"rope_theta": 5e5},
    "qwen3": {"rope_theta": 1e6, "head_dim": 16},
}
Pair = tuple[PreTrainedModel, BlockTransformer]
Make = Callable[..., Pair]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """transformers' network and ours, of one random folder."""

    def written(
        skeleton: PlainSkeleton, block: int = 4, tied: bool = False, shard: str = "1GB"
    ) -> Pair:
        shape = {"max_position_embeddings": 512, "tie_word_embeddings": tied}
        write_plain(tmp_path, skeleton, shard, **shape, **CONFIGS[skeleton])
        reference = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
        return reference, BlockTransformer(Transformer.from_checkpoint(tmp_path, skeleton), block)

    return written


@torch.no_grad()
def whole(reference: PreTrainedModel, ids: torch.Tensor, block: int) -> torch.Tensor:
    """The logits of every row, in one pass."""
    blocks = torch.arange(len(ids)) // block
    hidden = torch.where(blocks <= blocks[:, None], 0.0, torch.finfo().min)
    logits: torch.Tensor = reference(ids[None], attention_mask=hidden[None, None]).logits[0]
    return logits


def random_ids(rows: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(131, (rows,), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("skeleton", CONFIGS)
def test_cached_blocks_are_the_whole_sequence(
    make: Make, skeleton: PlainSkeleton, tied: bool
) -> None:
    reference, ours = make(skeleton, tied=tied)
    ids, cache = random_ids(36), ours.empty_cache()
    wanted = whole(reference, ids, 4)
    assert wanted.std() > 0.1
    ours.enqueue(cache, ids[:16])
    for start in range(16, 36, 4):
        block = ids[start : start + 4]
        for _ in range(2):  # a step leaves no trace
            got = ours.block_logits(cache, block, torch.arange(4))
            assert (got - wanted[start : start + 4]).abs().max() < 1e-4
        ours.enqueue(cache, block)


@pytest.mark.parametrize("skeleton", CONFIGS)
def test_a_checkpoint_in_several_files(make: Make, skeleton: PlainSkeleton, tmp_path: Path) -> None:
    reference, ours = make(skeleton, block=8, shard="40KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    ids, cache = random_ids(21), ours.empty_cache()
    ours.enqueue(cache, ids[:16])
    got = ours.block_logits(cache, ids[16:], torch.tensor([4, 1]))
    assert (got - whole(reference, ids, 8)[[20, 17]]).abs().max() < 1e-4


def test_a_long_prompt_is_read_in_pieces(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    reference, ours = make("qwen3", block=3)
    monkeypatch.setattr(block_transformer, "READ_AT_ONCE", 8)
    passes: list[int] = []
    network = ours.network.model.forward
    monkeypatch.setattr(
        ours.network.model,
        "forward",
        lambda ids, *rest: passes.append(ids.numel()) or network(ids, *rest),
    )
    ids, cache = random_ids(26), ours.empty_cache()
    ours.enqueue(cache, ids[:24])
    got = ours.block_logits(cache, ids[24:], torch.arange(2))
    assert passes == [6, 6, 6, 8]
    assert (got - whole(reference, ids, 3)[24:]).abs().max() < 1e-4


def test_of_a_block_that_changed_nothing_is_kept(make: Make) -> None:
    reference, ours = make("llama")
    ids, cache = random_ids(24), ours.empty_cache()
    ours.enqueue(cache, ids[:20])
    ours.block_logits(cache, ids[20:], torch.arange(4))
    changed = ids.clone()
    changed[14] = (ids[14] + 1) % 131
    assert cache.common_prefix(changed[:20]) == 12
    cache.truncate(12)
    assert cache.stored.length == 12
    ours.enqueue(cache, changed[12:20])
    got = ours.block_logits(cache, changed[20:], torch.arange(4))
    assert (got - whole(reference, changed, 4)[20:]).abs().max() < 1e-4


def test_what_waits_can_be_cut_too(make: Make) -> None:
    reference, ours = make("llama")
    ids, cache = random_ids(16), ours.empty_cache()
    ours.enqueue(cache, ids)
    cache.truncate(8)
    got = ours.block_logits(cache, ids[8:12], torch.arange(4))
    assert (got - whole(reference, ids[:12], 4)[8:]).abs().max() < 1e-4


def test_less_than_whole_blocks_is_refused(make: Make) -> None:
    _, ours = make("llama")
    with pytest.raises(ValueError, match="no whole blocks of 4"):
        ours.enqueue(ours.empty_cache(), random_ids(6))


def test_the_mask_is_that_of_absolute_blocks() -> None:
    device = torch.device("cpu")
    assert block_causal_mask(8, 4, 4, device) is None
    assert block_causal_mask(9, 3, 4, device) is None
    mask = block_causal_mask(2, 3, 2, device)
    assert mask is not None
    assert mask.int().tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
