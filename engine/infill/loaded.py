"""A network as loading hands it to an Infiller, whatever it runs on."""

from collections.abc import Sequence
from dataclasses import dataclass

from fillwright.engine.diffusion.denoise import Loop
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.interface import Model


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """The fields of the same name are explained in `Checkpoint`; a cache has `room` for so many
    tokens, None for as many as come."""

    model: Model
    device: str = "cpu"
    loop: Loop[Cache] | None = None
    caches: Sequence[Cache] = ()
    warning: str | None = None
    room: int | None = None
    no_memory: tuple[type[Exception], ...] = ()
