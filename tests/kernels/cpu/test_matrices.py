"""Products with matrices in int4 and bfloat16 against plain torch with the same weights, packed by
the code that quantises checkpoints."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import gelu
from torch.testing import assert_close

from fillwright.engine.model.four_bits import int4_matrix, int4_packed
from fillwright.kernels.cpu.matrices import Bfloat16Matrix, CpuMatrix, Int4Matrix
from tests.kernels.cpu import plain
from tests.kernels.cpu.plain import EPS, drawn
from tests.kernels.cpu.tensors import TensorKernels
from tests.kernels.cpu.test_operations import ROWS, SIZES, odd_sizes

FORMS = ["int4", "bfloat16"]


def drawn_form(
    form: str, outputs: int, inputs: int, group: int = 8, seed: int = 0
) -> tuple[CpuMatrix, Tensor]:
    """Packed, and its values float64 [outputs, inputs]."""
    weights = drawn(outputs, inputs, seed=outputs + seed)
    if form == "int4":
        packed, scale = int4_packed(weights, group)
        values = int4_matrix(packed, scale.double(), inputs)
        bits = scale.view(torch.uint16).numpy()
        return Int4Matrix.pack(packed.numpy(), bits), values
    rounded = weights.bfloat16()
    scales = torch.rand(outputs, generator=torch.Generator().manual_seed(3)) + 0.1
    matrix = Bfloat16Matrix.pack(rounded.view(torch.uint16).numpy(), scales.numpy())
    return matrix, rounded.double() * scales.double()[:, None]


def rows_as_seen(form: str, kernels: TensorKernels, x: Tensor) -> Tensor:
    return x.double() if form == "bfloat16" else plain.kept(kernels, x)


@odd_sizes
@given(rows=ROWS, groups=st.integers(1, 5), words=st.integers(1, 9), outputs=SIZES)
def test_a_product_with_int4_is_that_of_rounded_rows(
    kernels: TensorKernels, rows: int, groups: int, words: int, outputs: int
) -> None:
    matrix, values = drawn_form("int4", outputs, 8 * groups * words, 8 * words)
    x = drawn(rows, matrix.inputs)
    wanted = plain.kept(kernels, x) @ values.T
    assert_close(kernels.product(matrix, x).double(), wanted, rtol=1e-5, atol=1e-4)


@odd_sizes
@given(rows=ROWS, inputs=SIZES, outputs=SIZES)
def test_a_product_with_bfloat16_rounds_nothing(
    kernels: TensorKernels, rows: int, inputs: int, outputs: int
) -> None:
    matrix, values = drawn_form("bfloat16", outputs, inputs)
    x = drawn(rows, inputs)
    wanted = x.double() @ values.T
    assert_close(kernels.product(matrix, x).double(), wanted, rtol=1e-5, atol=1e-4)
    ids = torch.tensor([outputs - 1, 0, outputs // 2])
    assert_close(kernels.embed(matrix, ids, 3.0).double(), 3 * values[ids], rtol=1e-6, atol=0)


@pytest.mark.parametrize("group", [8, 32, 2048])
@pytest.mark.parametrize("cell", [-8, 7])
def test_the_largest_cells_of_int4_do_not_overflow(
    kernels: TensorKernels, group: int, cell: int
) -> None:
    nibbles = torch.full((32, 256, 8), cell + 8, dtype=torch.int64)
    words = (nibbles << torch.arange(0, 32, 4)).sum(-1).to(torch.int32)
    scales = torch.ones(32, 2048 // group, dtype=torch.bfloat16)
    matrix = Int4Matrix.pack(words.numpy(), scales.view(torch.uint16).numpy())
    x = torch.tensor([[127.0], [-127.0]]).expand(2, 2048).contiguous()
    wanted = torch.tensor([[1.0], [-1.0]]).expand(2, 32) * cell * 127 * 2048
    assert_close(kernels.product(matrix, x), wanted)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_stays_so_and_in_its_row(
    kernels: TensorKernels, form: str, wrong: float
) -> None:
    matrix, _ = drawn_form(form, 40, 96)
    x = drawn(5, 96)
    right = kernels.product(matrix, x)
    x[2, 17] = wrong
    ours = kernels.product(matrix, x)
    assert not ours[2].isfinite().any()
    assert torch.equal(ours[[0, 1, 3, 4]], right[[0, 1, 3, 4]])


@pytest.mark.parametrize("form", FORMS)
def test_norm_gain_and_gated_mlp(kernels: TensorKernels, form: str) -> None:
    hidden, size, rows = 72, 48, 7
    gate_up, opening = drawn_form(form, 2 * size, hidden)
    down, closing = drawn_form(form, hidden, size)
    x, gain = drawn(rows, hidden), drawn(hidden, seed=2)
    opened = plain.opened(x, gain, EPS)
    gate, up = (rows_as_seen(form, kernels, opened) @ opening.T).chunk(2, -1)
    gated = gelu(gate, approximate="tanh") * up
    wanted = rows_as_seen(form, kernels, gated) @ closing.T
    ours = kernels.gated_mlp(gate_up, down, x, gain, EPS).double()
    assert (ours - wanted).norm() < (0.02 if form == "int4" else 1e-5) * wanted.norm()


@pytest.mark.parametrize("form", FORMS)
def test_threads_and_neighbours_change_nothing(kernels: TensorKernels, form: str) -> None:
    many = TensorKernels(3, kernels.instruction_set, kernels._library)
    matrix, _ = drawn_form(form, 700, 96)
    x = drawn(37, 96)
    together = kernels.product(matrix, x)
    assert torch.equal(many.product(matrix, x), together)
    for row in (0, 12, 36):
        assert torch.equal(kernels.product(matrix, x[row : row + 1].clone())[0], together[row])


def test_a_large_matrix_is_shared_by_threads(kernels: TensorKernels) -> None:
    many = TensorKernels(2, kernels.instruction_set, kernels._library)
    matrix, _ = drawn_form("int4", 4096, 2560, 32)
    x = drawn(1, 2560)
    assert torch.equal(many.product(matrix, x), kernels.product(matrix, x))


def test_logits_are_read_from_bfloat16(kernels: TensorKernels) -> None:
    matrix, values = drawn_form("bfloat16", 101, 40)
    x = drawn(6, 40)
    wanted = 30 * (x.double() @ values.T / 30).tanh()
    assert_close(kernels.logits(matrix, x, 30).double(), wanted, rtol=1e-4, atol=1e-4)
    read = kernels.readout(matrix, x, 30, 3, torch.zeros(6, 1, dtype=torch.int64))
    assert_close(read.log_sums.double(), wanted.logsumexp(-1), rtol=1e-4, atol=1e-4)
    assert torch.equal(read.top_outputs, wanted.topk(3).indices)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("threads", [1, 3])
def test_experts_are_their_gated_mlps(kernels: TensorKernels, form: str, threads: int) -> None:
    many = TensorKernels(threads, kernels.instruction_set, kernels._library)
    hidden, size, counts = 72, 40, [3, 1, 19]
    gate_ups = [drawn_form(form, 2 * size, hidden, seed=each)[0] for each in counts]
    downs = [drawn_form(form, hidden, size, seed=each)[0] for each in counts]
    x, gain = drawn(sum(counts), hidden), drawn(hidden, seed=2)
    ours = many.experts(gate_ups, downs, counts, x, gain, EPS)
    parts = zip(gate_ups, downs, x.split(counts), strict=True)
    wanted = [kernels.gated_mlp(up, down, rows.clone(), gain, EPS) for up, down, rows in parts]
    assert torch.equal(ours, torch.cat(wanted))


def test_what_does_not_fit_is_refused(kernels: TensorKernels) -> None:
    gate_up, down = drawn_form("int4", 80, 72)[0], drawn_form("int4", 72, 40)[0]
    x = drawn(4, 72)
    for counts, said in (([2, 1], "3 rows, not 4"), ([4, 0], "rows of its own")):
        with pytest.raises(ValueError, match=said):
            kernels.experts([gate_up] * 2, [down] * 2, counts, x, None, EPS)
    with pytest.raises(ValueError, match="one shape"):
        kernels.experts([gate_up, down], [down] * 2, [2, 2], x, None, EPS)
    with pytest.raises(ValueError, match="in int4"):
        kernels.embed(gate_up, torch.tensor([0]), 1.0)
    words, scale = int4_packed(drawn(8, 48), 8)
    with pytest.raises(ValueError, match="whole words"):
        Int4Matrix.pack(words.numpy(), scale.view(torch.uint16).numpy()[:, :4].copy())
