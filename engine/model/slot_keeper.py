"""Which document's prefix lies in which slot of a GPU's cache; the least recently used gives way.

Knows tokens and slots' numbers; knows no tensors.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """A slot, and how many leading tokens of the prompt it holds already."""

    slot: int
    tokens: int


class SlotKeeper:
    """`slots` of them, each with `room` for so many tokens. Raises ValueError for none."""

    def __init__(self, slots: int, room: int) -> None:
        if slots < 1 or room < 1:
            raise ValueError("a cache needs at least one slot, with room for a token")
        self.room = room
        self._free = list(range(slots))[::-1]
        # oldest first
        self._held: OrderedDict[Hashable, tuple[int, list[int]]] = OrderedDict()

    def find(self, document: Hashable, prompt: Sequence[int]) -> Kept:
        """The document's slot, its own or another's that it takes over. Raises ValueError for a
        prompt that no slot has room for."""
        if len(prompt) > self.room:
            raise ValueError(f"a prompt of {len(prompt)} tokens, and room for {self.room}")
        if document in self._held:
            slot, ids = self._held.pop(document)
        elif self._free:
            slot, ids = self._free.pop(), []
        else:
            _, (slot, ids) = self._held.popitem(last=False)
        pairs = zip(ids, prompt, strict=False)
        same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(ids), len(prompt)))
        self._held[document] = slot, ids[:same]
        return Kept(slot, same)

    def holds(self, document: Hashable, prompt: Sequence[int]) -> None:
        """The document's slot now holds all of the prompt. Raises KeyError when it has none."""
        slot, _ = self._held[document]
        self._held[document] = slot, list(prompt)


def tail_bucket(prompt: int, kept: int, buckets: Sequence[int]) -> int:
    """How many of a prompt's last tokens to read together with the canvas: the smallest bucket
    (ascending) that holds those behind the `kept` ones, though it read some again, for every length
    has a graph of its own. Where none is so large, or the prompt is shorter, what is missing
    exactly."""
    missing = prompt - kept
    fitting = (bucket for bucket in buckets if missing <= bucket <= prompt)
    return next(fitting, missing)
