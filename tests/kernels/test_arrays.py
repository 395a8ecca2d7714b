"""numpy's way of each function against torch's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fillwright.kernels import arrays
from fillwright.kernels.categorical import categorical
from fillwright.kernels.entropy_bound import entropy_bound
from fillwright.kernels.token_statistics import token_statistics

few = settings(max_examples=40, derandomize=True)


def scores(rows: int, columns: int, seed: int) -> np.ndarray:
    """float32, with equal ones among them and some of -inf, never a whole row."""
    random = np.random.default_rng(seed)
    found = (8 * random.standard_normal((rows, columns))).astype(np.float32).round(1)
    found[:, 1:][random.random((rows, columns - 1)) < 0.2] = -np.inf
    return found


@few
@given(st.integers(1, 9), st.integers(1, 300), st.integers(0, 99))
def test_softmaxes_are_torch_s(rows: int, columns: int, seed: int) -> None:
    ours = scores(rows, columns, seed)
    theirs, before = torch.from_numpy(ours), ours.copy()
    for function in (arrays.softmax, arrays.log_softmax, arrays.logsumexp):
        mine, wanted = function(ours), function(theirs)
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, wanted.numpy(), rtol=2e-6, atol=2e-6)
    assert np.array_equal(ours, before)


def test_the_logarithm_of_no_mass_is_minus_infinity() -> None:
    nothing = np.array([[-np.inf, -np.inf], [0.0, -np.inf]], dtype=np.float32)
    assert arrays.logsumexp(nothing).tolist() == [-np.inf, 0.0]
    assert arrays.logsumexp(torch.from_numpy(nothing)).tolist() == [-np.inf, 0.0]


@few
@given(st.data(), st.integers(1, 9), st.one_of(st.integers(1, 300), st.just(128 * 40)))
def test_the_largest_come_first(data: st.DataObject, rows: int, columns: int) -> None:
    ours = scores(rows, columns, seed=1)
    count = data.draw(st.one_of(st.integers(1, columns), st.integers(1, min(columns, 20))))
    values, places = arrays.largest(ours, count)
    wanted, _ = arrays.largest(torch.from_numpy(ours), count)
    assert np.array_equal(values, wanted.numpy())
    assert np.array_equal(np.take_along_axis(ours, places, -1), values)
    assert all(len(set(row)) == count for row in places.tolist())


@pytest.mark.parametrize("generator", [np.random.default_rng(3), torch.Generator().manual_seed(3)])
def test_random_numbers_follow_their_law_and_their_seed(generator: arrays.RandomNumbers) -> None:
    wanted = np.array([0.0, 0.5, 0.125, 0.375])
    probabilities = arrays.placed(wanted.astype(np.float32), generator)
    found = np.bincount([arrays.drawn(probabilities, generator) for _ in range(2000)], minlength=4)
    # 0.9999 quantile of chi square, 2 degrees of freedom
    assert ((found[1:] - 2000 * wanted[1:]) ** 2 / (2000 * wanted[1:])).sum() < 18.4
    assert found[0] == 0
    whole = arrays.random_integers(7, (40, 50), generator)
    assert set(whole.flatten().tolist()) == set(range(7))
    shares = arrays.on_host(arrays.random_shares((40, 50), generator))
    assert shares.dtype == np.float32
    assert shares.min() >= 0
    assert shares.max() < 1
    assert abs(shares.mean() - 0.5) < 0.03


def test_the_same_seed_gives_the_same_numbers() -> None:
    for make in (np.random.default_rng, lambda seed: torch.Generator().manual_seed(seed)):
        one, other = (arrays.random_integers(1000, (3, 5), make(4)) for _ in range(2))
        assert one.tolist() == other.tolist()
        assert one.tolist() != arrays.random_integers(1000, (3, 5), make(5)).tolist()


@few
@given(st.integers(1, 9), st.integers(1, 300), st.integers(0, 99))
def test_token_statistics_are_torch_s(rows: int, columns: int, seed: int) -> None:
    ours = scores(rows, columns, seed)[None]
    mine, theirs = (token_statistics(each, 0.6) for each in (ours, torch.from_numpy(ours)))
    assert mine.token.tolist() == theirs.token.tolist()
    for name in ("tempered", "probabilities", "entropy"):
        one, other = getattr(mine, name), getattr(theirs, name).numpy()
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=4e-6, err_msg=name)


@few
@given(st.integers(1, 3), st.integers(1, 40), st.integers(0, 99), st.floats(0, 2))
def test_the_entropy_bound_is_torch_s(batch: int, rows: int, seed: int, bound: float) -> None:
    random = np.random.default_rng(seed)
    # in steps that float32 adds up exactly
    entropy = (random.integers(0, 64, (batch, rows)) / 64).astype(np.float32)
    free = random.random((batch, rows)) < 0.7
    ours = entropy_bound(entropy, free, bound)
    theirs = entropy_bound(torch.from_numpy(entropy), torch.from_numpy(free), bound)
    assert ours.tolist() == theirs.tolist()


@few
@given(st.integers(1, 9), st.integers(1, 300), st.integers(0, 99))
def test_tokens_are_drawn_as_torch_draws_them(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    # in steps that float32 adds up exactly, whatever the order
    probabilities = random.integers(0, 3, (rows, columns)).astype(np.float32)
    probabilities[:, -1] += 1
    uniform = random.random(rows, dtype=np.float32)
    ours = categorical(probabilities, uniform)
    theirs = categorical(torch.from_numpy(probabilities), torch.from_numpy(uniform))
    assert ours.tolist() == theirs.tolist()
