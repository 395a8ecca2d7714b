"""Attention of new rows (prompt rows or canvas rows) over what lies before them, mostly the prefix
KV cache, and over the rows' own keys and values.

    out = softmax(q [k_prefix ; k_rows]^T + mask) [v_prefix ; v_rows]         (scale 1)

q [batch, heads, rows, head_dim]; rows' k and v [batch, kv_heads, rows, head_dim]; prefix: k and v
[batch or 1, kv_heads, prefix, head_dim], any number of such pairs one after another; heads is a
multiple of kv_heads. mask: boolean, broadcastable to [batch, 1, rows, prefixes + rows], True where
a row may look; None: everywhere, or everything up to itself if `causal` (only without a prefix).

Keys and values are read once, by one row of every continuation of a shared prefix too:

    out = out_rows + s (out_prefix - out_rows),   s = sigmoid(lse_prefix - lse_rows)

with lse the logarithm of a softmax's denominator (the merge of Flash-Decoding, Dao et al. 2023).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

KeyValue = tuple[Tensor, Tensor]

LEARNT_ROWS = 112


def _learnt(q: Tensor, key: Tensor, value: Tensor, causal: bool) -> Tensor:
    """In products of a few rows each, and of no key that none of them may look at: on a CPU, with
    its gradients, three times as fast as what torch has."""
    grouped = q.reshape(q.shape[0] * key.shape[1], -1, *q.shape[2:])
    key, value = key.flatten(0, 1), value.flatten(0, 1)
    out = []
    for start in range(0, q.shape[2], LEARNT_ROWS):
        block = grouped[:, :, start : start + LEARNT_ROWS]
        seen = start + block.shape[2] if causal else key.shape[1]
        scores = block.flatten(1, 2) @ key[:, :seen].mT
        if causal:
            later = torch.ones(block.shape[2], seen, dtype=torch.bool).triu(start + 1)
            scores = scores.view(*block.shape[:3], seen).masked_fill(later, -torch.inf)
            scores = scores.flatten(1, 2)
        weights = scores.softmax(-1, dtype=torch.float32).to(q.dtype)
        out.append((weights @ value[:, :seen]).view_as(block))
    return torch.cat(out, 2).view_as(q)


def _joined(parts: Sequence[KeyValue], batch: int) -> KeyValue:
    if len(parts) == 1:
        return parts[0]
    keys, values = zip(*parts, strict=True)
    return (
        torch.cat([key.expand(batch, -1, -1, -1) for key in keys], dim=2),
        torch.cat([value.expand(batch, -1, -1, -1) for value in values], dim=2),
    )


def _merged(q: Tensor, shared: KeyValue, own: KeyValue) -> Tensor:
    """One row per batch entry: all entries' rows, and all heads of a group, over the shared keys at
    once; then over each entry's own."""
    batch, kv_heads, head_dim = q.shape[0], own[0].shape[1], q.shape[3]
    groups = q.reshape(batch, kv_heads, -1, head_dim)
    together = groups.transpose(0, 1).reshape(1, kv_heads, -1, head_dim)
    attend = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    before, before_lse = attend(together, *shared, scale=1.0)
    before = before.view(kv_heads, batch, -1, head_dim).transpose(0, 1)
    before_lse = before_lse.view(kv_heads, batch, -1).transpose(0, 1)
    after, after_lse = attend(groups, *own, scale=1.0)
    share = torch.sigmoid(before_lse - after_lse)[..., None]
    return torch.lerp(after.float(), before.float(), share).to(q.dtype).view_as(q)


def canvas_attention(
    q: Tensor,
    rows: KeyValue,
    prefix: Sequence[KeyValue] = (),
    mask: Tensor | None = None,
    causal: bool = False,
) -> Tensor:
    """Shapes as above -> [batch, heads, rows, head_dim]. Raises ValueError for `causal` with a
    prefix or a mask."""
    if causal and (prefix or mask is not None):
        raise ValueError("causal stands alone: with a prefix or a mask, say it in the mask")
    # over no key at all, torch's kernel for one row divides by zero, which ends the process
    prefix = [part for part in prefix if part[0].shape[2]]
    single = q.shape[2] == 1 and mask is None and not q.requires_grad
    if single and prefix and prefix[0][0].shape[0] == 1 and q.device.type == "cpu":
        own = _joined((*prefix[1:], rows), q.shape[0])
        return _merged(q, prefix[0], own)
    key, value = _joined((*prefix, rows), q.shape[0])
    if q.requires_grad and q.device.type == "cpu" and mask is None:
        return _learnt(q, key, value, causal)
    return F.scaled_dot_product_attention(
        q, key, value, attn_mask=mask, is_causal=causal, scale=1.0, enable_gqa=True
    )
