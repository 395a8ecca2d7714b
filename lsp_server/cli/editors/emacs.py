"""Emacs: an entry for eglot in the user's init file, between two marks.

eglot speaks with one server per buffer. In Python buffers that becomes Fillwright; in others it
is where eglot knows no server of the language.
"""

import json
from pathlib import Path

from fillwright.lsp_server.cli.editors.places import Places
from fillwright.lsp_server.cli.editors.plan import Plan, changed, existing, with_block

BLOCK = """\
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((python-mode python-ts-mode) . ({command} "serve")))
  (add-to-list 'eglot-server-programs
               '((prog-mode text-mode) . ({command} "serve")) t))
"""
THEN = (
    "Open a Python file and run `M-x eglot`; it needs Emacs 29, or eglot from GNU ELPA.",
    "`M-x eglot-code-actions` fills the body around the cursor; eglot shows no ghost text.",
    "eglot speaks with one server per buffer: `C-u M-x eglot` asks for another one.",
)


def plan(places: Places) -> Plan:
    """What Emacs lacks."""
    path = _init_file(places)
    source = existing(path)
    block = BLOCK.format(command=json.dumps(str(places.command), ensure_ascii=False))
    after = with_block(source.text if source is not None else "", ";;", block)
    return Plan(changes=changed(path, source, after), then=THEN)


def _init_file(places: Places) -> Path:
    """The one that Emacs would read; "Finding Your Initialization File" in its manual."""
    home = places.app_data if places.platform == "win32" else places.home
    folder = home / ".emacs.d"
    candidates = [home / ".emacs.el", home / ".emacs", folder / "init.el"]
    for path in candidates:
        if path.exists():
            return path
    if folder.is_dir() or places.platform == "win32":
        return folder / "init.el"
    return places.config / "emacs" / "init.el"
