"""What an editor decides about its engine daemon. Knows nothing of sockets, processes or models."""

from dataclasses import dataclass
from pathlib import Path

from fillwright.engine.remote.settings import RemoteSettings


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Which daemon to use, and how it is started when there is none.

    `checkpoint` None means the embedded model, `runtime_dir` None the folder of this user. With a
    `remote` the daemon has no model: it stands before that server. `checkpoint`, `device`,
    `runtime_dir` and `remote` name the daemon: two editors that agree on them share one. The daemon
    leaves after `idle_seconds` without work, as the client that started it wanted;
    `start_timeout_s` bounds the wait for its process to answer, not for the model to load.
    """

    checkpoint: Path | None = None
    device: str = "auto"
    runtime_dir: Path | None = None
    idle_seconds: float = 900
    start_timeout_s: float = 60
    remote: RemoteSettings | None = None

    def __post_init__(self) -> None:
        if self.idle_seconds <= 0:
            raise ValueError(f"the idle time must be positive, not {self.idle_seconds} s")
        if self.start_timeout_s <= 0:
            raise ValueError(f"the start timeout must be positive, not {self.start_timeout_s} s")
