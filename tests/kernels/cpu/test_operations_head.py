import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from tests.kernels.cpu import plain
from tests.kernels.cpu.plain import drawn, drawn_matrix
from tests.kernels.cpu.tensors import TensorKernels

odd_sizes = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@odd_sizes
@given(rows=st.integers(1, 40), inputs=st.integers(1, 90), outputs=st.integers(1, 700))
def test_logits_are_softcapped_products(
    kernels: TensorKernels, rows: int, inputs: int, outputs: int
) -> None:
    matrix, values = drawn_matrix(kernels, outputs, inputs)
    x = drawn(rows, inputs, scale=4)
    wanted = 5 * torch.tanh(plain.kept(kernels, x) @ values.T / 5)
    assert_close(kernels.logits(matrix, x, 5.0).double(), wanted, rtol=1e-5, atol=1e-5)


@odd_sizes
@given(data=st.data(), rows=st.integers(1, 40), outputs=st.integers(1, 700))
def test_a_readout_says_what_the_logits_say(
    kernels: TensorKernels, data: st.DataObject, rows: int, outputs: int
) -> None:
    matrix, _ = drawn_matrix(kernels, outputs, 50)
    x, top = drawn(rows, 50, scale=3), data.draw(st.integers(0, min(outputs, 12)))
    choices = data.draw(st.integers(0, 3))
    chosen = torch.randint(0, outputs, (rows, choices))
    logits = kernels.logits(matrix, x, 30.0)
    ours = kernels.readout(matrix, x, 30.0, top, chosen)
    assert_close(ours.log_sums, logits.logsumexp(-1), rtol=1e-5, atol=1e-5)
    assert torch.equal(ours.chosen_logits, logits.gather(1, chosen))
    in_order = logits.sort(dim=-1, descending=True, stable=True)
    assert torch.equal(ours.top_logits, in_order.values[:, :top])
    assert torch.equal(ours.top_outputs, in_order.indices[:, :top])


def test_of_equal_logits_the_first_output_is_better(kernels: TensorKernels) -> None:
    matrix = kernels.pack(torch.ones(100, 8, dtype=torch.int8), torch.ones(100))
    ours = kernels.readout(matrix, drawn(2, 8), 30.0, 7, torch.zeros(2, 0, dtype=torch.int64))
    assert torch.equal(ours.top_outputs, torch.arange(7).expand(2, 7))
