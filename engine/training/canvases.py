"""Lays samples out on training canvases the way decoding does.

    hole 1: middle, end marks | pinned text between | hole 2 ... | pinned head of the suffix

Knows token ids; knows no network and no noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from fillwright.engine.training.samples import Piece

HEAD_SHARE = 0.3
LONG_HEAD_SHARE = 0.5
SHORT_HEAD = 12
SPARE_ROWS = 8
"""How often the head of the suffix is pinned after the hole, how often it is longer than so many
tokens, and the rows that end marks may take. Set by hand; none was varied."""


@dataclass(slots=True)
class TrainingCanvas:
    """Ids, the pinned rows, and the weight of each row in the denoising loss, all one per row.

    All end marks of a hole after its first count as one token together; where there are several,
    the first is the first of them and the last fills up. `led` is how many rows
    a causal pass over the canvas can say something of: the first hole up to its first end mark.
    """

    ids: list[int] = field(default_factory=list)
    pinned: list[bool] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    led: int = 0

    def add_hole(self, middle: Sequence[int], spare: int, end_marks: Sequence[int]) -> None:
        """Free rows: the middle and `spare` rows for end marks."""
        if not self.ids:
            self.led = len(middle) + min(1, spare)
        ends = [*end_marks[:1], *[end_marks[-1]] * spare]
        self.ids += [*middle, *ends[:spare]]
        self.pinned += [False] * (len(middle) + spare)
        later = max(0, spare - 1)
        self.weights += [1.0] * (len(middle) + min(1, spare)) + [1.0 / max(1, later)] * later

    def pin(self, text: Sequence[int]) -> None:
        self.ids += text
        self.pinned += [True] * len(text)
        self.weights += [0.0] * len(text)


def lay_out(
    pieces: Sequence[Piece], size: int, end_marks: Sequence[int], random: Random
) -> TrainingCanvas | None:
    """A canvas of `size` rows; None where several holes do not fit.

    A single middle may be longer than the canvas: decoding goes on with the next one. In
    `HEAD_SHARE` of the canvases the suffix's head is pinned after the last hole, half the time
    as much of it as there is room for, so that the hole may be exactly as long as its middle.
    """
    canvas = TrainingCanvas()
    *firsts, last = pieces
    for piece in firsts:
        spare = random.randint(0 if piece.middle else 1, SPARE_ROWS)
        canvas.add_hole(piece.middle, spare, end_marks)
        canvas.pin(piece.after)
    room = size - len(canvas.ids)
    if room < len(last.middle) and firsts:
        return None
    middle = last.middle[:room]
    room -= len(middle)
    head: Sequence[int] = ()
    if random.random() < HEAD_SHARE:
        room_for_head = room if middle else room - 1
        long = random.random() < LONG_HEAD_SHARE
        head = last.after[: room_for_head if long else min(room_for_head, SHORT_HEAD)]
    canvas.add_hole(middle, room - len(head), end_marks)
    canvas.pin(head)
    return canvas
