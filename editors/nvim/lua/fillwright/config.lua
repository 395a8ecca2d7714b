-- Every option of setup{}, with its default.

local M = {}

---@class fillwright.Keys
---@field accept? string|false insert mode: take the whole ghost text
---@field accept_word? string|false insert mode: take its next word
---@field accept_line? string|false insert mode: take the rest of its line, or its next line
---@field apply? string|false normal mode, while a rewrite is previewed: apply it
---@field reject? string|false normal mode, while a rewrite is previewed: drop it

---@class fillwright.Options
---@field ghost_text? boolean show ghost text while typing
---@field drafts? boolean show a fill while it converges
---@field keys? fillwright.Keys|false the keys to map; false maps none
---@field cmd? string[] the command that starts the language server
---@field filetypes? string[] where it is started; see lsp/fillwright.lua
---@field settings? table the server's own settings, as in `settings.fillwright`

M.defaults = {
  ghost_text = true,
  drafts = true,
  keys = {
    accept = "<M-l>",
    accept_word = "<M-w>",
    accept_line = "<M-j>",
    apply = "<CR>",
    reject = "<Esc>",
  },
  settings = {},
}

M.types = {
  ghost_text = "boolean",
  drafts = "boolean",
  keys = { "table", "boolean" },
  cmd = "table",
  filetypes = "table",
  settings = "table",
}

---@type fillwright.Options
M.options = vim.deepcopy(M.defaults)

--- Take up the user's options. Raises a sentence that names an option that cannot be used.
---@param given? fillwright.Options
function M.take(given)
  given = given or {}
  vim.validate("options", given, "table")
  M.known("option", given, M.types)
  for name, accepted in pairs(M.types) do
    vim.validate(name, given[name], accepted, true)
  end
  local keys = given.keys or {}
  vim.validate("keys", keys, "table")
  M.known("key", keys --[[@as table]], M.defaults.keys)
  M.options = vim.tbl_deep_extend("force", M.defaults, given)
  M.options.keys = given.keys == false and {} or M.options.keys
end

---@param kind string
---@param given table<string, any>
---@param known table<string, any>
function M.known(kind, given, known)
  for name in pairs(given) do
    if known[name] == nil then
      local names = vim.tbl_keys(known)
      table.sort(names)
      local list = table.concat(names, ", ")
      error(("fillwright: there is no %s %q; there are %s"):format(kind, name, list), 0)
    end
  end
end

return M
