"""Where the embedded checkpoint lies. Knows nothing of what is in it."""

from pathlib import Path


def embedded_checkpoint() -> Path:
    """The folder of `fillwright-small`, inside the package."""
    return Path(__file__).parent / "checkpoints" / "fillwright-small"
