"""The tensors of a checkpoint folder with an adapter added, stored as the checkpoint stores them.

What is in int8 is in int8 again, each row with a scale of its own; the sum is rounded as the
checkpoint was.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.safetensors_files import stored_name
from fillwright.engine.model.stored_arrays import StoredArrays

LARGEST = 127


class AdaptedArrays(StoredArrays):
    """As StoredArrays. Raises CheckpointError for an adapter of matrices that the folder does not
    have, or not in int8 or bfloat16."""

    def __init__(self, folder: Path, adapter: Adapter) -> None:
        super().__init__(folder)
        self._adapter = adapter
        self._changed = {stored_name(name): name for name in adapter.matrices}
        stored = {name: mine for name, mine in self._changed.items() if name in self}
        adapter.check({mine: self.shape(name) for name, mine in stored.items()})
        for name in stored:
            if self.form(name) not in ("I8", "BF16"):
                raise CheckpointError(
                    f"{folder} has {name} as {self.form(name)}, to which no adapter can be added; "
                    "use the checkpoint in int8 or bfloat16."
                )
        self._sums: dict[str, tuple[NDArray[np.int8], NDArray[np.float32]]] = {}

    def read(self, name: str, *shape: int) -> NDArray[Any]:
        """The sum's integers where those of the checkpoint are in int8."""
        if name in self._changed and self.form(name) == "I8":
            return self._sum(name)[0]
        return super().read(name, *shape)

    def scales(self, name: str, rows: int) -> NDArray[np.float32]:
        """Of the sum's integers where they are such."""
        if name in self._changed and self.form(name) == "I8":
            return self._sum(name)[1]
        return super().scales(name, rows)

    def bfloat16(self, name: str, *shape: int) -> NDArray[np.uint16]:
        """The bits of the sum, rounded to the nearest, of equals to the even one."""
        stored = super().bfloat16(name, *shape)
        if name not in self._changed:
            return stored
        whole = (stored.astype(np.uint32) << 16).view(np.float32) + self._delta(name)
        bits = whole.view(np.uint32)
        rounded: NDArray[np.uint16] = (bits + 0x7FFF + (bits >> 16 & 1) >> 16).astype(np.uint16)
        return rounded

    def _sum(self, name: str) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """int8 [rows, columns] and a scale for each row."""
        if name not in self._sums:
            shape = self.shape(name)
            scale = super().scales(name, shape[0])[:, None]
            whole = super().read(name, *shape) * scale + self._delta(name)
            # a row of zeros has no scale of its own; any will do
            own = np.abs(whole).max(axis=1, keepdims=True) / LARGEST
            own = np.maximum(own, np.finfo(np.float32).tiny)
            self._sums[name] = np.rint(whole / own).astype(np.int8), own[:, 0]
        return self._sums[name]

    def _delta(self, name: str) -> NDArray[np.float32]:
        delta = self._adapter.delta(self._changed[name])
        assert delta is not None
        return delta
