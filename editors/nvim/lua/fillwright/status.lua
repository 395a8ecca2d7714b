-- What the language server says of itself and of the engine, for statuslines and `:Fillwright status`.

local given = require("fillwright.requests").given
local messages = require("fillwright.messages")
local say = require("fillwright.say")

local M = {}

-- reasons that are shown
local LATEST = 5

---@class fillwright.Status what `fillwright/status` carries
---@field state "stopped"|"loading"|"ready"|"busy"|"failed"
---@field message string
---@field fraction? number of the model that is loaded
---@field model? string
---@field device? string
---@field doubts? "causal"|"denoised" what the model ranks tokens by to find unlikely places
---@field calibrated? boolean somebody has counted how often its fills are right when it is so sure
---@field use? string the engine that the settings choose by name
---@field useForActions? string the one for what is asked for by hand

---@class fillwright.FullStatus: fillwright.Status what the command `fillwright.status` answers
---@field lastFillMs? integer
---@field memory? string how much of the project is remembered
---@field suppressed { uri: string, kind: string, code: string, message: string, count: integer }[]

---@type table<integer, fillwright.Status> by client
local by_client = {}
---@type table<integer, string> what is done for the fill of a client, and how far it has come
local doing = {}
---@type string? why the last server ended that was not asked to
local crash

--- Take up a status, tell statuslines, and say a failure that is new.
---@param status fillwright.Status
---@param client_id integer
function M.take(status, client_id)
  local before = by_client[client_id]
  by_client[client_id] = status
  crash = nil
  if status.state == "failed" and not vim.deep_equal(before, status) then
    say.say(status.message, vim.log.levels.WARN)
  end
  M.tell(status)
end

--- Take up how far a fill has come.
---@param client_id integer
---@param value { kind: "begin"|"report"|"end", percentage?: integer, message?: string }
function M.progress(client_id, value)
  local client = vim.lsp.get_client_by_id(client_id)
  if not client or client.name ~= "fillwright" then
    return
  end
  local percent = value.kind ~= "end" and given(value.percentage)
  -- "denoising, step 3 of 8"
  local word = (given(value.message) or ""):match("^%a+") or messages.filling
  doing[client_id] = percent and ("%s %d%%%%"):format(word, percent) or nil
  vim.cmd.redrawstatus({ bang = true })
end

--- The server of a client has ended.
---@param code integer
---@param signal integer
---@param client_id integer
function M.exited(code, signal, client_id)
  by_client[client_id], doing[client_id] = nil, nil
  if code ~= 0 or signal ~= 0 then
    crash = messages.crash:format(code, signal)
  end
  require("fillwright.drafts").settle()
  M.tell({ state = "stopped", message = crash or "" })
end

---@param status fillwright.Status
function M.tell(status)
  vim.api.nvim_exec_autocmds("User", { pattern = "FillwrightStatus", data = status, modeline = false })
  vim.cmd.redrawstatus({ bang = true })
end

--- One or two words for a statusline; empty in buffers without Fillwright.
---@return string
function M.component()
  local client = vim.lsp.get_clients({ bufnr = 0, name = "fillwright" })[1]
  if not client then
    return crash and "fillwright " .. messages.states.stopped or ""
  end
  if doing[client.id] then
    return "fillwright " .. doing[client.id]
  end
  local status = by_client[client.id]
  if not status or status.state == "ready" then
    return "fillwright"
  end
  if status.state == "loading" and given(status.fraction) then
    return ("fillwright %d%%%%"):format(100 * status.fraction)
  end
  return "fillwright " .. messages.states[status.state]
end

--- Ask the server how it is, and show it.
function M.report()
  local client = vim.lsp.get_clients({ bufnr = 0, name = "fillwright" })[1]
  if not client then
    local reason = crash or M.absence()
    say.show({ "Fillwright: " .. reason, messages.checkhealth_says_more })
    return
  end
  client:exec_cmd({ title = "Status", command = "fillwright.status" }, { bufnr = 0 }, function(err, answer)
    if err then
      say.say(err.message, vim.log.levels.WARN)
    else
      say.show(M.lines(answer))
    end
  end)
end

--- Why there is no server for this buffer, where none has crashed.
---@return string
function M.absence()
  local filetype = vim.bo.filetype
  local wanted = vim.lsp.is_enabled("fillwright") and vim.lsp.config.fillwright.filetypes or {}
  if vim.list_contains(wanted, filetype) then
    return messages.not_started
  end
  return messages.not_attached:format(filetype)
end

--- A status in words.
---@param status fillwright.FullStatus
---@return string[]
function M.lines(status)
  local known = vim.iter({ status.model, status.device }):filter(given):join(", ")
  local loaded = given(status.fraction) and (" %d%%"):format(100 * status.fraction) or ""
  local lines = {
    "Fillwright: " .. messages.states[status.state] .. loaded .. (known ~= "" and " (" .. known .. ")" or ""),
  }
  if given(status.use) or given(status.useForActions) then
    local actions = given(status.useForActions) or messages.same_engine.label
    table.insert(lines, messages.engines:format(given(status.use) or messages.default_engine, actions))
  end
  if given(status.lastFillMs) then
    table.insert(lines, messages.last_fill:format(status.lastFillMs / 1000))
  end
  if given(status.doubts) then
    table.insert(lines, messages.doubts[status.doubts])
  end
  if given(status.calibrated) == false then
    table.insert(lines, messages.not_calibrated)
  end
  for _, sentence in ipairs({ status.message, given(status.memory) or "" }) do
    if sentence ~= "" then
      table.insert(lines, sentence)
    end
  end
  local latest = vim.list_slice(status.suppressed or {}, math.max(1, #(status.suppressed or {}) - LATEST + 1))
  if #latest > 0 then
    vim.list_extend(lines, { "", messages.reasons })
  end
  for _, quiet in vim.iter(latest):rev():enumerate() do
    local name = vim.fn.fnamemodify(vim.uri_to_fname(quiet.uri), ":t")
    local times = quiet.count > 1 and messages.times:format(quiet.count) or ""
    local kind = messages.kinds[quiet.kind] or quiet.kind
    table.insert(lines, messages.reason:format(kind, name, quiet.message, times))
  end
  for number, sentence in ipairs(require("fillwright.config").taken_keys()) do
    vim.list_extend(lines, number == 1 and { "", sentence .. "." } or { sentence .. "." })
  end
  table.insert(lines, "")
  table.insert(lines, messages.commands)
  return lines
end

return M
