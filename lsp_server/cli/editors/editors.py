"""The editors that can be set up: their names, their programs, and the module that plans each."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.editors import emacs, helix, neovim, vscode, zed
from fillwright.lsp_server.cli.editors.places import Places
from fillwright.lsp_server.cli.editors.plan import Plan


@dataclass(frozen=True, slots=True)
class Editor:
    """`programs` are the names under which it is on the PATH; older than `least` it is no use."""

    title: str
    programs: tuple[str, ...]
    least: tuple[int, ...]
    plan: Callable[[Places], Plan]

    def version(self, places: Places) -> str | None:
        """What the editor on the PATH says of its version: "" when nothing, None without one."""
        program = places.program(*self.programs)
        if program is None:
            return None
        try:
            said = places.ask(program, "--version")
        except BadRequest:
            return ""
        found = re.search(r"\d+(\.\d+)+", said)
        return found[0] if found is not None else ""

    def is_too_old(self, version: str) -> bool:
        """Whether a version that is known is older than what is needed."""
        numbers = tuple(int(number) for number in version.split(".") if number)
        return bool(numbers) and numbers < self.least


EDITORS = {
    "neovim": Editor("Neovim", ("nvim",), (0, 11), neovim.plan),
    "vscode": Editor("VS Code", vscode.PROGRAMS, (1, 91), vscode.plan),
    "helix": Editor("Helix", ("hx", "helix"), (23, 10), helix.plan),
    "emacs": Editor("Emacs", ("emacs",), (28,), emacs.plan),
    "zed": Editor("Zed", ("zed", "zeditor"), (0, 204), zed.plan),
}
