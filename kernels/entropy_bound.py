"""Which rows a denoise step accepts: the surest ones, as many as the entropy bound allows.

    free rows in ascending order of entropy:  accept row k  iff  H_1 + ... + H_{k-1} <= bound

The sum without the largest term bounds the joint mutual information of the accepted tokens, so
that they may be sampled independently (arXiv 2505.24857). The first row is always accepted.
Of equal entropies the earlier row comes first.

Shapes: entropy float32 [batch, canvas], free bool [batch, canvas] -> bool [batch, canvas].
Bytes moved for N rows: 5N read, N written; the sort, the sum and the scatter here move about 40N.
Knows nothing of tokens.
"""

import math

from fillwright.kernels.arrays import Array, along, namespace


def entropy_bound(entropy: Array, free: Array, bound: float) -> Array:
    """The accepted rows, bool [batch, canvas]. Rows that are not free are never accepted and spend
    nothing.

    entropy in nats, bound >= 0. A canvas with a free row accepts at least one.
    """
    xp = namespace(entropy)
    order = xp.argsort(xp.where(free, entropy, math.inf), axis=-1, stable=True)
    ascending = along(xp.where(free, entropy, 0.0), order)
    affordable = ascending.cumsum(-1) - ascending <= bound
    place = xp.argsort(order, axis=-1)
    return along(affordable, place) & free
