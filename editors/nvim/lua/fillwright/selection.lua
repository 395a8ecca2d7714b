-- What is selected, as a range of the Language Server Protocol.

local M = {}

---@class fillwright.Selection
---@field bufnr integer
---@field first [integer, integer] line and byte column, 0-based
---@field last [integer, integer] the same, exclusive

--- The visual selection, which ends. Of a block its lines are meant.
---@return fillwright.Selection
function M.visual()
  local mode = vim.fn.mode()
  if not mode:match("^[vV\22]") then
    mode = vim.fn.visualmode()
  else
    -- only then '< and '> are this selection's
    vim.cmd.normal({ vim.keycode("<Esc>"), bang = true })
  end
  return M.between(vim.fn.getpos("'<"), vim.fn.getpos("'>"), mode == "v")
end

--- The lines of a command's range; exactly the visual selection where the range is that.
---@param first integer 1-based
---@param last integer 1-based, inclusive
---@return fillwright.Selection
function M.of_range(first, last)
  local from, to = vim.fn.getpos("'<"), vim.fn.getpos("'>")
  local visual = vim.fn.visualmode() == "v" and from[2] == first and to[2] == last
  if visual then
    return M.between(from, to, true)
  end
  return M.between({ 0, first, 1, 0 }, { 0, last, 1, 0 }, false)
end

---@param from integer[] as getpos() gives it
---@param to integer[] as getpos() gives it
---@param by_character boolean else by line
---@return fillwright.Selection
function M.between(from, to, by_character)
  local bufnr = vim.api.nvim_get_current_buf()
  local last_line = vim.fn.getline(to[2])
  if not by_character then
    return { bufnr = bufnr, first = { from[2] - 1, 0 }, last = { to[2] - 1, #last_line } }
  end
  -- the end is the whole character under it
  local rest = last_line:sub(to[3])
  local wide = #vim.fn.matchstr(rest, ".")
  local last = math.min(to[3] - 1 + wide, #last_line)
  return { bufnr = bufnr, first = { from[2] - 1, from[3] - 1 }, last = { to[2] - 1, last } }
end

---@param selection fillwright.Selection
---@param encoding string
---@return lsp.Range
function M.lsp_range(selection, encoding)
  local function position(place)
    local line = vim.fn.getbufline(selection.bufnr, place[1] + 1)[1] or ""
    local column = vim.str_utfindex(line, encoding, math.min(place[2], #line), false)
    return { line = place[1], character = column }
  end
  return { start = position(selection.first), ["end"] = position(selection.last) }
end

return M
