"""A run's folder: `run.json` says what is asked, `items.jsonl` holds one record per line.

A run that was ended goes on where it was: what is in the folder is not asked again. Knows nothing
of models or of how answers are judged.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

import cattrs

from fillwright.engine.errors import BadRequest


class Keyed(Protocol):
    """A record, and what no two of a run have in common."""

    @property
    def key(self) -> tuple[str, ...]: ...


Kept = TypeVar("Kept", bound=Keyed)


@dataclass(frozen=True, slots=True)
class Record:
    """One arm's answer to one question, and what it was worth. `verdict`, `identifiers` and
    `resolved` are None where the benchmark does not say."""

    name: str
    group: str
    kind: str
    arm: str
    decode: str
    steps: int | None
    length: str
    fill: str
    gold: str
    exact: bool
    similarity: float
    parses: bool
    verdict: str | None
    identifiers: int | None
    resolved: int | None
    tokens: int
    forwards: int
    ms: float
    confidences: tuple[float, ...]
    unmet: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return self.name, self.arm

    @property
    def passed(self) -> bool:
        """What the benchmark counts: its tests where it has any, else the exact text."""
        return self.exact if self.verdict is None else self.verdict == "passed"


class Journal(Generic[Kept]):
    """The records of a folder, and a way to add one that no kill spoils."""

    def __init__(self, folder: Path, settings: dict[str, Any], kind: type[Kept]) -> None:
        """Raises BadRequest when the folder holds a run with other settings."""
        folder.mkdir(parents=True, exist_ok=True)
        _agree(folder / "run.json", settings)
        self.records, whole = _read(folder / "items.jsonl", kind)
        self._file = (folder / "items.jsonl").open("r+b" if whole else "wb")
        self._file.truncate(whole)
        self._file.seek(whole)
        self._known = {record.key for record in self.records}

    def __enter__(self) -> "Journal[Kept]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def has(self, *key: str) -> bool:
        return key in self._known

    def add(self, record: Kept) -> None:
        line = json.dumps(cattrs.unstructure(record), separators=(",", ":"))
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        self._known.add(record.key)
        self.records.append(record)


def read_settings(folder: Path) -> dict[str, Any]:
    """A run's settings. Raises BadRequest when the folder holds none."""
    try:
        settings: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise BadRequest(f"{folder} holds no run; give a folder that --out was given.") from None
    return settings


def read_records(folder: Path, kind: type[Kept]) -> list[Kept]:
    """A run's records. Raises BadRequest when they are of another kind or version."""
    return _read(folder / "items.jsonl", kind)[0]


def write_whole(path: Path, value: object) -> None:
    """Write JSON so that a reader sees the old file or the new one, never half of it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
    os.replace(fresh, path)


def _agree(path: Path, settings: dict[str, Any]) -> None:
    if not path.exists():
        write_whole(path, settings)
        return
    known = json.loads(path.read_text("utf-8"))
    differing = [name for name in settings | known if settings.get(name) != known.get(name)]
    if differing:
        raise BadRequest(
            f"{path.parent} holds a run with other settings ({', '.join(differing)}); "
            "give another --out, or what it was started with."
        )


def _read(path: Path, kind: type[Kept]) -> tuple[list[Kept], int]:
    """The records, and how many bytes of the file they take: a killed run may leave half a line."""
    raw = path.read_bytes() if path.exists() else b""
    whole = raw.rfind(b"\n") + 1
    converter = cattrs.Converter(forbid_extra_keys=True)
    try:
        records = [
            converter.structure(dict(json.loads(line)), kind) for line in raw[:whole].splitlines()
        ]
    except (ValueError, TypeError, cattrs.BaseValidationError):
        raise BadRequest(
            f"{path} holds what this version of Fillwright does not write; give another --out."
        ) from None
    return records, whole
