"""What the doctor says of one thing."""

from dataclasses import dataclass

from fillwright.lsp_server.cli.marks import State


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was `found`, and the `remedy` in a sentence.

    "error" keeps Fillwright from working; "warning" and "missing" do not. "missing" is what is not
    there and need not be, dimmed on the screen.
    """

    name: str
    state: State
    found: str
    remedy: str | None = None

    @property
    def is_ok(self) -> bool:
        return self.state != "error"


def ok(name: str, found: str) -> Finding:
    return Finding(name, "ok", found)


def wrong(name: str, found: str, remedy: str | None = None) -> Finding:
    return Finding(name, "error", found, remedy)
