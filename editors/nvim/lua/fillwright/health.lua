-- `:checkhealth fillwright`: what Neovim knows, and then what `fillwright doctor` finds.

local config = require("fillwright.config")
local health = vim.health

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
    health.ok("Neovim " .. version)
  else
    health.error("Neovim " .. version .. " is too old", "Install Neovim 0.11 or newer.")
  end
end

---@return string? program of the language server, where there is one
function M.check_server()
  if not vim.lsp.is_enabled("fillwright") then
    health.warn("The language server is not enabled", 'Call require("fillwright").setup().')
  end
  local cmd = vim.lsp.config.fillwright.cmd
  local program = type(cmd) == "table" and vim.fn.exepath(cmd[1]) or ""
  if program == "" then
    health.error(
      ("The language server %s is not there"):format(vim.inspect(cmd)),
      "Install fillwright where it is on the PATH, or name it: setup({ cmd = { ... } })."
    )
    return nil
  end
  health.ok("The language server is " .. program)
  local clients = vim.lsp.get_clients({ name = "fillwright" })
  for _, client in ipairs(clients) do
    health.ok(("It runs for %d buffers"):format(vim.tbl_count(client.attached_buffers)))
  end
  if #clients == 0 then
    health.info("It does not run; it starts with a file of a filetype that it knows")
  end
  return program
end

function M.check_keys()
  for _, sentence in ipairs(config.taken_keys()) do
    health.warn(sentence, "Choose another key: setup({ keys = { accept_line = ... } }), for example.")
  end
end

---@param program string
function M.check_doctor(program)
  local done = vim.system({ program, "doctor", "--json" }, { text = true, timeout = DOCTOR_MS }):wait()
  local decoded, report = pcall(vim.json.decode, done.stdout or "", { luanil = { object = true } })
  if not decoded then
    health.error("It gave no report: " .. vim.trim(done.stderr or ""), "Run `fillwright doctor`.")
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
