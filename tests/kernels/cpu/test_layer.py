from dataclasses import replace

import pytest
import torch
from torch import Tensor

from fillwright.kernels.cpu.layer import CpuMlp, LayerParts, LayerRows, run_layer, write_keys
from fillwright.kernels.cpu.operations import Heads, OwnRows, Seen
from tests.kernels.cpu import plain
from tests.kernels.cpu.plain import EPS, drawn, drawn_matrix
from tests.kernels.cpu.tensors import TensorKernels, to_arrays

HIDDEN, SIZE = 36, 50


def drawn_layer(kernels: TensorKernels, heads: Heads) -> LayerParts:
    def mlp(seed: int) -> CpuMlp:
        gate_up, _ = drawn_matrix(kernels, 2 * SIZE, HIDDEN, seed=seed)
        down, _ = drawn_matrix(kernels, HIDDEN, SIZE, seed=seed)
        return CpuMlp(drawn(HIDDEN, seed=seed), gate_up, down)

    return LayerParts(
        heads=heads,
        eps=EPS,
        before_attention=drawn(HIDDEN, seed=1),
        qkv=drawn_matrix(kernels, heads.raw, HIDDEN)[0],
        head_gains=drawn(heads.query + heads.key, heads.size, seed=2),
        out=drawn_matrix(kernels, HIDDEN, heads.query * heads.size)[0],
        after_attention=drawn(HIDDEN, seed=3),
        mlps=(mlp(4), mlp(5)),
        closing=drawn(2, HIDDEN, seed=6),
        after_mlps=drawn(HIDDEN, seed=7),
    )


@pytest.mark.parametrize("has_values", [True, False])
@pytest.mark.parametrize("to_own", [True, False])
@pytest.mark.parametrize("count", [1, 19])
def test_a_layer_is_its_operations_one_after_another(
    kernels: TensorKernels, count: int, to_own: bool, has_values: bool
) -> None:
    heads, first = Heads(4, 2, 10, has_values), 3
    parts = drawn_layer(kernels, heads)
    angles = drawn(count, 10, seed=8), drawn(count, 10, seed=9)

    def memory() -> LayerRows:
        shared = plain.shared_rows(48, heads, seed=10)
        own = OwnRows(drawn(40, 2, 10, seed=11), drawn(40, 2, 10, seed=12)) if to_own else None
        seen = [(row % 3, 20 if to_own else first + row + 1) for row in range(count)]
        chains = [[2, first + row] if to_own else [] for row in range(count)]
        return LayerRows(shared, own, Seen(seen, chains), first)

    rows, ours = memory(), drawn(count, HIDDEN, seed=13)
    run_layer(kernels, *to_arrays((parts, ours, angles, rows)), 0.8)

    wanted, theirs = memory(), drawn(count, HIDDEN, seed=13)
    raw = kernels.product(parts.qkv, theirs, parts.before_attention, EPS)
    to = wanted.own or wanted.shared
    queries = kernels.turn(heads, raw, parts.head_gains, angles, EPS, to, first)
    attended = kernels.attend(heads, queries, wanted.shared, wanted.own, wanted.seen)
    out = kernels.product(parts.out, attended.flatten(1))
    kernels.join(theirs, [out], None, parts.after_attention, EPS)
    both = [kernels.gated_mlp(mlp.gate_up, mlp.down, theirs, mlp.gain, EPS) for mlp in parts.mlps]
    kernels.join(theirs, both, parts.closing, parts.after_mlps, EPS, 0.8)

    assert torch.equal(ours, theirs)
    for mine, other in ((rows.shared, wanted.shared), (rows.own, wanted.own)):
        if mine is not None and other is not None:
            assert torch.equal(mine.keys, other.keys)
            assert torch.equal(mine.values, other.values)


@pytest.mark.parametrize("to_own", [True, False])
@pytest.mark.parametrize("count", [17, 64, 170])
def test_threads_change_nothing(kernels: TensorKernels, count: int, to_own: bool) -> None:
    heads, first = Heads(4, 2, 10, True), 3
    parts = drawn_layer(kernels, heads)
    angles = drawn(count, 10, seed=8), drawn(count, 10, seed=9)

    def run(threads: int) -> tuple[Tensor, LayerRows]:
        shared = plain.shared_rows(first + count, heads, seed=10)
        room = first + count
        own = OwnRows(drawn(room, 2, 10, seed=11), drawn(room, 2, 10, seed=12)) if to_own else None
        seen = [(row % 3, 3 if to_own else first + row + 1) for row in range(count)]
        chains = [[2, first + row] if to_own else [] for row in range(count)]
        rows, hidden = LayerRows(shared, own, Seen(seen, chains), first), drawn(count, HIDDEN)
        some = TensorKernels(threads, kernels.instruction_set, kernels._library)
        run_layer(some, *to_arrays((parts, hidden, angles, rows)), 0.8)
        return hidden, rows

    wanted, written = run(1)
    for threads in (2, 3, 16):
        hidden, rows = run(threads)
        assert torch.equal(hidden, wanted)
        for mine, other in ((rows.shared, written.shared), (rows.own, written.own)):
            if mine is not None and other is not None:
                assert torch.equal(mine.keys, other.keys)
                assert torch.equal(mine.values, other.values)


@pytest.mark.parametrize("to_own", [True, False])
def test_keys_and_values_are_those_that_a_layer_writes(
    kernels: TensorKernels, to_own: bool
) -> None:
    heads, count, first = Heads(4, 2, 10, False), 19, 3
    parts = drawn_layer(kernels, heads)
    angles = drawn(count, 10, seed=8), drawn(count, 10, seed=9)

    def memory() -> LayerRows:
        own = OwnRows(drawn(40, 2, 10, seed=11), drawn(40, 2, 10, seed=12)) if to_own else None
        seen = Seen([(0, first)] * count, [[]] * count)
        return LayerRows(plain.shared_rows(48, heads, seed=10), own, seen, first)

    ours, wanted, hidden = memory(), memory(), drawn(count, HIDDEN, seed=13)
    before = hidden.clone()
    write_keys(kernels, *to_arrays((parts, hidden, angles, ours)))
    assert torch.equal(hidden, before)
    run_layer(kernels, *to_arrays((parts, hidden, angles, wanted)), 0.8)
    for mine, other in ((ours.shared, wanted.shared), (ours.own, wanted.own)):
        if mine is not None and other is not None:
            assert torch.equal(mine.keys, other.keys)
            assert torch.equal(mine.values, other.values)


def test_rows_without_room_and_parts_of_two_layers_are_refused(kernels: TensorKernels) -> None:
    heads = Heads(4, 2, 10, True)
    parts, shared = drawn_layer(kernels, heads), plain.shared_rows(16, heads, seed=1)
    hidden, angles = drawn(1, HIDDEN), (drawn(1, 10), drawn(1, 10))

    def run(of: LayerParts, own: list[int], first: int) -> None:
        rows = LayerRows(shared, None, Seen([(0, 1)], [own]), first)
        run_layer(kernels, *to_arrays((of, hidden, angles, rows)), 1.0)

    with pytest.raises(ValueError, match="no room for 1 rows from 16"):
        run(parts, [], 16)
    with pytest.raises(ValueError, match="what is not there"):
        run(parts, [0], 0)
    with pytest.raises(ValueError, match="one layer"):
        run(replace(parts, qkv=parts.out), [], 0)
