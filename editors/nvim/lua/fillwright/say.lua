-- What the user is told: a line that never makes Neovim wait for a key, or a window for more.

local M = {}

local HIGHLIGHTS = { [vim.log.levels.WARN] = "WarningMsg", [vim.log.levels.ERROR] = "ErrorMsg" }

--- Say one sentence. Where it is longer than the command line its beginning is shown, and all of it
--- goes into `:messages` and the log.
---@param sentence string
---@param level? integer one of vim.log.levels
function M.say(sentence, level)
  sentence = "Fillwright: " .. vim.trim(sentence:gsub("%s+", " "))
  if not M.draws_itself() then
    vim.notify(sentence, level)
    return
  end
  local shown, highlight = M.fitted(sentence, M.room()), HIGHLIGHTS[level]
  if shown == sentence then
    -- a message that another one still stands on the screen with would make two lines
    vim.cmd.redraw()
    vim.api.nvim_echo({ { sentence, highlight } }, true, {})
    return
  end
  vim.lsp.log.error(sentence)
  vim.api.nvim_echo({ { sentence, highlight } }, true, {})
  -- after a redraw that was asked for Neovim waits for no key
  vim.cmd.redraw()
  vim.api.nvim_echo({ { shown, highlight } }, false, {})
end

--- Show lines in a window at the cursor, which goes with the next move of it.
---@param lines string[]
function M.show(lines)
  vim.lsp.util.open_floating_preview(lines, "", {
    border = "rounded",
    focus_id = "fillwright",
    max_width = math.min(80, vim.o.columns - 4),
    wrap = true,
  })
end

--- Whether messages are Neovim's own; a plugin that draws them has room for more than a line.
---@return boolean
function M.draws_itself()
  local source = debug.getinfo(vim.notify, "S").source
  -- Neovim's own Lua carries no file name from 0.12 on
  return source:find("^@vim/") ~= nil or source:find("^=?%?$") ~= nil
end

---@return integer columns of the command line that a message may fill
function M.room()
  return (math.max(vim.o.cmdheight, 1) - 1) * vim.o.columns + vim.v.echospace
end

--- A sentence, or its first words with a mark of where the rest is.
---@param sentence string
---@param room integer columns
---@return string
function M.fitted(sentence, room)
  if vim.fn.strdisplaywidth(sentence) <= room then
    return sentence
  end
  local more = require("fillwright.messages").more_in_the_log
  local head = vim.fn.strcharpart(sentence, 0, room)
  while vim.fn.strdisplaywidth(head .. more) > room and head ~= "" do
    head = vim.fn.strcharpart(head, 0, vim.fn.strchars(head) - 1)
  end
  return (head:gsub("%s*%S*$", "")) .. more
end

return M
