from pathlib import Path

import pytest
import torch
from torch import Tensor

from fillwright.engine.model.transformer import Transformer
from fillwright.engine.training.thin import EMBEDDING, ThinOptimizer, joined, learnt, make_thin
from tests.engine.model.plain_folder import write_plain

TOKENS = [3, 7]
IDS = torch.tensor([[1, 3, 7, 20, 9, 3]])
Pair = tuple[Transformer, dict[str, Tensor]]


@pytest.fixture
def thin(tmp_path: Path) -> Pair:
    """A thin network, and the weights that it had before."""
    write_plain(tmp_path, "qwen3", tie_word_embeddings=True)
    network = Transformer.from_checkpoint(tmp_path, "qwen3")
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    make_thin(network, 4, TOKENS)
    return network, weights


def logits(network: Transformer) -> Tensor:
    found: Tensor = network.logits(network(IDS))
    return found


def step(network: Transformer, optimizer: ThinOptimizer) -> float:
    loss = logits(network).logsumexp(-1).mean()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step(1.0)
    return loss.item()


def test_at_first_it_is_the_network(thin: Pair, tmp_path: Path) -> None:
    network, _ = thin
    whole = Transformer.from_checkpoint(tmp_path, "qwen3", dtype=torch.bfloat16)
    # with gains in bfloat16
    assert torch.allclose(logits(network), logits(whole), atol=0.1)


def test_pairs_gains_and_a_few_embeddings_learn_and_all_else_stays(thin: Pair) -> None:
    network, _ = thin
    optimizer = ThinOptimizer(network, 1e-2, 1e-2)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    losses = [step(network, optimizer) for _ in range(8)]
    assert losses[-1] < losses[0]
    changed = {
        name
        for name, tensor in network.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert changed == set(learnt(network))
    assert sum(name.endswith(".up") for name in changed) == 3 * 7


def test_joined_weights_say_what_the_thin_network_says(thin: Pair, tmp_path: Path) -> None:
    network, weights = thin
    optimizer = ThinOptimizer(network, 1e-2, 1e-2)
    for _ in range(8):
        step(network, optimizer)
    whole = Transformer.from_checkpoint(tmp_path, "qwen3")
    apart = (logits(whole) - logits(network)).abs().max()
    whole.load_state_dict(joined(weights, learnt(network), TOKENS))
    near = (logits(whole) - logits(network)).abs().max()
    assert near < 0.2 < 2 * near + 0.2 < apart


def test_a_run_goes_on_with_what_the_optimizer_knew(thin: Pair) -> None:
    network, _ = thin
    optimizer, other = ThinOptimizer(network, 1e-2, 1e-2), ThinOptimizer(network, 1e-2, 1e-2)
    step(network, optimizer)
    other.load_state_dict(optimizer.state_dict())
    assert other.state_dict()["state"].keys() == optimizer.state_dict()["state"].keys()
    assert EMBEDDING in learnt(network)
