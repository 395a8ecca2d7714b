import torch

from fillwright.kernels.entropy_bound import entropy_bound

EVERY_ROW = torch.ones(1, 5, dtype=torch.bool)


def test_accepts_while_the_entropy_spent_before_stays_within_the_bound() -> None:
    entropy = torch.tensor([[0.5, 0.25, 4.0, 0.125, 1.0]])
    # ascending 0.125, 0.25, 0.5, 1, 4: spent before each 0, 0.125, 0.375, 0.875, 1.875
    assert entropy_bound(entropy, EVERY_ROW, 0.375).tolist() == [[True, True, False, True, False]]
    assert entropy_bound(entropy, EVERY_ROW, 0.874).tolist() == [[True, True, False, True, False]]
    assert entropy_bound(entropy, EVERY_ROW, 0.875).tolist() == [[True, True, False, True, True]]


def test_accepts_at_least_one_row() -> None:
    accepted = entropy_bound(torch.full((1, 5), 9.0), EVERY_ROW, 0.0)
    assert accepted.sum() == 1


def test_rows_that_are_not_free_spend_nothing() -> None:
    entropy = torch.tensor([[0.01, 0.09, 0.05, 0.02, 3.0]])
    free = torch.tensor([[False, True, True, False, True]])
    # of the free rows: 0.05, 0.09, 3.0: spent before each 0, 0.05, 0.14
    assert entropy_bound(entropy, free, 0.06).tolist() == [[False, True, True, False, False]]


def test_a_canvas_without_free_rows_accepts_none() -> None:
    assert not entropy_bound(torch.rand(1, 5), ~EVERY_ROW, 1.0).any()
