import ctypes
import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.nn.functional import gelu
from torch.testing import assert_close

from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError
from fillwright.kernels.cpu.operations import Heads, OwnRows, SharedRows
from tests.kernels.cpu import plain
from tests.kernels.cpu.plain import EPS, drawn, drawn_matrix
from tests.kernels.cpu.tensors import TensorKernels, to_tensors

# one set of kernels serves all examples: they keep nothing
odd_sizes = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
SIZES, ROWS = st.integers(1, 150), st.integers(1, 40)


@odd_sizes
@given(rows=ROWS, inputs=SIZES, outputs=SIZES)
def test_a_product_is_that_of_rounded_rows(
    kernels: TensorKernels, rows: int, inputs: int, outputs: int
) -> None:
    matrix, values = drawn_matrix(kernels, outputs, inputs)
    x = drawn(rows, inputs)
    wanted = plain.kept(kernels, x) @ values.T
    assert_close(kernels.product(matrix, x).double(), wanted, rtol=1e-5, atol=1e-5)


@odd_sizes
@given(rows=ROWS, inputs=SIZES, gain=st.booleans(), norm=st.booleans())
def test_rows_are_normed_and_gained_before_they_are_rounded(
    kernels: TensorKernels, rows: int, inputs: int, gain: bool, norm: bool
) -> None:
    matrix, values = drawn_matrix(kernels, 33, inputs)
    x, gains = drawn(rows, inputs, scale=3), drawn(inputs, seed=1) if gain else None
    eps = EPS if norm else -1.0
    opened = plain.opened(x, gains, eps)
    ours = kernels.product(matrix, x, gains, eps)
    wanted = plain.kept(kernels, opened) @ values.T
    near = plain.one_step(kernels, opened, values)
    assert_close(ours.double(), wanted, rtol=1e-5, atol=near)


@pytest.mark.parametrize("size", [0.0, 1e-38, 1e-30, 1e-12, 1e15])
def test_a_product_of_very_small_and_large_rows(kernels: TensorKernels, size: float) -> None:
    matrix, values = drawn_matrix(kernels, 40, 100)
    x = torch.cat((drawn(2, 100), drawn(2, 100) * size))
    ours, wanted = kernels.product(matrix, x).double(), plain.kept(kernels, x) @ values.T
    assert_close(ours[:2], wanted[:2], rtol=1e-5, atol=1e-5)
    assert_close(ours[2:], wanted[2:], rtol=1e-5, atol=1e-5 * size + 1e-28)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_stays_so_and_in_its_row(kernels: TensorKernels, wrong: float) -> None:
    matrix, _ = drawn_matrix(kernels, 40, 100)
    x = drawn(5, 100)
    right = kernels.product(matrix, x)
    x[2, 17] = wrong
    ours = kernels.product(matrix, x)
    assert not ours[2].isfinite().any()
    assert torch.equal(ours[[0, 1, 3, 4]], right[[0, 1, 3, 4]])


def test_the_largest_cells_do_not_overflow(kernels: TensorKernels) -> None:
    cells = torch.full((32, 2048), -128, dtype=torch.int8)
    matrix = kernels.pack(cells, torch.ones(32))
    ours = kernels.product(matrix, torch.tensor([[127.0], [-127.0]]).expand(2, 2048).contiguous())
    assert_close(ours, torch.tensor([[-1.0], [1.0]]).expand(2, 32) * 128 * 127 * 2048)


@odd_sizes
@given(rows=ROWS, hidden=SIZES, size=SIZES)
def test_the_gated_mlp(kernels: TensorKernels, rows: int, hidden: int, size: int) -> None:
    gate_up, opening = drawn_matrix(kernels, 2 * size, hidden)
    down, closing = drawn_matrix(kernels, hidden, size, seed=5)
    x, gain = drawn(rows, hidden), drawn(hidden, seed=2)
    ours = kernels.gated_mlp(gate_up, down, x, gain, EPS).double()
    gate, up = (plain.kept(kernels, plain.opened(x, gain, EPS)) @ opening.T).chunk(2, -1)
    gated = gelu(gate, approximate="tanh") * up
    wanted = plain.kept(kernels, gated) @ closing.T
    # a step in the first product, and one in the second
    first = plain.one_step(kernels, plain.opened(x, gain, EPS), opening)
    near = plain.one_step(kernels, gated, closing)
    bound = near + first * float(gated.abs().max() + 1) * float(closing.abs().sum(1).max())
    assert_close(ours, wanted, rtol=1e-4, atol=bound)
    # a single gate far below zero leaves nothing, of which there are no hundredths
    assert (ours - wanted).abs().mean() < 0.02 * wanted.abs().mean() + 1e-6


@pytest.mark.parametrize("has_values", [True, False])
@pytest.mark.parametrize("size", [2, 6, 20, 64])
def test_heads_are_normed_and_turned(kernels: TensorKernels, has_values: bool, size: int) -> None:
    heads, rows, first = Heads(6, 3, size, has_values), 21, 13
    raw, gains = drawn(rows, heads.raw), drawn(9, size, seed=1)
    cos, sin = drawn(rows, size, seed=2), drawn(rows, size, seed=3)
    shared = to_tensors(SharedRows.empty(48, heads))
    own = to_tensors(OwnRows.empty(40, heads))
    for to in (shared, own):
        to.keys.fill_(7.0)
        to.values.fill_(7.0)
    queries = kernels.turn(heads, raw, gains, (cos, sin), EPS, shared, first)
    assert torch.equal(kernels.turn(heads, raw, gains, (cos, sin), EPS, own, first), queries)

    whole = plain.normed(raw.view(rows, -1, size))
    wanted = plain.turned(whole[:, :9] * gains, cos, sin)
    assert_close(queries, wanted[:, :6], rtol=1e-5, atol=1e-5)
    written = slice(first, first + rows)
    for keys, values in ((plain.plain_keys(shared), shared.values), (own.keys, own.values)):
        assert_close(keys[written], wanted[:, 6:], rtol=1e-5, atol=1e-5)
        assert_close(values[written], whole[:, -3:], rtol=1e-5, atol=1e-5)
        for untouched in (keys[:first], values[:first], keys[first + rows :]):
            assert (untouched == 7.0).all()


@odd_sizes
@given(rows=ROWS, size=SIZES, two=st.booleans())
def test_the_residual_takes_one_part_or_two(
    kernels: TensorKernels, rows: int, size: int, two: bool
) -> None:
    hidden, gain = drawn(rows, size), drawn(size, seed=1)
    one, other, opening = drawn(rows, size, seed=2), drawn(rows, size, seed=3), drawn(2, size)
    mixed = one
    if two:
        mixed = plain.normed(one) * opening[0] + plain.normed(other) * opening[1]
    wanted = (hidden + plain.normed(mixed) * gain) * 0.7
    parts, gains = ([one, other], opening) if two else ([one], None)
    kernels.join(hidden, parts, gains, gain, EPS, 0.7)
    assert_close(hidden, wanted, rtol=1e-5, atol=1e-5)


@odd_sizes
@given(outputs=SIZES, inputs=SIZES)
def test_embedded_rows_are_those_of_the_matrix(
    kernels: TensorKernels, outputs: int, inputs: int
) -> None:
    matrix, values = drawn_matrix(kernels, outputs, inputs)
    ids = torch.tensor([outputs - 1, 0, outputs // 2])
    assert_close(kernels.embed(matrix, ids, 3.0).double(), 3 * values[ids], rtol=1e-6, atol=0)


def test_threads_change_nothing(kernels: TensorKernels) -> None:
    many = TensorKernels(3, kernels.instruction_set, kernels._library)
    matrix, _ = drawn_matrix(kernels, 700, 100)
    down, _ = drawn_matrix(kernels, 90, 350)
    x, chosen = drawn(50, 100), torch.arange(50)[:, None]
    for _ in range(20):
        assert torch.equal(many.product(matrix, x), kernels.product(matrix, x))
        ours = many.gated_mlp(matrix, down, x, None, EPS)
        assert torch.equal(ours, kernels.gated_mlp(matrix, down, x, None, EPS))
        assert torch.equal(many.logits(matrix, x, 30), kernels.logits(matrix, x, 30))
        one, other = (each.readout(matrix, x, 30, 5, chosen) for each in (many, kernels))
        assert torch.equal(one.top_outputs, other.top_outputs)
        assert_close(one.log_sums, other.log_sums)


def test_a_row_says_the_same_alone_and_among_others(kernels: TensorKernels) -> None:
    matrix, _ = drawn_matrix(kernels, 70, 100)
    x = drawn(37, 100)
    together = kernels.product(matrix, x, None, EPS)
    for row in (0, 12, 36):
        alone = kernels.product(matrix, x[row : row + 1].clone(), None, EPS)
        assert torch.equal(alone[0], together[row])


def test_tensors_that_do_not_fit_are_refused(kernels: TensorKernels) -> None:
    matrix, _ = drawn_matrix(kernels, 40, 100)
    for wrong in (drawn(2, 99), drawn(2, 100).double(), drawn(100, 2).T):
        with pytest.raises(ValueError, match=r"is wanted, not"):
            kernels.product(matrix, wrong)
    with pytest.raises(ValueError, match="rows of a matrix of 40"):
        kernels.embed(matrix, torch.tensor([40]), 1.0)
    with pytest.raises(ValueError, match="best 41"):
        kernels.readout(matrix, drawn(1, 100), 30, 41, torch.zeros(1, 0, dtype=torch.int64))


def test_the_fastest_instruction_set_is_taken(library: ctypes.CDLL) -> None:
    have = []
    for each in InstructionSet:
        with suppress(NoKernelsError):
            have.append(TensorKernels(1, each, library).instruction_set)
    assert TensorKernels(library=library).instruction_set is have[0]
    assert InstructionSet.FLOAT32 in have


def test_a_thread_that_is_held_up_leaves_its_share_to_others(library: ctypes.CDLL) -> None:
    """With far more threads than cores nearly all of them wait for a core at any time; none is
    waited for that has taken no part of the work, and the results are whole."""
    many = TensorKernels(24, InstructionSet.FLOAT32, library)
    matrix, values = drawn_matrix(many, 300, 64)
    x = drawn(64, 64)
    for _ in range(50):
        assert_close(many.product(matrix, x).double(), x.double() @ values.T, rtol=1e-4, atol=1e-4)


def test_calls_from_several_threads_do_not_mix(library: ctypes.CDLL) -> None:
    shared = TensorKernels(3, None, library)
    matrix, _ = drawn_matrix(shared, 300, 64)
    inputs = [drawn(40, 64, seed=seed) for seed in range(4)]
    wanted = [shared.product(matrix, x) for x in inputs]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(20):
            found = list(threads.map(lambda x: shared.product(matrix, x), inputs))
            assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))
