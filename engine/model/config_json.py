"""A checkpoint's config.json, read entry by entry, so that each error names the entry at fault.

Knows JSON and its kinds of values, not what they mean to the network.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from fillwright.engine.errors import CheckpointError


def read_config(folder: Path) -> dict[str, Any]:
    """The parsed config.json of a checkpoint folder. Raises CheckpointError."""
    path = folder / "config.json"
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(
            f"{folder} is not a model folder: it has no config.json; name a folder in the "
            "Hugging Face layout."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); download it again.") from error
    if not isinstance(parsed, dict):
        raise CheckpointError(f"{path} holds no JSON object; download it again.")
    return parsed


@dataclass(frozen=True, slots=True)
class Section:
    """An object of config.json. An entry that is null counts as absent.

    `place` is the object's own name with a dot after it, empty for the whole file. Every reader
    raises CheckpointError.
    """

    place: str
    entries: Mapping[str, Any]

    def size(self, key: str, default: int | None = None) -> int:
        value = self._present(key, default)
        if type(value) is not int or not 0 < value < 2**31:
            raise self.wrong(key, "a positive whole number")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        value = self._present(key, default)
        if type(value) not in (int, float) or not 0 < value < float("inf"):
            raise self.wrong(key, "a positive number")
        return float(value)

    def section(self, key: str) -> Self:
        value = self._present(key, None)
        if not isinstance(value, Mapping):
            raise self.wrong(key, "an object")
        return type(self)(f"{self.place}{key}.", value)

    def choice(self, key: str, *known: object) -> object:
        """An entry that must be one of `known`; None among them lets it be absent."""
        value = self.entries.get(key)
        if value not in known:
            raise self.wrong(key, " or ".join(json.dumps(each) for each in known))
        return value

    def wrong(self, key: str, wanted: str) -> CheckpointError:
        """The error that says what this entry should have been."""
        found = json.dumps(self.entries.get(key))
        return CheckpointError(
            f"config.json gives {self.place}{key} as {found:.200}, but it must be {wanted}; use a "
            "checkpoint with its own config.json."
        )

    def _present(self, key: str, default: object) -> Any:
        value = self.entries.get(key)
        if value is None:
            value = default
        if value is None:
            raise CheckpointError(
                f"config.json lacks {self.place}{key}; use a complete checkpoint."
            )
        return value
