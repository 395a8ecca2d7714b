"""Files that one command of `fillwright train` makes and another one reads."""

from pathlib import Path

from fillwright.engine.errors import BadRequest


def made(path: Path, by: str) -> Path:
    """A file that another command makes. Raises BadRequest when it is not there."""
    if not path.exists():
        raise BadRequest(f"{path} is missing; run `fillwright train {by}` first.")
    return path
