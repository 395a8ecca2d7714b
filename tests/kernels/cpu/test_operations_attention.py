import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from fillwright.kernels.cpu.operations import Heads, OwnRows, Seen
from tests.kernels.cpu import plain
from tests.kernels.cpu.plain import drawn
from tests.kernels.cpu.tensors import TensorKernels

odd_sizes = settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@odd_sizes
@given(data=st.data(), size=st.sampled_from([2, 10, 16, 40, 64]), groups=st.integers(1, 3))
def test_each_row_attends_to_what_it_sees(
    kernels: TensorKernels, data: st.DataObject, size: int, groups: int
) -> None:
    heads = Heads(2 * groups, 2, size, True)
    positions = data.draw(st.integers(1, 70))
    rows = data.draw(st.integers(1, 20))
    shared_seen, own_seen = [], []
    for _ in range(rows):
        past = data.draw(st.integers(0, positions))
        shared_seen.append((data.draw(st.integers(0, past)), past))
        least = 0 if shared_seen[-1][0] < past else 1
        own_seen.append(data.draw(st.lists(st.integers(0, 8), min_size=least, max_size=9)))
    shared = plain.shared_rows(positions, heads, seed=1)
    own = OwnRows(drawn(9, 2, size, seed=4), drawn(9, 2, size, seed=5))
    queries = drawn(rows, heads.query, size, seed=6, scale=2)
    ours = kernels.attend(heads, queries, shared, own, Seen(shared_seen, own_seen))

    keys = [
        torch.cat((plain.plain_keys(shared)[first:past], own.keys[slots]))
        for (first, past), slots in zip(shared_seen, own_seen, strict=True)
    ]
    values = [
        torch.cat((shared.values[first:past], own.values[slots]))
        for (first, past), slots in zip(shared_seen, own_seen, strict=True)
    ]
    wanted = plain.attended(heads, queries, keys, values)
    assert_close(ours.double(), wanted, rtol=1e-4, atol=2e-5)


def test_what_a_row_does_not_see_may_be_anything(kernels: TensorKernels) -> None:
    heads = Heads(4, 2, 16, True)
    shared = plain.shared_rows(64, heads, seed=1)
    own = OwnRows(drawn(4, 2, 16), drawn(4, 2, 16, seed=1))
    queries, seen = drawn(3, 4, 16, seed=2), Seen([(5, 21)] * 3, [[1], [], [1, 2]])
    wanted = kernels.attend(heads, queries, shared, own, seen)
    shared.values[:5] = shared.values[21:] = 3e38
    keys = plain.plain_keys(shared)
    keys[:5] = keys[21:] = 3e38
    shared.keys.copy_(plain.blocked(keys))
    own.keys[[0, 3]] = own.values[[0, 3]] = torch.nan
    assert torch.equal(kernels.attend(heads, queries, shared, own, seen), wanted)


@pytest.mark.parametrize("size", [1e-30, 80.0, 1e4])
def test_scores_of_any_size(kernels: TensorKernels, size: float) -> None:
    heads = Heads(2, 1, 8, True)
    shared = plain.shared_rows(32, heads, seed=1)
    queries, seen = drawn(2, 2, 8) * size, Seen([(0, 32), (3, 20)], [[], []])
    ours = kernels.attend(heads, queries, shared, None, seen)
    keys = plain.plain_keys(shared)
    wanted = plain.attended(
        heads, queries, [keys, keys[3:20]], [shared.values, shared.values[3:20]]
    )
    assert_close(ours.double(), wanted, rtol=1e-3, atol=1e-3)


def test_threads_and_neighbours_change_nothing(kernels: TensorKernels) -> None:
    heads, many = Heads(8, 4, 64, True), TensorKernels(3, kernels.instruction_set, kernels._library)
    shared = plain.shared_rows(100, heads, seed=1)
    own = OwnRows(drawn(6, 4, 64), drawn(6, 4, 64, seed=1))
    queries = drawn(30, 8, 64, seed=2)
    whole = Seen([(row, 60 + row) for row in range(30)], [[row % 6, 5] for row in range(30)])
    wanted = kernels.attend(heads, queries, shared, own, whole)
    for _ in range(20):
        assert torch.equal(many.attend(heads, queries, shared, own, whole), wanted)
    alone = Seen([(7, 67)], [[1, 5]])
    assert torch.equal(kernels.attend(heads, queries[7:8], shared, own, alone)[0], wanted[7])


def test_a_row_that_sees_nothing_or_what_is_not_there_is_refused(kernels: TensorKernels) -> None:
    heads = Heads(2, 1, 8, True)
    shared, own = plain.shared_rows(16, heads, seed=1), OwnRows.empty(2, heads)
    with pytest.raises(ValueError, match="must see something"):
        Seen([(3, 3)], [[]])
    for beyond in (Seen([(0, 17)], [[]]), Seen([(0, 16)], [[2]])):
        with pytest.raises(ValueError, match="what is not there"):
            kernels.attend(heads, drawn(1, 2, 8), shared, own, beyond)
