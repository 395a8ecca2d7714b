"""The models that adapters make of one checkpoint, the last few used. Knows folders."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from fillwright.engine.model.adapter import WEIGHTS, Adapter

Made = TypeVar("Made")
KEPT = 2
"""For two projects in turn; each is as large as the checkpoint."""


class Adapted(Generic[Made]):
    """`make` adds an adapter, whose folder has this name, to the checkpoint, which itself stays as
    it is."""

    def __init__(self, make: Callable[[str, Adapter], Made]) -> None:
        self._make = make
        self._made: OrderedDict[tuple[str, int], Made] = OrderedDict()

    def __call__(self, folder: str) -> Made:
        """What the adapter in a folder makes, read again when it was written again. Raises
        CheckpointError where it cannot be used."""
        path = Path(folder).expanduser()
        weights = path / WEIGHTS
        key = folder, weights.stat().st_mtime_ns if weights.exists() else 0
        if key not in self._made:
            made = self._make(path.name, Adapter.read(path))
            while len(self._made) >= KEPT:
                self._made.popitem(last=False)
            self._made[key] = made
        self._made.move_to_end(key)
        return self._made[key]
