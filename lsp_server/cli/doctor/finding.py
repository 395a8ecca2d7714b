"""What the doctor says of one thing."""

from dataclasses import dataclass

from fillwright.lsp_server.cli.marks import State


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was `found`, and the `remedy` in a sentence.

    "amiss" keeps Fillwright from working; "advice" and "absent" do not.
    """

    name: str
    state: State
    found: str
    remedy: str | None = None

    @property
    def is_well(self) -> bool:
        return self.state != "amiss"


def well(name: str, found: str) -> Finding:
    return Finding(name, "well", found)


def amiss(name: str, found: str, remedy: str | None = None) -> Finding:
    return Finding(name, "amiss", found, remedy)
