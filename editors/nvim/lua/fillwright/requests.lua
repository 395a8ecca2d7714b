-- The server's commands: fill a place, preview a rewrite, give up.

local api = vim.api
local messages = require("fillwright.messages")
local say = require("fillwright.say").say

local M = {}

local CONTENT_MODIFIED = -32801
local INVOKED = 1

--- The client for the current buffer; says so when there is none.
---@return vim.lsp.Client?
local function client_here()
  local client = vim.lsp.get_clients({ bufnr = 0, name = "fillwright" })[1]
  if not client then
    say(messages.no_server, vim.log.levels.WARN)
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

--- What the server answers to `fillwright.fill`.
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
--- comes after it.
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

--- How a buffer is indented, as the Language Server Protocol says it.
---@param bufnr integer
---@return lsp.FormattingOptions
function M.formatting(bufnr)
  return { tabSize = vim.lsp.util.get_effective_tabstop(bufnr), insertSpaces = vim.bo[bufnr].expandtab }
end

--- Ask the server to fill or preview places of a buffer.
---@param client vim.lsp.Client
---@param name "fillwright.fill"|"fillwright.preview"
---@param targets table[]
---@param bufnr integer
---@param handler? lsp.Handler
local function ask(client, name, targets, bufnr, handler)
  for _, target in ipairs(targets) do
    target.formattingOptions = M.formatting(bufnr)
  end
  client:request("workspace/executeCommand", { command = name, arguments = targets }, handler, bufnr)
end

local fill_or_show

--- Fill places of a buffer. What would go is shown first where there is code already.
---@param client vim.lsp.Client
---@param target table
---@param bufnr integer
function fill_or_show(client, target, bufnr)
  target.version = vim.lsp.util.buf_versions[bufnr]
  ask(client, "fillwright.preview", { target }, bufnr, function(err, answer)
    local edit = answer and M.given(answer.edit)
    M.answered(err, answer)
    local around = {} ---@type fillwright.Around
    for _, way in ipairs({ "less", "more" }) do
      local other = answer and M.given(answer[way])
      around[way] = other and function()
        fill_or_show(client, other, bufnr)
      end
    end
    if not edit then
      require("fillwright.preview").go_beyond(bufnr, around)
    elseif target.version ~= vim.lsp.util.buf_versions[bufnr] then
      say(messages.text_changed)
    elseif answer.rewrites or target.what == "selection" then
      local note = answer.instructed == false and messages.instruction_not_used or nil
      require("fillwright.preview").show(bufnr, edit, client.offset_encoding, around, note)
    else
      vim.lsp.util.apply_workspace_edit(edit, client.offset_encoding)
    end
  end)
end

--- The command `fillwright.fill` of a code action. What would replace code is shown first.
---@param command lsp.Command
---@param context { bufnr: integer, client_id: integer }
function M.run(command, context)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  local targets = vim.deepcopy(command.arguments or {})
  if #targets == 1 and (targets[1].rewrites or targets[1].what == "selection") then
    fill_or_show(client, targets[1], context.bufnr)
  else
    ask(client, "fillwright.fill", targets, context.bufnr)
  end
end

--- Fill `what` is at the cursor; without it what the server's first code action there fills.
---@param what? string "body", "line", "docstring", "stubsInClass", "stubsInFile"
function M.fill(what)
  local client = client_here()
  if not client then
    return
  end
  local bufnr = api.nvim_get_current_buf()
  local document, range = { uri = vim.uri_from_bufnr(bufnr) }, cursor_range(client)
  if what then
    local target = { uri = document.uri, what = what, range = range }
    if what == "body" or what == "docstring" then
      return fill_or_show(client, target, bufnr)
    end
    return ask(client, "fillwright.fill", { target }, bufnr)
  end
  client:request("textDocument/codeAction", {
    textDocument = document,
    range = range,
    context = { diagnostics = {}, only = { "refactor.rewrite" }, triggerKind = INVOKED },
  }, function(err, actions)
    if err then
      say_error(err)
    elseif not actions or #actions == 0 then
      say(messages.nothing_to_fill, vim.log.levels.WARN)
    else
      client:exec_cmd(actions[1].command, { bufnr = bufnr })
    end
  end, bufnr)
end

--- Have a selection rewritten, and show the difference. Asks for an instruction where none is given and the
--- model takes them.
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
  client:request("workspace/executeCommand", { command = "fillwright.status" }, function(_, status)
    if not status or status.instructions ~= true then
      return M.preview(client, selection, "")
    end
    vim.ui.input({ prompt = messages.how_to_rewrite }, function(answer)
      -- the prompt stays where it stood
      api.nvim_echo({ { "" } }, false, {})
      -- nil: the user went back on it
      if answer then
        M.preview(client, selection, answer)
      end
    end)
  end, selection.bufnr)
end

---@param client vim.lsp.Client
---@param selection fillwright.Selection
---@param instruction string
function M.preview(client, selection, instruction)
  fill_or_show(client, {
    uri = vim.uri_from_bufnr(selection.bufnr),
    what = "selection",
    range = require("fillwright.selection").lsp_range(selection, client.offset_encoding),
    instruction = instruction ~= "" and instruction or nil,
  }, selection.bufnr)
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

--- Look through the current buffer for unlikely places; the server publishes them as hints.
function M.check()
  local client = client_here()
  if not client then
    return
  end
  local place = { uri = vim.uri_from_bufnr(0) }
  local command = { title = "Check", command = "fillwright.check", arguments = { place } }
  client:exec_cmd(command, { bufnr = 0 }, function(err, answer)
    local places = answer and M.given(answer.places)
    if err then
      say_error(err)
    elseif places then
      say(places == 0 and messages.nothing_unlikely or messages.unlikely:format(places))
    end
  end)
end

--- Have nothing suggested by itself for some minutes, 5 if it is not said how many; 0 ends that.
---@param minutes? number
function M.snooze(minutes)
  local client = client_here()
  if not client then
    return
  end
  local command = { title = "Snooze", command = "fillwright.snooze", arguments = { minutes or 5 } }
  client:exec_cmd(command, { bufnr = 0 }, function(err, answer)
    if err then
      say_error(err)
    elseif answer.minutes > 0 then
      say(messages.snoozed:format(math.ceil(answer.minutes)))
    else
      say(messages.awake)
    end
  end)
end

--- Start the server again, once the old one is gone.
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
