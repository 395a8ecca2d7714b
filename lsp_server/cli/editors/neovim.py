"""Neovim: a file of its own in the user's `plugin` folder, which Neovim reads after init.lua.

So no file of the user's is changed, and it works beside any plugin manager.
"""

import json
from pathlib import Path

from fillwright.lsp_server.cli.editors.places import Places, neovim_plugin
from fillwright.lsp_server.cli.editors.plan import Plan, changed, existing, with_block

# the runtimepath's new entry is not looked through any more while plugins are being loaded
BLOCK = """\
local plugin = {plugin}
vim.opt.runtimepath:append(plugin)
vim.cmd.source(vim.fn.fnameescape(plugin .. "/plugin/fillwright.lua"))
vim.lsp.config("fillwright", {{ cmd = {{ {command}, "serve" }} }})
require("fillwright").setup()
"""
THEN = (
    "Open a source file and type in insert mode: ghost text appears, and Alt-L takes it.",
    "`:Fillwright fill` fills the body around the cursor; `:help fillwright` tells the rest.",
    'Options go into a `require("fillwright").setup({ ... })` of yours, below the marked lines.',
)


def plan(places: Places) -> Plan:
    """What Neovim lacks."""
    path = _folder(places) / "plugin" / "fillwright.lua"
    source = existing(path)
    block = BLOCK.format(plugin=_lua(neovim_plugin()), command=_lua(places.command))
    after = with_block(source.text if source is not None else "", "--", block)
    return Plan(changes=changed(path, source, after), then=THEN)


def _folder(places: Places) -> Path:
    name = places.environment.get("NVIM_APPNAME") or "nvim"
    if places.platform == "win32" and not places.environment.get("XDG_CONFIG_HOME"):
        local = places.environment.get("LOCALAPPDATA") or places.home / "AppData" / "Local"
        return Path(local) / name
    return places.config / name


def _lua(path: Path) -> str:
    # the escapes of JSON that a path can need are Lua's as well
    return json.dumps(str(path), ensure_ascii=False)
