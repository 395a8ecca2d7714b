import pytest
import torch
from torch import Tensor

from fillwright.kernels.expert_mlp import expert_mlp
from fillwright.kernels.geglu import geglu

TOKENS, EXPERTS, HIDDEN, INTERMEDIATE = 11, 5, 6, 4
RANDOM = torch.Generator().manual_seed(0)
X = torch.randn(TOKENS, HIDDEN, generator=RANDOM)
GATE_UP = torch.randn(EXPERTS, 2 * INTERMEDIATE, HIDDEN, generator=RANDOM)
DOWN = torch.randn(EXPERTS, HIDDEN, INTERMEDIATE, generator=RANDOM)


def routing(k: int) -> tuple[Tensor, Tensor]:
    scores = torch.randn(TOKENS, EXPERTS, generator=torch.Generator().manual_seed(k))
    weight, index = scores.softmax(-1).topk(k)
    return index, weight


def one_by_one(x: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    rows = []
    for token in range(len(x)):
        row = torch.zeros(HIDDEN)
        for slot, expert in enumerate(index[token].tolist()):
            row += weight[token, slot] * geglu(x[token], GATE_UP[expert].mT, DOWN[expert].mT)
        rows.append(row)
    return torch.stack(rows)


@pytest.mark.parametrize("k", [1, 2, EXPERTS])
def test_is_each_token_through_its_own_experts(k: int) -> None:
    index, weight = routing(k)
    ours = expert_mlp(X, GATE_UP, DOWN, index, weight)
    torch.testing.assert_close(ours, one_by_one(X, index, weight), rtol=1e-5, atol=1e-5)


def test_no_token_is_dropped_when_all_choose_the_same_expert() -> None:
    index, weight = torch.full((TOKENS, 1), 3), torch.ones(TOKENS, 1)
    ours = expert_mlp(X, GATE_UP, DOWN, index, weight)
    torch.testing.assert_close(ours, one_by_one(X, index, weight), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours, geglu(X, GATE_UP[3].mT, DOWN[3].mT))


def test_experts_are_summed_in_float32() -> None:
    index, weight = routing(EXPERTS)
    ours = expert_mlp(X.bfloat16(), GATE_UP.bfloat16(), DOWN.bfloat16(), index, weight)
    assert ours.dtype == torch.bfloat16
    parts = [
        weight[:, slot, None] * expert_mlp(
            X.bfloat16(), GATE_UP.bfloat16(), DOWN.bfloat16(), index[:, slot, None],
            torch.ones(TOKENS, 1),
        ).float()
        for slot in range(EXPERTS)
    ]  # fmt: skip
    torch.testing.assert_close(ours, sum(parts).bfloat16(), rtol=2**-8, atol=0)


def test_under_autocast_the_answer_has_the_type_of_what_was_asked() -> None:
    index, weight = routing(2)
    with torch.autocast("cpu", torch.bfloat16):
        ours = expert_mlp(X, GATE_UP, DOWN, index, weight)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, one_by_one(X, index, weight), rtol=0.05, atol=0.05)


def test_gradients_reach_the_chosen_experts_and_their_weights_only() -> None:
    index, weight = torch.tensor([[0, 2]]).expand(TOKENS, 2), torch.full((TOKENS, 2), 0.5)
    gate_up, down = GATE_UP.clone().requires_grad_(), DOWN.clone().requires_grad_()
    x, weight = X.clone().requires_grad_(), weight.requires_grad_()
    expert_mlp(x, gate_up, down, index, weight).sum().backward()
    assert gate_up.grad is not None
    assert [bool(each.any()) for each in gate_up.grad] == [True, False, True, False, False]
    assert x.grad is not None
    assert x.grad.any(dim=-1).all()
    assert weight.grad is not None
    assert weight.grad.all()
