-- Fills while they converge: one extmark for each hole, updated in place. Settled text looks as it will,
-- the rest is dim, and what it replaces is marked. Of ghost text only the settled beginning is shown, so
-- that it never rewrites itself before the cursor.

local api = vim.api

local M = {}

local namespace = api.nvim_create_namespace("fillwright.drafts")
local ghosts = api.nvim_create_namespace("nvim.lsp.inline_completion")
local KINDS = {
  edit = { ["workspace/executeCommand"] = true, ["codeAction/resolve"] = true },
  ghost = { ["textDocument/inlineCompletion"] = true },
}

---@class fillwright.DraftHole
---@field range lsp.Range in the version of the document that the draft names
---@field text string
---@field settled [integer, integer][] ranges of `text`, in units of the position encoding
---@field unsure? [integer, integer][] of these the tokens that the model is not sure of

---@class fillwright.Draft what `fillwright/draft` carries
---@field uri string
---@field version integer
---@field kind "ghost"|"popup"|"edit"
---@field holes fillwright.DraftHole[]

---@alias fillwright.Chunk [string, string] text and its highlight

---@type table<integer, { kind: string, client_id: integer }> what is drawn, by buffer
local drawn = {}

--- Draw a draft, unless the buffer has moved on.
---@param draft fillwright.Draft
---@param client_id integer
function M.show(draft, client_id)
  local bufnr = vim.uri_to_bufnr(draft.uri)
  local client = vim.lsp.get_client_by_id(client_id)
  if
    not client
    or bufnr ~= api.nvim_get_current_buf()
    or draft.version ~= vim.lsp.util.buf_versions[bufnr]
    or not M.awaited(client, bufnr, draft.kind)
  then
    return
  end
  if draft.kind == "ghost" then
    local elsewhere = draft.holes[1].range.start.line ~= api.nvim_win_get_cursor(0)[1] - 1
    if elsewhere or #api.nvim_buf_get_extmarks(bufnr, ghosts, 0, -1, { limit = 1 }) > 0 then
      return
    end
  end
  if not drawn[bufnr] then
    M.watch(bufnr)
  end
  drawn[bufnr] = { kind = draft.kind, client_id = client_id }
  for number, hole in ipairs(draft.holes) do
    M.draw(bufnr, number, hole, client.offset_encoding, draft.kind == "ghost")
  end
end

--- Whether a request is pending that such a draft belongs to.
---@param client vim.lsp.Client
---@param bufnr integer
---@param kind string
---@return boolean
function M.awaited(client, bufnr, kind)
  local methods = KINDS[kind] or {}
  for _, request in pairs(client.requests) do
    if request.type == "pending" and request.bufnr == bufnr and methods[request.method] then
      return true
    end
  end
  return false
end

--- Clear a buffer's drafts as soon as it is edited or left; those of ghost text when the cursor moves, too.
---@param bufnr integer
function M.watch(bufnr)
  api.nvim_buf_attach(bufnr, false, {
    on_lines = function()
      M.clear(bufnr)
      return true
    end,
  })
  api.nvim_create_autocmd({ "BufLeave", "BufUnload", "CursorMovedI" }, {
    group = api.nvim_create_augroup("fillwright.drafts:" .. bufnr, {}),
    buffer = bufnr,
    callback = function(event)
      if event.event ~= "CursorMovedI" or (drawn[bufnr] and drawn[bufnr].kind == "ghost") then
        M.clear(bufnr)
      end
    end,
  })
end

---@param bufnr integer
function M.clear(bufnr)
  if drawn[bufnr] then
    drawn[bufnr] = nil
    api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
    api.nvim_create_augroup("fillwright.drafts:" .. bufnr, {})
  end
end

--- Clear the drafts that no pending request of their client belongs to.
function M.settle()
  for bufnr, draft in pairs(drawn) do
    local client = vim.lsp.get_client_by_id(draft.client_id)
    if not client or not M.awaited(client, bufnr, draft.kind) then
      M.clear(bufnr)
    end
  end
end

---@param bufnr integer
---@param number integer the hole's, and of its extmarks
---@param hole fillwright.DraftHole
---@param encoding string
---@param ghost boolean
function M.draw(bufnr, number, hole, encoding, ghost)
  local first, last = hole.range.start, hole.range["end"]
  local column = M.column(bufnr, first, encoding)
  local lines = M.chunks(hole, encoding, ghost)
  local id = 2 * number
  if not ghost then
    api.nvim_buf_set_extmark(bufnr, namespace, first.line, column, {
      id = id + 1,
      end_row = last.line,
      end_col = M.column(bufnr, last, encoding),
      hl_group = "FillwrightReplaced",
    })
  end
  if first.line == last.line then
    api.nvim_buf_set_extmark(bufnr, namespace, first.line, column, {
      id = id,
      virt_text = lines[1],
      virt_lines = vim.list_slice(lines, 2),
      virt_text_pos = "inline",
    })
  else
    -- the text begins where the first line is left, and is drawn below the lines that it replaces
    if #lines[1] == 0 then
      table.remove(lines, 1)
    else
      table.insert(lines[1], 1, { (" "):rep(vim.fn.virtcol({ first.line + 1, column })), "Normal" })
    end
    api.nvim_buf_set_extmark(bufnr, namespace, last.line, 0, { id = id, virt_lines = lines })
  end
end

---@param bufnr integer
---@param position lsp.Position
---@param encoding string
---@return integer column in bytes
function M.column(bufnr, position, encoding)
  local line = api.nvim_buf_get_lines(bufnr, position.line, position.line + 1, false)[1] or ""
  return vim.str_byteindex(line, encoding, position.character, false)
end

--- A hole's text as virtual lines.
---@param hole fillwright.DraftHole
---@param encoding string
---@param ghost boolean only the settled beginning
---@return fillwright.Chunk[][]
function M.chunks(hole, encoding, ghost)
  local lines = { {} } ---@type fillwright.Chunk[][]
  local done = 0
  --- Up to a place, in units of the encoding.
  local function add(place, highlight)
    local to = vim.str_byteindex(hole.text, encoding, place, false)
    for piece, line_end in hole.text:sub(done + 1, to):gmatch("([^\n]*)(\n?)") do
      if piece ~= "" then
        table.insert(lines[#lines], { piece, highlight })
      end
      if line_end ~= "" then
        table.insert(lines, {})
      end
    end
    done = to
  end
  local settled = hole.settled
  if ghost then
    settled = settled[1] and settled[1][1] == 0 and { settled[1] } or {}
  end
  local sure = ghost and "FillwrightGhost" or "FillwrightSettled"
  for _, range in ipairs(settled) do
    add(range[1], "FillwrightUnsettled")
    for _, token in ipairs(ghost and {} or hole.unsure or {}) do
      if range[1] <= token[1] and token[2] <= range[2] then
        add(token[1], sure)
        add(token[2], "FillwrightUnsure")
      end
    end
    add(range[2], sure)
  end
  if not ghost then
    add(vim.str_utfindex(hole.text, encoding), "FillwrightUnsettled")
  end
  return lines
end

return M
