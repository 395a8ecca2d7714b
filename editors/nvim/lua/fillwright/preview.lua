-- An edit shown as a difference before it is applied: what goes is marked, what comes is drawn below it.
-- Editing the buffer drops the preview.

local config = require("fillwright.config")
local api = vim.api

local M = {}

local namespace = api.nvim_create_namespace("fillwright.preview")

---@class fillwright.Preview
---@field edit lsp.WorkspaceEdit
---@field encoding string
---@field around fillwright.Around
---@field mapped table<string, table> what the keys meant in this buffer before

---@class fillwright.Around what asks for a rewrite that changes less, or more
---@field less? fun()
---@field more? fun()

---@type table<integer, fillwright.Preview> by buffer
local shown = {}

---@param way "less"|"more"
---@return boolean
local function ask_for(way)
  local preview = shown[api.nvim_get_current_buf()]
  local ask = preview and preview.around[way]
  if ask then
    ask()
  end
  return ask ~= nil
end

--- Show what `edit` would do to a buffer.
---@param bufnr integer
---@param edit lsp.WorkspaceEdit
---@param encoding string
---@param around fillwright.Around
---@param note? string what to say of it beside the keys
function M.show(bufnr, edit, encoding, around, note)
  M.drop(bufnr)
  local before = api.nvim_buf_get_lines(bufnr, 0, -1, false)
  local after = M.result(bufnr, edit, encoding)
  local hunks = vim.diff(table.concat(before, "\n") .. "\n", table.concat(after, "\n") .. "\n", {
    result_type = "indices",
  })
  ---@cast hunks integer[][]
  if #hunks == 0 then
    require("fillwright.say").say(require("fillwright.messages").rewrite_changes_nothing)
    return
  end
  shown[bufnr] = { edit = edit, encoding = encoding, around = around, mapped = {} }
  for number, hunk in ipairs(hunks) do
    M.draw(bufnr, hunk, after, number == #hunks and M.hint(around, note) or nil)
  end
  M.scroll(bufnr, hunks[1][1])
  M.map(bufnr, "apply")
  M.map(bufnr, "reject")
  for name in pairs(around) do
    M.map(bufnr, name)
  end
  api.nvim_buf_attach(bufnr, false, {
    on_lines = function()
      vim.schedule(function()
        M.drop(bufnr)
      end)
      return true
    end,
  })
end

--- Apply the preview of the current buffer, as one undo step. False when there is none.
---@return boolean
function M.apply()
  local bufnr = api.nvim_get_current_buf()
  local preview = shown[bufnr]
  M.drop(bufnr)
  if preview then
    vim.lsp.util.apply_workspace_edit(preview.edit, preview.encoding)
  end
  return preview ~= nil
end

--- Drop the preview of the current buffer. False when there is none.
---@return boolean
function M.reject()
  return M.drop(api.nvim_get_current_buf())
end

--- Ask for a rewrite that changes less of the selection. False when there is no preview, or no less.
---@return boolean
function M.less()
  return ask_for("less")
end

--- Ask for one that changes more.
---@return boolean
function M.more()
  return ask_for("more")
end

--- Nothing came of what the preview asked for: the next time it asks for this.
---@param bufnr integer
---@param around fillwright.Around
function M.go_beyond(bufnr, around)
  if shown[bufnr] then
    shown[bufnr].around = vim.tbl_extend("force", shown[bufnr].around, around)
    for name in pairs(around) do
      M.map(bufnr, name)
    end
  end
end

---@param bufnr integer
---@return boolean dropped
function M.drop(bufnr)
  local preview = shown[bufnr]
  if not preview then
    return false
  end
  shown[bufnr] = nil
  if api.nvim_buf_is_valid(bufnr) then
    api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
    for key, before in pairs(preview.mapped) do
      vim.keymap.del("n", key, { buffer = bufnr })
      if before.buffer == 1 then
        api.nvim_buf_call(bufnr, function()
          vim.fn.mapset("n", false, before)
        end)
      end
    end
  end
  return true
end

--- The lines that the buffer would have.
---@param bufnr integer
---@param edit lsp.WorkspaceEdit
---@param encoding string
---@return string[]
function M.result(bufnr, edit, encoding)
  local uri = vim.uri_from_bufnr(bufnr)
  local edits = edit.changes and edit.changes[uri] or {}
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.textDocument and change.textDocument.uri == uri then
      vim.list_extend(edits, change.edits)
    end
  end
  local scratch = api.nvim_create_buf(false, true)
  api.nvim_buf_set_lines(scratch, 0, -1, false, api.nvim_buf_get_lines(bufnr, 0, -1, false))
  vim.bo[scratch].fileformat = vim.bo[bufnr].fileformat
  vim.lsp.util.apply_text_edits(vim.deepcopy(edits), scratch, encoding)
  local lines = api.nvim_buf_get_lines(scratch, 0, -1, false)
  api.nvim_buf_delete(scratch, { force = true })
  return lines
end

--- Draw one hunk of the difference: old start and count, new start and count, from 1.
---@param bufnr integer
---@param hunk integer[]
---@param after string[]
---@param hint? string what stands below the last hunk
function M.draw(bufnr, hunk, after, hint)
  local old_start, old_count, new_start, new_count = unpack(hunk)
  local width = vim.o.columns
  local lines = {} ---@type fillwright.Chunk[][]
  for number = new_start, new_start + new_count - 1 do
    local text = after[number]
    local fill = (" "):rep(math.max(0, width - vim.fn.strdisplaywidth(text)))
    table.insert(lines, { { text .. fill, "FillwrightAdded" } })
  end
  if hint then
    table.insert(lines, { { hint, "FillwrightHint" } })
  end
  -- without old lines the hunk stands after line `old_start`, before the first where that is 0
  local row = math.max(0, old_start - 1)
  if old_count > 0 then
    api.nvim_buf_set_extmark(bufnr, namespace, row, 0, {
      end_row = row + old_count,
      hl_group = "FillwrightRemoved",
      hl_eol = true,
      strict = false,
    })
    row = row + old_count - 1
  end
  api.nvim_buf_set_extmark(bufnr, namespace, row, 0, {
    virt_lines = lines,
    virt_lines_above = old_start == 0,
  })
end

--- Scroll the first hunk to the top where the window's end hides what is drawn below it.
---@param bufnr integer
---@param line integer
function M.scroll(bufnr, line)
  local window = vim.fn.bufwinid(bufnr)
  if window == -1 then
    return
  end
  local top = vim.fn.line("w0", window)
  local rows = { start_row = math.min(top, math.max(line, 1)) - 1, end_row = math.max(line, 1) - 1 }
  if api.nvim_win_text_height(window, rows).all > api.nvim_win_get_height(window) then
    api.nvim_win_call(window, function()
      vim.fn.winrestview({ topline = math.max(line, 1) })
    end)
  end
end

--- Which keys there are.
---@param around fillwright.Around
---@param note? string
---@return string
function M.hint(around, note)
  local hint, words = "", require("fillwright.messages").preview_keys
  for _, name in ipairs({ "apply", "reject", "less", "more" }) do
    if around[name] or name == "apply" or name == "reject" then
      local key = config.options.keys[name]
      hint = hint .. (key and ("   %s %s"):format(key, words[name]) or ("   :Fillwright %s"):format(name))
    end
  end
  return hint:sub(2) .. (note and ("   (%s)"):format(note) or "")
end

--- Give a key its meaning while the preview is shown.
---@param bufnr integer
---@param name "apply"|"reject"|"less"|"more"
function M.map(bufnr, name)
  local key = config.options.keys[name]
  if not key or shown[bufnr].mapped[key] then
    return
  end
  api.nvim_buf_call(bufnr, function()
    shown[bufnr].mapped[key] = vim.fn.maparg(key, "n", false, true)
  end)
  vim.keymap.set("n", key, M[name], { buffer = bufnr, desc = "Fillwright: " .. name .. " the rewrite" })
end

return M
