import pytest
import torch

from fillwright.engine.diffusion.accept import Quota, Surest, Threshold, confidence_in


def test_the_surest_come_first_and_of_equals_the_first() -> None:
    confidence = torch.tensor([0.2, 0.9, 0.5, 0.9])
    assert Surest(3)(confidence, 5).tolist() == [1, 3, 2]
    assert Surest(9)(confidence, 5).tolist() == [1, 3, 2, 0]


def test_a_threshold_takes_all_that_reach_it_or_one() -> None:
    confidence = torch.tensor([0.2, 0.9, 0.5, 0.95])
    assert Threshold(0.5)(confidence, 5).tolist() == [3, 1, 2]
    assert Threshold(0.99)(confidence, 5).tolist() == [3]


@pytest.mark.parametrize(("rows", "steps"), [(64, 64), (64, 16), (7, 20), (50, 7)])
def test_a_quota_is_that_of_dreams_timesteps(rows: int, steps: int) -> None:
    """t from 1 to eps, and int(masks * (1 - s / t)) rows at each, all at the last; but at least one
    here, as no step is made for nothing."""
    times = torch.linspace(1, 1e-3, steps + 1, dtype=torch.float64).tolist()
    left = rows
    for step in range(steps):
        if not left:
            break
        share = 1 - times[step + 1] / times[step]
        wanted = left if step == steps - 1 else max(1, int(left * share + 1e-9))
        taken = len(Quota(steps)(torch.rand(left), steps - step))
        assert taken == wanted
        left -= taken
    assert left == 0


def test_three_measures_of_sureness() -> None:
    p = torch.tensor([[0.5, 0.25, 0.25, 0.0], [0.1, 0.2, 0.7, 0.0]])
    tokens = torch.tensor([0, 1])
    assert confidence_in(p, tokens, "probability").tolist() == pytest.approx([0.5, 0.2])
    assert confidence_in(p, tokens, "margin").tolist() == pytest.approx([0.25, 0.5])
    wanted = [-1.5 * torch.tensor(2.0).log().item(), -0.8018]
    assert confidence_in(p, tokens, "entropy").tolist() == pytest.approx(wanted, abs=1e-4)
