-- The server's commands: fill a place, preview a rewrite, give up.

local api = vim.api
local say = require("fillwright.say").say

local M = {}

local CONTENT_MODIFIED = -32801

--- The client for the current buffer; says so when there is none.
---@return vim.lsp.Client?
local function client_here()
  local client = vim.lsp.get_clients({ bufnr = 0, name = "fillwright" })[1]
  if not client then
    say("no server is attached here; see :checkhealth fillwright", vim.log.levels.WARN)
  end
  return client
end

---@param err lsp.ResponseError
local function say_error(err)
  local level = err.code == CONTENT_MODIFIED and vim.log.levels.INFO or vim.log.levels.WARN
  say(err.message, level)
end

--- A value of the server's JSON: its null is nil on Neovim 0.11 already, but not on 0.12.
---@generic T
---@param value T
---@return T?
function M.given(value)
  if value == vim.NIL then
    return nil
  end
  return value
end

--- What the server answers to `fillwright.fill`, whoever asked.
---@type lsp.Handler
function M.answered(err, answer)
  local reason = answer and M.given(answer.reason)
  if err then
    say_error(err)
  elseif reason and reason ~= "cancelled" then
    say(reason, vim.log.levels.WARN)
  end
end

--- The cursor as an empty range. On a line's last character its end is meant: no cursor of normal mode
--- comes behind it.
---@param client vim.lsp.Client
---@return lsp.Range
local function cursor_range(client)
  local row, column = unpack(api.nvim_win_get_cursor(0))
  local rest = api.nvim_get_current_line():sub(column + 1)
  if not vim.startswith(api.nvim_get_mode().mode, "i") and vim.fn.strchars(rest) == 1 then
    column = column + #rest
  end
  local place = { row - 1, column }
  return require("fillwright.selection").lsp_range(
    { bufnr = api.nvim_get_current_buf(), first = place, last = place },
    client.offset_encoding
  )
end

--- Fill `what` is at the cursor; without it what the server's first code action there fills.
---@param what? string "body", "line", "docstring", "stubs in class", "stubs in file"
function M.fill(what)
  local client = client_here()
  if not client then
    return
  end
  local bufnr = api.nvim_get_current_buf()
  local document, range = { uri = vim.uri_from_bufnr(bufnr) }, cursor_range(client)
  if what then
    local target = { uri = document.uri, what = what, range = range }
    local command = { title = "Fill", command = "fillwright.fill", arguments = { target } }
    return client:exec_cmd(command, { bufnr = bufnr })
  end
  client:request("textDocument/codeAction", {
    textDocument = document,
    range = range,
    context = { diagnostics = {}, only = { "refactor.rewrite" } },
  }, function(err, actions)
    if err then
      say_error(err)
    elseif not actions or #actions == 0 then
      say("there is nothing to fill here", vim.log.levels.WARN)
    else
      client:exec_cmd(actions[1].command, { bufnr = bufnr })
    end
  end, bufnr)
end

--- Have a selection rewritten, and show the difference. Asks for an instruction where none is given.
---@param selection fillwright.Selection
---@param instruction? string
function M.rewrite(selection, instruction)
  local client = client_here()
  if not client then
    return
  end
  if instruction then
    return M.preview(client, selection, instruction)
  end
  vim.ui.input({ prompt = "Rewrite how? (empty: as you see fit) " }, function(answer)
    -- the prompt stays where it stood
    api.nvim_echo({ { "" } }, false, {})
    -- nil: the user went back on it
    if answer then
      M.preview(client, selection, answer)
    end
  end)
end

---@param client vim.lsp.Client
---@param selection fillwright.Selection
---@param instruction string
function M.preview(client, selection, instruction)
  local bufnr = selection.bufnr
  local target = {
    uri = vim.uri_from_bufnr(bufnr),
    what = "selection",
    range = require("fillwright.selection").lsp_range(selection, client.offset_encoding),
    version = vim.lsp.util.buf_versions[bufnr],
    instruction = instruction ~= "" and instruction or nil,
  }
  local command = { title = "Rewrite selection", command = "fillwright.preview", arguments = { target } }
  client:exec_cmd(command, { bufnr = bufnr }, function(err, answer)
    if err then
      say_error(err)
    elseif not M.given(answer.edit) then
      M.answered(nil, answer)
    elseif target.version == vim.lsp.util.buf_versions[bufnr] then
      require("fillwright.preview").show(bufnr, answer.edit, client.offset_encoding)
    else
      say("the text changed meanwhile; rewrite it again")
    end
  end)
end

--- Cancel what the server makes for the current buffer.
function M.cancel()
  local bufnr = api.nvim_get_current_buf()
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = bufnr, name = "fillwright" })) do
    for id, request in pairs(client.requests) do
      if request.type == "pending" and request.bufnr == bufnr then
        client:cancel_request(id)
      end
    end
  end
end

--- Start the server anew, once the old one is gone.
function M.restart()
  vim.lsp.enable("fillwright", false)
  local timer = assert(vim.uv.new_timer())
  timer:start(
    0,
    20,
    vim.schedule_wrap(function()
      if not timer:is_closing() and #vim.lsp.get_clients({ name = "fillwright" }) == 0 then
        timer:close()
        vim.lsp.enable("fillwright")
      end
    end)
  )
end

return M
