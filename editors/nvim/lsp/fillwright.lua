-- Fillwright for Neovim 0.11 and later: put this folder on the runtimepath, then
-- `vim.lsp.enable("fillwright")`. Every setting has a default; see lsp_server/settings.py.
return {
  cmd = { "fillwright", "serve" },
  filetypes = { "python" },
  root_markers = { "pyproject.toml", "setup.py", ".git" },
  settings = { fillwright = {} },
}
