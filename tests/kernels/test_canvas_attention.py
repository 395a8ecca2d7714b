from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from fillwright.kernels.canvas_attention import LEARNT_ROWS, KeyValue, canvas_attention

BATCH, HEADS, KV_HEADS, ROWS, PREFIX, HEAD_DIM = 3, 4, 2, 5, 6, 8


def random(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


Q = random(BATCH, HEADS, ROWS, HEAD_DIM)
OWN = (
    random(BATCH, KV_HEADS, ROWS, HEAD_DIM),
    random(BATCH, KV_HEADS, ROWS, HEAD_DIM + 8)[..., 8:],
)
CACHED = (random(1, KV_HEADS, PREFIX, HEAD_DIM), random(1, KV_HEADS, PREFIX, HEAD_DIM + 8)[..., 8:])


def row_by_row(seen: Tensor) -> Tensor:
    """seen: boolean [rows, prefix + rows]. One query at a time, in float64."""
    out = torch.zeros(BATCH, HEADS, ROWS, HEAD_DIM, dtype=torch.float64)
    for batch in range(BATCH):
        for head in range(HEADS):
            kv = head // (HEADS // KV_HEADS)
            keys = torch.cat((CACHED[0][0, kv], OWN[0][batch, kv])).double()
            values = torch.cat((CACHED[1][0, kv], OWN[1][batch, kv])).double()
            for row in range(ROWS):
                scores = keys[seen[row]] @ Q[batch, head, row].double()
                out[batch, head, row] = scores.softmax(0) @ values[seen[row]]
    return out


def seen(prefix: bool, own: Tensor) -> Tensor:
    return torch.cat((torch.full((ROWS, PREFIX), prefix), own), dim=1)


def assert_attends(ours: Tensor, wanted: Tensor) -> None:
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, wanted.float(), rtol=1e-5, atol=1e-5)


def test_every_row_sees_the_whole_prefix_and_all_rows() -> None:
    everything = torch.ones(ROWS, ROWS, dtype=torch.bool)
    assert_attends(canvas_attention(Q, OWN, [CACHED]), row_by_row(seen(True, everything)))


def test_without_a_prefix() -> None:
    everything = torch.ones(ROWS, ROWS, dtype=torch.bool)
    assert_attends(canvas_attention(Q, OWN), row_by_row(seen(False, everything)))


def test_causal_rows_see_up_to_themselves() -> None:
    triangle = torch.ones(ROWS, ROWS, dtype=torch.bool).tril()
    assert_attends(canvas_attention(Q, OWN, causal=True), row_by_row(seen(False, triangle)))


def test_a_mask_says_which_keys_are_seen() -> None:
    mask = random(ROWS, PREFIX + ROWS) > 0
    mask[:, 0] = True
    assert_attends(canvas_attention(Q, OWN, [CACHED], mask), row_by_row(mask))


def test_a_mask_for_each_batch_row() -> None:
    masks = random(BATCH, 1, ROWS, PREFIX + ROWS) > 0
    masks[..., 0] = True
    ours = canvas_attention(Q, OWN, [CACHED], masks)
    for batch in range(BATCH):
        assert_attends(ours[batch], row_by_row(masks[batch, 0])[batch])


def test_a_prefix_for_each_batch_row_equals_a_shared_one() -> None:
    own_prefix = (CACHED[0].repeat(BATCH, 1, 1, 1), CACHED[1].repeat(BATCH, 1, 1, 1))
    ours = canvas_attention(Q, OWN, [own_prefix])
    torch.testing.assert_close(ours, canvas_attention(Q, OWN, [CACHED]))


def test_one_row_alone_sees_what_it_sees_among_others() -> None:
    mask = random(ROWS, PREFIX + ROWS) > 0
    mask[:, 0] = True
    before = tuple(
        torch.cat((cached.expand(BATCH, -1, -1, -1), own[:, :, :-1]), dim=2)
        for cached, own in zip(CACHED, OWN, strict=True)
    )
    last = (OWN[0][:, :, -1:], OWN[1][:, :, -1:])
    alone = canvas_attention(Q[:, :, -1:], last, [(before[0], before[1])], mask[-1:])
    assert_attends(alone, row_by_row(mask)[:, :, -1:])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("after", [0, 4])
def test_one_row_of_each_branch_after_a_shared_prefix(after: int, dtype: torch.dtype) -> None:
    """Extreme scores too: branches that look at hardly more than one key."""
    q = (Q[:, :, :1] * torch.tensor([1.0, 30.0, -30.0])[:, None, None, None]).to(dtype)
    row = (OWN[0][:, :, :1].to(dtype), OWN[1][:, :, :1].to(dtype))
    cached = (CACHED[0].to(dtype), CACHED[1].to(dtype))
    own = (OWN[0][:, :, :after].to(dtype), OWN[1][:, :, :after].to(dtype))
    ours = canvas_attention(q, row, [cached, own])
    everything = torch.ones(1, PREFIX + after + 1, dtype=torch.bool)
    wanted = canvas_attention(q, row, [cached, own], everything)
    tolerance = 1e-5 if dtype == torch.float32 else 2e-2
    torch.testing.assert_close(ours, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("rows", [1, ROWS])
def test_a_prefix_without_a_key_is_none(rows: int) -> None:
    empty = (CACHED[0][:, :, :0], CACHED[1][:, :, :0])
    q, own = Q[:, :, :rows], (OWN[0][:, :, :rows], OWN[1][:, :, :rows])
    for prefix, same in (([empty], []), ([empty, CACHED], [CACHED]), ([CACHED, empty], [CACHED])):
        ours = canvas_attention(q, own, prefix)
        torch.testing.assert_close(ours, canvas_attention(q, own, same))


@pytest.mark.parametrize("more", [{"prefix": [CACHED]}, {"mask": torch.ones(ROWS, ROWS).bool()}])
def test_causal_beside_a_prefix_or_a_mask_is_refused(more: dict[str, Tensor]) -> None:
    with pytest.raises(ValueError, match="causal stands alone"):
        canvas_attention(Q, OWN, causal=True, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("prefix", "causal"), [([CACHED], False), ([], False), ([], True)])
@pytest.mark.parametrize("rows", [5, LEARNT_ROWS, 2 * LEARNT_ROWS + 3])
def test_with_gradients_it_is_the_same_and_so_are_they(
    prefix: list[KeyValue], causal: bool, rows: int
) -> None:
    torch.manual_seed(0)
    query = torch.randn(BATCH, HEADS, rows, HEAD_DIM)
    own = torch.randn(2, BATCH, KV_HEADS, rows, HEAD_DIM)
    mask = torch.ones(rows, rows, dtype=torch.bool).tril() if causal else None

    def learnt(attend: Callable[[Tensor, KeyValue], Tensor]) -> list[Tensor]:
        q, k, v = (t.clone().requires_grad_() for t in (query, *own))
        out = attend(q, (k, v))
        (out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
        assert all(t.grad is not None and t.grad.isfinite().all() for t in (q, k, v))
        return [out.detach(), *(t.grad for t in (q, k, v) if t.grad is not None)]

    blocks = learnt(lambda q, kv: canvas_attention(q, kv, prefix, None, causal))
    # with a mask torch computes it
    seen = torch.ones(rows, rows + sum(k.shape[2] for k, _ in prefix)).bool()
    whole = learnt(lambda q, kv: canvas_attention(q, kv, prefix, seen if mask is None else mask))
    for mine, theirs in zip(blocks, whole, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
