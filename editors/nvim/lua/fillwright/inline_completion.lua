-- Ghost text: asked for in a pause, shown at the cursor, and gone as soon as it fits the text no more. Neovim
-- 0.12 has ghost text of its own, which stays where it was when the typing goes another way.

local api = vim.api

local METHOD = "textDocument/inlineCompletion"
local INVOKED, AUTOMATIC = 1, 2
local DEBOUNCE_MS = 200
local namespace = api.nvim_create_namespace("nvim.lsp.inline_completion")

local M = {}

---@class fillwright.GhostRange one line of a buffer, in bytes; 0-based, end-exclusive
---@field to_extmark fun(self): integer, integer, integer, integer

---@class fillwright.GhostItem
---@field insert_text string
---@field range fillwright.GhostRange what it takes the place of, in the line as it is now
---@field client_id integer
---@field before string the line up to the range, as it was when the item came
---@field replaced string what the range holds after the cursor
---@field after string the line after the range
---@field command? lsp.Command tells the server that the item was taken

---@class fillwright.GhostChoices what the server suggested by hand, at one place of one text
---@field items lsp.InlineCompletionItem[]
---@field shown integer
---@field tick integer
---@field cursor [integer, integer]
---@field client vim.lsp.Client

---@class fillwright.Ghost
---@field augroup integer
---@field timer? uv.uv_timer_t
---@field item? fillwright.GhostItem
---@field choices? fillwright.GhostChoices

---@type table<integer, fillwright.Ghost> by buffer
local active = {}

---@param row integer
---@param first integer
---@param last integer
---@return fillwright.GhostRange
local function ghost_range(row, first, last)
  return {
    to_extmark = function()
      return row, first, row, last
    end,
  }
end

--- What the server suggests, in the cursor's line as it is now; nil when it is for another place.
---@param suggested lsp.InlineCompletionItem
---@param client vim.lsp.Client
---@return fillwright.GhostItem?
local function ghost_item(suggested, client)
  local row, cursor = unpack(api.nvim_win_get_cursor(0))
  local line, range = api.nvim_get_current_line(), suggested.range
  if not range or range.start.line ~= row - 1 or range["end"].line ~= row - 1 then
    return nil
  end
  local first = vim.str_byteindex(line, client.offset_encoding, range.start.character, false)
  local last = vim.str_byteindex(line, client.offset_encoding, range["end"].character, false)
  return {
    insert_text = suggested.insertText,
    range = ghost_range(row - 1, first, last),
    client_id = client.id,
    before = line:sub(1, first),
    replaced = line:sub(cursor + 1, last),
    after = line:sub(math.max(cursor, last) + 1),
    command = suggested.command,
  }
end

--- The item at the cursor after more typing: nil unless what was typed is how it goes on, and nothing else
--- of its line is another.
---@param item fillwright.GhostItem
---@return fillwright.GhostItem?
local function fitted(item)
  local row, column = item.range:to_extmark()
  local line, cursor = api.nvim_get_current_line(), api.nvim_win_get_cursor(0)
  local typed = line:sub(column + 1, cursor[2])
  if
    cursor[1] ~= row + 1
    or cursor[2] < column
    or line:sub(1, column) ~= item.before
    or line:sub(cursor[2] + 1) ~= item.replaced .. item.after
    or not vim.startswith(item.insert_text, typed)
  then
    return nil
  end
  item.range = ghost_range(row, column, cursor[2] + #item.replaced)
  return item
end

---@param bufnr integer
local function hide(bufnr)
  api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
end

--- Show the item at the cursor, or forget it.
---@param bufnr integer
local function show(bufnr)
  hide(bufnr)
  local item = active[bufnr].item and fitted(active[bufnr].item)
  active[bufnr].item = item
  if not item then
    return
  end
  local row, column = item.range:to_extmark()
  local cursor = api.nvim_win_get_cursor(0)
  local lines = {}
  for line in vim.gsplit(item.insert_text:sub(cursor[2] - column + 1), "\n", { plain = true }) do
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

--- Ask no more for what has been asked for.
---@param bufnr integer
local function cancel(bufnr)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = bufnr })) do
    for id, request in pairs(client.requests) do
      if request.type == "pending" and request.bufnr == bufnr and request.method == METHOD then
        client:cancel_request(id)
      end
    end
  end
  stop_timer(bufnr)
end

---@param bufnr integer
local function abort(bufnr)
  cancel(bufnr)
  hide(bufnr)
  active[bufnr].item, active[bufnr].choices = nil, nil
end

---@param bufnr integer
---@param client vim.lsp.Client
---@param items lsp.InlineCompletionItem[] what the server suggests when it is asked by hand
local function choose(bufnr, client, items)
  local before = active[bufnr].item
  local shown = #items > 1 and before and before.insert_text == items[1].insertText and 2 or 1
  active[bufnr].choices = {
    items = items,
    shown = shown,
    tick = api.nvim_buf_get_changedtick(bufnr),
    cursor = api.nvim_win_get_cursor(0),
    client = client,
  }
  active[bufnr].item = items[shown] and ghost_item(items[shown], client)
  show(bufnr)
end

---@param bufnr integer
---@param kind? integer how it was asked for
local function request(bufnr, kind)
  if api.nvim_get_current_buf() ~= bufnr then
    return
  end
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = bufnr, name = "fillwright" })) do
    local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
    ---@cast params table
    params.context = { triggerKind = kind or AUTOMATIC }
    params.formattingOptions = require("fillwright.requests").formatting(bufnr)
    local tick = api.nvim_buf_get_changedtick(bufnr)
    client:request(METHOD, params, function(err, result)
      local current = active[bufnr] and api.nvim_get_current_buf() == bufnr
      local fresh = current and api.nvim_buf_get_changedtick(bufnr) == tick
      if err or not fresh or not vim.startswith(api.nvim_get_mode().mode, "i") then
        return
      end
      local items = result and (result.items or result) or {}
      if kind == INVOKED then
        choose(bufnr, client, items)
        return
      end
      active[bufnr].item = items[1] and ghost_item(items[1], client)
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
  on({ "InsertEnter", "CursorMovedI", "TextChangedI", "TextChangedP" }, function()
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

--- Show the next (1) or the previous (-1) suggestion for the cursor; they are asked for first.
---@param step 1|-1
function M.cycle(step)
  local bufnr = api.nvim_get_current_buf()
  if not active[bufnr] then
    return
  end
  local choices = active[bufnr].choices
  local same = choices
    and #choices.items > 0
    and choices.tick == api.nvim_buf_get_changedtick(bufnr)
    and vim.deep_equal(choices.cursor, api.nvim_win_get_cursor(0))
  if not same then
    -- what comes by itself would take the place of what was asked for
    cancel(bufnr)
    request(bufnr, INVOKED)
    return
  end
  choices.shown = (choices.shown + step - 1) % #choices.items + 1
  active[bufnr].item = ghost_item(choices.items[choices.shown], choices.client)
  show(bufnr)
end

--- Take the ghost text at the cursor, soon; false when there is none. `on_accept` may take it instead.
---@param options { on_accept?: fun(item: fillwright.GhostItem): fillwright.GhostItem? }
---@return boolean
function M.get(options)
  local bufnr = api.nvim_get_current_buf()
  local item = active[bufnr] and active[bufnr].item
  if not item or not fitted(item) then
    return false
  end
  -- a mapping with `expr` must not change text
  vim.schedule(function()
    -- keys that came before this have been typed now
    if not active[bufnr] or active[bufnr].item ~= item or api.nvim_get_current_buf() ~= bufnr then
      return
    end
    abort(bufnr)
    local taken = fitted(item)
    if taken and options.on_accept then
      taken = options.on_accept(taken)
    end
    if taken then
      M.insert(bufnr, taken)
    end
  end)
  return true
end

--- Put an item into its line, and tell the server.
---@param bufnr integer
---@param item fillwright.GhostItem
function M.insert(bufnr, item)
  local row, column, end_row, end_column = item.range:to_extmark()
  local lines = vim.split(item.insert_text, "\n", { plain = true })
  api.nvim_buf_set_text(bufnr, row, column, end_row, end_column, lines)
  local last = #lines[#lines]
  api.nvim_win_set_cursor(0, { row + #lines, #lines == 1 and column + last or last })
  local client = vim.lsp.get_client_by_id(item.client_id)
  if client and item.command then
    client:exec_cmd(item.command, { bufnr = bufnr })
  end
end

return M
