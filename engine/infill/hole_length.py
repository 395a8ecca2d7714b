"""How many rows each hole gets on a canvas. Strategy: end marks; a hole has rows to spare and its
end mark says where it ends.

Knows token counts and canvases; knows nothing of text or models.
"""

from collections.abc import Sequence

from fillwright.engine.diffusion.canvas import BUCKETS, Canvas, bucket

SPARE_ROWS = 4
SPARE_SHARE = 0.25


def single_canvas(head: Sequence[int], pinned: Sequence[int], length: int) -> Canvas:
    """One hole that reaches the end of a canvas of `length` rows and may go on in the next.

    `head` repeats the prompt's last tokens, `pinned` are known first tokens of the fill.
    """
    known = [*head, *pinned]
    return Canvas.lay_out([length - len(known)], head=known, length=length)


def joint_canvas(
    head: Sequence[int],
    pinned: Sequence[int],
    holes: Sequence[int],
    between: Sequence[Sequence[int]],
) -> Canvas | None:
    """Every hole with its rows and the known text between on one canvas; None if none is as
    long."""
    known = [*head, *pinned]
    if len(known) + sum(holes) + sum(map(len, between)) > BUCKETS[-1]:
        return None
    return Canvas.lay_out(holes, between, head=known)


def rows_for_draft(drafted: int, budget: int) -> int:
    """Rows for a hole whose draft has `drafted` tokens: room for its end mark and some growth."""
    return min(
        max(drafted, 1) + max(SPARE_ROWS, int(drafted * SPARE_SHARE)), max(drafted, budget) + 1
    )


def single_canvas_length(limit: int, budget: int, known: int) -> int:
    """The length of a single hole's canvas: the checkpoint's, or the smallest bucket that holds a
    smaller budget."""
    return min(limit, bucket(min(budget + known + 1, BUCKETS[-1])))
