"""The signs and the home folder's short name, as `setup` and `doctor` show them."""

from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

State = Literal["ok", "warning", "error", "missing"]
_SIGNS: dict[State, tuple[str, str, str]] = {
    "ok": ("✓", "ok", "green"),
    "warning": ("!", "! ", "yellow"),
    "error": ("✗", "X ", "bold red"),
    "missing": ("·", "- ", "dim"),
}


def mark(console: Console, state: State) -> Text:
    """The sign of a state, as the terminal's encoding allows."""
    sign, plain, style = _SIGNS[state]
    return Text(sign if console.encoding.startswith("utf") else plain, style=style)


def tilde(text: str) -> str:
    """`text` with `~` for the user's home folder, wherever it names it."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text
