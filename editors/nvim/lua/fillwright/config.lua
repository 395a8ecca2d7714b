-- Every option of setup{}, with its default.

local messages = require("fillwright.messages")

local M = {}

---@class fillwright.Keys
---@field accept? string|false insert mode: take the whole ghost text
---@field accept_word? string|false insert mode: take its next word
---@field accept_line? string|false insert mode: take the rest of its line, or its next line
---@field apply? string|false normal mode, while a rewrite is previewed: apply it
---@field reject? string|false normal mode, while a rewrite is previewed: drop it
---@field less? string|false normal mode, while a rewrite is previewed: have it change less
---@field more? string|false normal mode, while a rewrite is previewed: have it change more

---@class fillwright.Options
---@field ghost_text? boolean show ghost text while typing
---@field drafts? boolean show a fill while it converges
---@field keys? fillwright.Keys|false the keys to map; false maps none
---@field cmd? string[] the command that starts the language server
---@field filetypes? string[] where it is started; see lsp/fillwright.lua
---@field ignore_filetypes? string[] where of these it is not started
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
    less = "-",
    more = "+",
  },
  ignore_filetypes = {},
  settings = {},
}

M.types = {
  ghost_text = "boolean",
  drafts = "boolean",
  keys = { "table", "boolean" },
  cmd = "table",
  filetypes = "table",
  ignore_filetypes = "table",
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

---@param kind "option"|"key"
---@param given table<string, any>
---@param known table<string, any>
function M.known(kind, given, known)
  for name in pairs(given) do
    if known[name] == nil then
      local names = vim.tbl_keys(known)
      table.sort(names)
      local list = table.concat(names, ", ")
      error(messages.unknown_options[kind]:format(name, list), 0)
    end
  end
end

--- The filetypes where the server is started: the user's own, else those of lsp/fillwright.lua, without
--- what is to be ignored.
---@return string[]
function M.filetypes()
  -- asked for before setup{} changes it, which may be called more than once
  M.known_filetypes = M.known_filetypes or vim.lsp.config.fillwright.filetypes
  return vim.tbl_filter(function(filetype)
    return not vim.list_contains(M.options.ignore_filetypes, filetype)
  end, M.options.filetypes or M.known_filetypes)
end

--- Sentences about the keys that something else is mapped to already.
---@return string[]
function M.taken_keys()
  local taken = {}
  for _, name in ipairs({ "accept", "accept_word", "accept_line" }) do
    local key = M.options.keys[name]
    local mapped = key and vim.fn.maparg(key, "i", false, true) or {}
    if mapped.lhs and not vim.startswith(mapped.desc or "", "Fillwright") then
      table.insert(taken, messages.taken_keys[name]:format(key))
    end
  end
  return taken
end

return M
