-- Neovim reads this file for `vim.lsp.enable("fillwright")`, with or without the rest of the plugin's
-- setup. `vim.lsp.config("fillwright", { ... })` changes any of it; the server's own settings go into
-- `settings.fillwright`.

-- what Neovim calls these languages -> what the Language Server Protocol does
local language_ids = {
  bash = "shellscript",
  cs = "csharp",
  eruby = "erb",
  sh = "shellscript",
  text = "plaintext",
}

---@type vim.lsp.Config
return {
  cmd = { "fillwright", "serve" },
  filetypes = {
    "bash",
    "c",
    "cpp",
    "cs",
    "css",
    "dockerfile",
    "elixir",
    "elm",
    "erlang",
    "eruby",
    "fortran",
    "go",
    "haskell",
    "hcl",
    "html",
    "java",
    "javascript",
    "javascriptreact",
    "json",
    "julia",
    "kotlin",
    "lisp",
    "lua",
    "make",
    "markdown",
    "objc",
    "ocaml",
    "perl",
    "php",
    "python",
    "r",
    "rst",
    "ruby",
    "rust",
    "scala",
    "sh",
    "sql",
    "svelte",
    "swift",
    "terraform",
    "text",
    "toml",
    "typescript",
    "typescriptreact",
    "vue",
    "yaml",
    "zsh",
  },
  get_language_id = function(_, filetype)
    return language_ids[filetype] or filetype
  end,
  root_markers = { "pyproject.toml", "package.json", "go.mod", "Cargo.toml", ".git" },
  settings = { fillwright = { drafts = { enabled = true } } },
  handlers = {
    ["fillwright/draft"] = function(_, draft, context)
      require("fillwright.drafts").show(draft, context.client_id)
    end,
    ["fillwright/status"] = function(_, status, context)
      require("fillwright.status").take(status, context.client_id)
    end,
    ["workspace/executeCommand"] = function(...)
      return require("fillwright.requests").answered(...)
    end,
  },
  commands = {
    ["fillwright.fill"] = function(command, context)
      require("fillwright.requests").run(command, context)
    end,
  },
  on_exit = function(code, signal, client_id)
    vim.schedule(function()
      require("fillwright.status").exited(code, signal, client_id)
    end)
  end,
}
