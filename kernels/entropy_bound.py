"""Which rows a denoise step accepts: the surest ones, as many as the entropy bound allows.

    free rows in ascending order of entropy:  accept row k  iff  H_1 + ... + H_{k-1} <= bound

The sum without the largest term bounds the joint mutual information of the accepted tokens, so
that they may be sampled independently (arXiv 2505.24857). The first row is always accepted.
Of equal entropies the earlier row comes first.

Shapes: entropy float32 [batch, canvas], free bool [batch, canvas] -> bool [batch, canvas].
Bytes moved for N rows: 5N read, N written; the sort, the sum and the scatter here move about 40N.
Knows nothing of tokens.
"""

import torch
from torch import Tensor


def entropy_bound(entropy: Tensor, free: Tensor, bound: float) -> Tensor:
    """The accepted rows, bool [batch, canvas]. Rows that are not free are never accepted and spend
    nothing.

    entropy in nats, bound >= 0. A canvas with a free row accepts at least one.
    """
    ascending, order = entropy.masked_fill(~free, torch.inf).sort(stable=True)
    affordable = ascending.cumsum(-1) - ascending <= bound
    return torch.zeros_like(free).scatter(-1, order, affordable) & free
