"""When a canvas is done: its argmax canvas is stable and its live rows are confident.

Knows nothing of models, noise or steps.
"""

from fillwright.kernels.arrays import Array, namespace


def unchanged_steps(argmax_canvas: Array, previous: Array, unchanged: Array) -> Array:
    """For how many steps the argmax canvas has stayed the same -> int64 [batch].

    argmax_canvas, previous int64 [batch, canvas]; unchanged int64 [batch], the count before this
    step.
    """
    xp = namespace(unchanged)
    return xp.where((argmax_canvas == previous).all(-1), unchanged + 1, 0)


def confident(entropy: Array, live: Array, threshold: float) -> Array:
    """Whether the mean entropy of the live rows is below the threshold (nats) -> bool [batch].

    entropy float32, live bool [batch, canvas]; every canvas has a live row.
    """
    return (entropy * live).sum(-1) / live.sum(-1) < threshold
