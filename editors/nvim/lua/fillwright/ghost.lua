-- Ghost text: where it is switched on, and taking all of it, a word or a line.

local config = require("fillwright.config")
local inline = require("fillwright.inline_completion")
local api = vim.api

local M = {}

---@param bufnr integer a buffer that the server has just been attached to
---@param client vim.lsp.Client
function M.attach(bufnr, client)
  if vim.lsp.inline_completion then
    -- Neovim 0.12 would show it a second time where the user has switched its own on
    vim.lsp.inline_completion.enable(false, { client_id = client.id })
  end
  if config.options.ghost_text then
    inline.enable(true, { bufnr = bufnr })
  end
  for name in pairs({ accept = true, accept_word = true, accept_line = true }) do
    local key = config.options.keys[name]
    if key and vim.fn.maparg(key, "i") == "" then
      -- without ghost text it does nothing: pressed a moment too early, it must not type
      vim.keymap.set("i", key, function()
        require("fillwright")[name]()
      end, { buffer = bufnr, desc = "Fillwright: " .. name:gsub("_", " ") })
    end
  end
end

--- Switch ghost text off or on, in every buffer and in those to come.
function M.toggle()
  local on = not config.options.ghost_text
  config.options.ghost_text = on
  for _, client in ipairs(vim.lsp.get_clients({ name = "fillwright" })) do
    for bufnr in pairs(client.attached_buffers) do
      inline.enable(on, { bufnr = bufnr })
    end
  end
  local messages = require("fillwright.messages")
  require("fillwright.say").say(on and messages.ghost_text_on or messages.ghost_text_off)
end

--- Have the last ghost text for this place offered again.
function M.recall()
  local bufnr = api.nvim_get_current_buf()
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = bufnr, name = "fillwright" })) do
    local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
    local place = { uri = params.textDocument.uri, position = params.position }
    local command = { title = "Recall", command = "fillwright.recall", arguments = { place } }
    client:exec_cmd(command, { bufnr = bufnr }, function(_, answer)
      if answer and answer.recalled then
        -- ghost text is asked for when the cursor has moved
        api.nvim_exec_autocmds("CursorMovedI", { buffer = bufnr, modeline = false })
      end
    end)
  end
end

--- Take the ghost text at the cursor, or its next `part`. False when there is none.
---@param part? "word"|"line"
---@return boolean
function M.accept(part)
  return inline.get({
    on_accept = part and function(item)
      return M.take(part, item)
    end or nil,
  })
end

--- Insert the head of an item; the item itself when its head is all of it.
---@param part "word"|"line"
---@param item fillwright.GhostItem
---@return fillwright.GhostItem?
function M.take(part, item)
  local text = item.insert_text
  local row, column = item.range:to_extmark()
  local cursor = api.nvim_win_get_cursor(0)
  -- a ghost text's range may begin before the cursor: what is typed already is no part to take
  local typed = api.nvim_get_current_line():sub(column + 1, cursor[2])
  local known = vim.startswith(text, typed) and #typed or 0
  local head = M.head(text:sub(known + 1), part)
  if known + #head == #text then
    return item
  end
  local lines = vim.split(text:sub(1, known) .. head, "\n", { plain = true })
  -- what stands after the cursor stays until the last part is taken
  api.nvim_buf_set_text(0, row, column, cursor[1] - 1, cursor[2], lines)
  local last = #lines[#lines]
  api.nvim_win_set_cursor(0, { row + #lines, #lines == 1 and column + last or last })
end

--- The first word or line of a text, with the white space before it.
---@param text string
---@param part "word"|"line"
---@return string
function M.head(text, part)
  if part == "line" then
    return assert(text:match("^\n*[^\n]*"))
  end
  -- bytes of 128 and more belong to letters outside of ASCII
  return text:match("^%s*[%w_\128-\255]+") or text:match("^%s*[^%w_%s]+") or text
end

return M
