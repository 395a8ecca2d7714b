"""How an editor indents where a file does not show it. Knows no editor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Formatting:
    """How the editor indents where a file does not show it."""

    tab_size: int
    insert_spaces: bool

    @property
    def unit(self) -> str:
        """One step of indentation."""
        return " " * max(1, self.tab_size) if self.insert_spaces else "\t"
