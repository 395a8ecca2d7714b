import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from fillwright.kernels.cpu.matrices import Bfloat16Matrix, CpuMatrix
from tests.kernels.cpu.plain import drawn, drawn_matrix
from tests.kernels.cpu.tensors import TensorKernels

odd_sizes = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
FACTOR = 3.0
NEAR = 2e-3
"""Of a row's largest result: what rounding its shares twice may move it."""


def check(ours: Tensor, wanted: Tensor) -> None:
    assert ours.isfinite().all()
    size = wanted.abs().amax(-1, keepdim=True).clamp(min=1e-9)
    assert_close(ours.double() / size, wanted / size, rtol=0, atol=NEAR)


def expected(logits: Tensor, matrix: Tensor, least: float = 0.0) -> Tensor:
    shares = logits.double().softmax(-1)
    return FACTOR * shares * (shares.amax(0) > least) @ matrix


def bfloat16(outputs: int, inputs: int) -> tuple[CpuMatrix, Tensor]:
    values = drawn(outputs, inputs).bfloat16()
    packed = Bfloat16Matrix.pack(values.view(torch.uint16).numpy())
    return packed, values.double()


@odd_sizes
@given(
    rows=st.integers(1, 40),
    inputs=st.integers(1, 90),
    outputs=st.one_of(st.integers(1, 200), st.integers(950, 2000)),
    scale=st.sampled_from([0.1, 3.0, 30.0]),
)
def test_what_is_expected_is_the_shares_times_the_matrix(
    kernels: TensorKernels, rows: int, inputs: int, outputs: int, scale: float
) -> None:
    matrix, values = drawn_matrix(kernels, outputs, inputs)
    logits = drawn(rows, outputs, scale=scale)
    check(kernels.expected(matrix, logits, FACTOR, 0.0), expected(logits, values))


@odd_sizes
@given(rows=st.integers(1, 20), inputs=st.integers(1, 90), outputs=st.integers(1, 200))
def test_a_matrix_in_bfloat16_is_not_rounded(
    kernels: TensorKernels, rows: int, inputs: int, outputs: int
) -> None:
    matrix, values = bfloat16(outputs, inputs)
    logits = drawn(rows, outputs, scale=3)
    ours = kernels.expected(matrix, logits, FACTOR, 0.0)
    assert_close(ours.double(), expected(logits, values), rtol=1e-5, atol=1e-5)


def test_what_is_unlikely_in_every_row_is_left_out(kernels: TensorKernels) -> None:
    matrix, values = drawn_matrix(kernels, 1500, 70)
    logits = drawn(5, 1500, scale=3)
    wanted = expected(logits, values, least=0.01)
    check(kernels.expected(matrix, logits, FACTOR, 0.01), wanted)
    size = wanted.abs().amax(-1, keepdim=True)
    assert ((expected(logits, values) - wanted).abs() > NEAR * size).any()
    assert not kernels.expected(matrix, logits, FACTOR, 1.0).any()


@pytest.mark.parametrize("in_bfloat16", [False, True])
def test_a_row_without_shares_expects_nothing(kernels: TensorKernels, in_bfloat16: bool) -> None:
    made = bfloat16(50, 20) if in_bfloat16 else drawn_matrix(kernels, 50, 20)
    matrix, values = made
    logits = drawn(4, 50)
    logits[1] = -math.inf
    logits[2, 7:] = -math.inf
    ours = kernels.expected(matrix, logits, FACTOR, 0.0)
    assert not ours[1].any()
    check(ours[[0, 2, 3]], expected(logits[[0, 2, 3]], values))


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_no_number_stays_so_and_in_its_row(kernels: TensorKernels, wrong: float) -> None:
    matrix, values = drawn_matrix(kernels, 50, 20)
    logits = drawn(4, 50)
    logits[2, 7] = wrong
    ours = kernels.expected(matrix, logits, FACTOR, 0.0)
    assert not ours[2].isfinite().any()
    check(ours[[0, 1, 3]], expected(logits[[0, 1, 3]], values))


def test_several_threads_expect_what_one_does(kernels: TensorKernels) -> None:
    matrix, values = drawn_matrix(kernels, 1200, 90)
    several = TensorKernels(3, kernels.instruction_set, kernels._library)
    logits = drawn(40, 1200, scale=3)
    check(several.expected(matrix, logits, FACTOR, 0.001), expected(logits, values, 0.001))
