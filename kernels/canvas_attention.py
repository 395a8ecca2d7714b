"""Attention of new rows (prompt rows or canvas rows) over two sources: the prefix KV cache and the
rows' own keys and values.

    out = softmax(q [k_prefix ; k_rows]^T + mask) [v_prefix ; v_rows]         (scale 1)

q [batch, heads, rows, head_dim]; rows' k and v [batch, kv_heads, rows, head_dim]; prefix k and v
[batch or 1, kv_heads, prefix, head_dim] or None; heads is a multiple of kv_heads. mask: boolean,
broadcastable to [batch, 1, rows, prefix + rows], True where a row may look; None: everywhere,
or everything up to itself if `causal` (only without a prefix). Reads each key and value once.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

KeyValue = tuple[Tensor, Tensor]


def reference(
    q: Tensor, rows: KeyValue, prefix: KeyValue | None, mask: Tensor | None, causal: bool
) -> Tensor:
    key, value = rows
    if prefix is not None:
        batch = q.shape[0]
        key = torch.cat((prefix[0].expand(batch, -1, -1, -1), key), dim=2)
        value = torch.cat((prefix[1].expand(batch, -1, -1, -1), value), dim=2)
    if q.shape[2] == 1:
        # the query heads of one group become rows over the same keys: one pass over them, not many
        groups = q.view(q.shape[0], key.shape[1], -1, q.shape[3])
        out = F.scaled_dot_product_attention(groups, key, value, attn_mask=mask, scale=1.0)
        return out.view_as(q)
    return F.scaled_dot_product_attention(
        q, key, value, attn_mask=mask, is_causal=causal, scale=1.0, enable_gqa=True
    )


def canvas_attention(
    q: Tensor,
    rows: KeyValue,
    prefix: KeyValue | None = None,
    mask: Tensor | None = None,
    causal: bool = False,
) -> Tensor:
    """Returns [batch, heads, rows, head_dim]."""
    if causal and (prefix is not None or mask is not None):
        raise ValueError("causal stands alone: with a prefix or a mask, say it in the mask")
    return reference(q, rows, prefix, mask, causal)
