-- Ghost text for Neovim 0.11: the part of 0.12's `vim.lsp.inline_completion` that Fillwright uses, under the
-- same names. It goes when 0.11 does.

local api = vim.api

local METHOD = "textDocument/inlineCompletion"
local AUTOMATIC = 2
local DEBOUNCE_MS = 200
local namespace = api.nvim_create_namespace("nvim.lsp.inline_completion")

local M = {}

---@class fillwright.GhostRange one line of a buffer, in bytes; 0-based, end-exclusive
---@field to_extmark fun(self): integer, integer, integer, integer

---@class fillwright.GhostItem
---@field insert_text string
---@field range fillwright.GhostRange
---@field client_id integer
---@field command? lsp.Command tells the server that the item was taken

---@class fillwright.Ghost
---@field augroup integer
---@field timer? uv.uv_timer_t
---@field item? fillwright.GhostItem

---@type table<integer, fillwright.Ghost> by buffer
local active = {}

---@param bufnr integer
---@param range lsp.Range
---@param encoding string
---@return fillwright.GhostRange
local function ghost_range(bufnr, range, encoding)
  local row = range.start.line
  local line = api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ""
  local first = vim.str_byteindex(line, encoding, range.start.character, false)
  local last = vim.str_byteindex(line, encoding, range["end"].character, false)
  return {
    to_extmark = function()
      return row, first, row, last
    end,
  }
end

---@param bufnr integer
local function hide(bufnr)
  api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
end

---@param bufnr integer
local function show(bufnr)
  hide(bufnr)
  local item = active[bufnr].item
  if not item then
    return
  end
  local row, column = item.range:to_extmark()
  local cursor = api.nvim_win_get_cursor(0)
  local typed = api.nvim_get_current_line():sub(column + 1, cursor[2])
  if cursor[1] ~= row + 1 or cursor[2] < column or not vim.startswith(item.insert_text, typed) then
    active[bufnr].item = nil
    return
  end
  local lines = {}
  for line in vim.gsplit(item.insert_text:sub(#typed + 1), "\n", { plain = true }) do
    table.insert(lines, { { line, "FillwrightGhost" } })
  end
  api.nvim_buf_set_extmark(bufnr, namespace, row, cursor[2], {
    virt_text = lines[1],
    virt_lines = vim.list_slice(lines, 2),
    virt_text_pos = "inline",
    hl_mode = "combine",
  })
end

---@param bufnr integer
local function stop_timer(bufnr)
  local timer = active[bufnr].timer
  if timer and not timer:is_closing() then
    timer:stop()
    timer:close()
  end
  active[bufnr].timer = nil
end

---@param bufnr integer
local function abort(bufnr)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = bufnr })) do
    for id, request in pairs(client.requests) do
      if request.type == "pending" and request.bufnr == bufnr and request.method == METHOD then
        client:cancel_request(id)
      end
    end
  end
  stop_timer(bufnr)
  hide(bufnr)
  active[bufnr].item = nil
end

---@param bufnr integer
local function request(bufnr)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = bufnr, name = "fillwright" })) do
    local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
    ---@cast params table
    params.context = { triggerKind = AUTOMATIC }
    local tick = api.nvim_buf_get_changedtick(bufnr)
    client:request(METHOD, params, function(err, result)
      local current = active[bufnr] and api.nvim_get_current_buf() == bufnr
      local fresh = current and api.nvim_buf_get_changedtick(bufnr) == tick
      if err or not fresh or not vim.startswith(api.nvim_get_mode().mode, "i") then
        return
      end
      local found = result and (result.items or result)[1]
      active[bufnr].item = found
        and {
          insert_text = found.insertText,
          range = ghost_range(bufnr, found.range, client.offset_encoding),
          client_id = client.id,
          command = found.command,
        }
      show(bufnr)
    end, bufnr)
  end
end

--- Switch ghost text on (true, nil) or off (false) in a buffer.
---@param enable? boolean
---@param filter { bufnr: integer }
function M.enable(enable, filter)
  local bufnr = filter.bufnr
  if M.is_enabled(filter) then
    abort(bufnr)
    api.nvim_del_augroup_by_id(active[bufnr].augroup)
    active[bufnr] = nil
  end
  if enable == false then
    return
  end
  local augroup = api.nvim_create_augroup("fillwright.ghost:" .. bufnr, {})
  active[bufnr] = { augroup = augroup }
  local function on(events, callback)
    api.nvim_create_autocmd(events, { group = augroup, buffer = bufnr, callback = callback })
  end
  on({ "InsertEnter", "CursorMovedI", "TextChangedP" }, function()
    show(bufnr)
    stop_timer(bufnr)
    active[bufnr].timer = vim.defer_fn(function()
      request(bufnr)
    end, DEBOUNCE_MS)
  end)
  on("InsertLeave", function()
    abort(bufnr)
  end)
  on({ "BufUnload", "LspDetach" }, function(event)
    local client = event.data and vim.lsp.get_client_by_id(event.data.client_id)
    if event.event == "BufUnload" or (client and client.name == "fillwright") then
      M.enable(false, filter)
    end
  end)
end

--- Whether ghost text is on in a buffer.
---@param filter { bufnr: integer }
---@return boolean
function M.is_enabled(filter)
  return active[filter.bufnr] ~= nil
end

--- Take the ghost text at the cursor, soon; false when there is none. `on_accept` may take it instead.
---@param options { on_accept?: fun(item: fillwright.GhostItem): fillwright.GhostItem? }
---@return boolean
function M.get(options)
  local bufnr = api.nvim_get_current_buf()
  if not active[bufnr] or not active[bufnr].item then
    return false
  end
  -- a mapping with `expr` must not change text
  vim.schedule(function()
    local item = active[bufnr] and active[bufnr].item
    if not item then
      return
    end
    abort(bufnr)
    if options.on_accept then
      item = options.on_accept(item)
    end
    if item then
      local row, column, end_row, end_column = item.range:to_extmark()
      local lines = vim.split(item.insert_text, "\n", { plain = true })
      local typed = api.nvim_win_get_cursor(0)[2]
      api.nvim_buf_set_text(bufnr, row, column, end_row, math.max(end_column, typed), lines)
      local last = #lines[#lines]
      api.nvim_win_set_cursor(0, { row + #lines, #lines == 1 and column + last or last })
      local client = vim.lsp.get_client_by_id(item.client_id)
      if client and item.command then
        client:exec_cmd(item.command, { bufnr = bufnr })
      end
    end
  end)
  return true
end

return M
