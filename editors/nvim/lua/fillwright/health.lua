-- `:checkhealth fillwright`: what Neovim knows, and then what `fillwright doctor` finds.

local config = require("fillwright.config")
local health = vim.health
local messages = require("fillwright.messages").health

local M = {}

local DOCTOR_MS = 60000

function M.check()
  health.start("fillwright: Neovim")
  M.check_version()
  local program = M.check_server()
  M.check_keys()
  if program then
    health.start("fillwright: doctor")
    M.check_doctor(program)
  end
end

function M.check_version()
  local version = tostring(vim.version())
  if vim.fn.has("nvim-0.11") == 1 then
    health.ok(messages.neovim:format(version))
  else
    health.error(messages.too_old:format(version), messages.install_newer)
  end
end

---@return string? program of the language server, where there is one
function M.check_server()
  if not vim.lsp.is_enabled("fillwright") then
    health.warn(messages.not_enabled, messages.call_setup)
  end
  local cmd = vim.lsp.config.fillwright.cmd
  local program = type(cmd) == "table" and vim.fn.exepath(cmd[1]) or ""
  if program == "" then
    health.error(messages.no_program:format(vim.inspect(cmd)), messages.install_program)
    return nil
  end
  health.ok(messages.program:format(program))
  local clients = vim.lsp.get_clients({ name = "fillwright" })
  for _, client in ipairs(clients) do
    health.ok(messages.buffers:format(vim.tbl_count(client.attached_buffers)))
  end
  if #clients == 0 then
    health.info(messages.not_running)
  end
  return program
end

function M.check_keys()
  for _, sentence in ipairs(config.taken_keys()) do
    health.warn(sentence, messages.choose_another_key)
  end
end

---@param program string
function M.check_doctor(program)
  local done = vim.system({ program, "doctor", "--json" }, { text = true, timeout = DOCTOR_MS }):wait()
  local decoded, report = pcall(vim.json.decode, done.stdout or "", { luanil = { object = true } })
  if not decoded then
    health.error(messages.no_report:format(vim.trim(done.stderr or "")), messages.run_doctor)
    return
  end
  for _, finding in ipairs(report.findings) do
    M.tell(finding)
  end
end

---@param finding { name: string, state: string, found: string, remedy?: string }
function M.tell(finding)
  local line = ("%s: %s"):format(finding.name, finding.found)
  if finding.name == "neovim" then
    -- whether it is on the PATH does not matter to the one that runs
    return
  elseif finding.state == "ok" then
    health.ok(line)
  elseif finding.state == "error" then
    health.error(line, finding.remedy)
  else
    health.info(finding.remedy and ("%s. %s"):format(line, finding.remedy) or line)
  end
end

return M
