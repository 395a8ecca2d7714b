-- What the language server says of itself and of the engine, for statuslines and `:Fillwright status`.

local given = require("fillwright.requests").given
local say = require("fillwright.say")

local M = {}

-- reasons that are shown
local LATEST = 5
local KINDS = { ghost = "Ghost text", popup = "Popup" }

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
---@type table<integer, integer> how far the fill of a client has come, in percent
local percent = {}
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
---@param value { kind: "begin"|"report"|"end", percentage?: integer }
function M.progress(client_id, value)
  local client = vim.lsp.get_client_by_id(client_id)
  if not client or client.name ~= "fillwright" then
    return
  end
  percent[client_id] = value.kind ~= "end" and given(value.percentage) or nil
  vim.cmd.redrawstatus({ bang = true })
end

--- The server of a client has ended.
---@param code integer
---@param signal integer
---@param client_id integer
function M.exited(code, signal, client_id)
  by_client[client_id], percent[client_id] = nil, nil
  if code ~= 0 or signal ~= 0 then
    crash = ("The language server ended with code %d, signal %d; start it with :Fillwright restart."):format(
      code,
      signal
    )
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
    return crash and "fillwright stopped" or ""
  end
  if percent[client.id] then
    return ("fillwright filling %d%%%%"):format(percent[client.id])
  end
  local status = by_client[client.id]
  if not status or status.state == "ready" then
    return "fillwright"
  end
  if status.state == "loading" and given(status.fraction) then
    return ("fillwright %d%%%%"):format(100 * status.fraction)
  end
  return "fillwright " .. status.state
end

--- Ask the server how it is, and show it.
function M.report()
  local client = vim.lsp.get_clients({ bufnr = 0, name = "fillwright" })[1]
  if not client then
    local reason = crash or M.absence()
    say.show({ "Fillwright: " .. reason, ":checkhealth fillwright says more." })
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
    return "The language server has not started yet."
  end
  return ("It is not attached to this buffer (filetype %q)."):format(filetype)
end

--- A status in words.
---@param status fillwright.FullStatus
---@return string[]
function M.lines(status)
  local known = vim.iter({ status.model, status.device }):filter(given):join(", ")
  local loaded = given(status.fraction) and (" %d%%"):format(100 * status.fraction) or ""
  local lines = { "Fillwright: " .. status.state .. loaded .. (known ~= "" and " (" .. known .. ")" or "") }
  if given(status.use) or given(status.useForActions) then
    local actions = given(status.useForActions) or "the same"
    table.insert(lines, ("Engine: %s; for actions: %s."):format(given(status.use) or "default", actions))
  end
  if given(status.lastFillMs) then
    table.insert(lines, ("The last fill took %.1f s."):format(status.lastFillMs / 1000))
  end
  local head = ({ causal = "causal head", denoised = "denoiser" })[given(status.doubts)]
  if head then
    table.insert(lines, ("It finds unlikely places by its %s: :Fillwright check."):format(head))
  end
  if given(status.calibrated) == false then
    table.insert(lines, "How sure it is of a fill is not calibrated.")
  end
  for _, sentence in ipairs({ status.message, given(status.memory) or "" }) do
    if sentence ~= "" then
      table.insert(lines, sentence)
    end
  end
  local latest = vim.list_slice(status.suppressed or {}, math.max(1, #(status.suppressed or {}) - LATEST + 1))
  if #latest > 0 then
    vim.list_extend(lines, { "", "Why there was no suggestion, the newest first:" })
  end
  for _, quiet in vim.iter(latest):rev():enumerate() do
    local name = vim.fn.fnamemodify(vim.uri_to_fname(quiet.uri), ":t")
    local times = quiet.count > 1 and (" (%d times)"):format(quiet.count) or ""
    local kind = KINDS[quiet.kind] or quiet.kind
    table.insert(lines, ("%s in %s: %s%s"):format(kind, name, quiet.message, times))
  end
  for number, sentence in ipairs(require("fillwright.config").taken_keys()) do
    vim.list_extend(lines, number == 1 and { "", sentence .. "." } or { sentence .. "." })
  end
  table.insert(lines, "")
  table.insert(lines, ":Fillwright fill, rewrite, toggle and more: see :help :Fillwright")
  return lines
end

return M
