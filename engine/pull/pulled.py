"""Which folders models were pulled into: a list that editors offer to choose from.

Lost, it costs a menu its entries and nothing else.
"""

import json
from pathlib import Path

CONFIG = "config.json"


def pulled_folders() -> tuple[Path, ...]:
    """Every folder that was pulled into and still holds a whole model, the latest first."""
    return tuple(folder for folder in _listed() if (folder / CONFIG).is_file())


def note_pulled(folder: Path) -> None:
    """A model was pulled into this folder. Raises `OSError` where that cannot be written down."""
    folders = dict.fromkeys([folder.resolve(), *pulled_folders()])
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([str(each) for each in folders]), encoding="utf-8")


def _listed() -> list[Path]:
    try:
        listed = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [Path(each) for each in listed if isinstance(each, str)]


def _file() -> Path:
    return Path.home() / ".cache" / "fillwright" / "pulled.json"
