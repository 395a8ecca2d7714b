import torch

from fillwright.engine.diffusion.stopping import confident, unchanged_steps


def test_a_change_in_any_row_starts_the_count_again() -> None:
    drafts = [[1, 2], [1, 2], [1, 2], [1, 3], [1, 3]]
    previous, unchanged = torch.tensor([[-1, -1]]), torch.tensor([0])
    counts = []
    for draft in torch.tensor([drafts]).transpose(0, 1):
        unchanged = unchanged_steps(draft, previous, unchanged)
        previous = draft
        counts.append(int(unchanged))
    assert counts == [0, 1, 2, 0, 1]


def test_only_live_rows_count_towards_the_mean_entropy() -> None:
    entropy = torch.tensor([[0.1, 0.3, 9.0], [0.1, 0.3, 9.0]])
    live = torch.tensor([[True, True, False], [True, True, True]])
    assert confident(entropy, live, 0.21).tolist() == [True, False]
    assert confident(entropy, live, 0.19).tolist() == [False, False]
