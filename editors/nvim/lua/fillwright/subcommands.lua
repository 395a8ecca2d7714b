-- `:Fillwright`: its subcommands and their completion.

local M = {}

---@class fillwright.Subcommand
---@field run fun(argument: string, call: vim.api.keyset.create_user_command.command_args)
---@field arguments? string[] what completes after it

local PLACES = { "body", "line", "docstring", "stubsInClass", "stubsInFile" }

---@param name string a function of the plugin's module
local function plain(name)
  return {
    run = function()
      require("fillwright")[name]()
    end,
  }
end

---@type table<string, fillwright.Subcommand>
local subcommands = {
  apply = plain("apply"),
  cancel = plain("cancel"),
  check = plain("check"),
  less = plain("less"),
  more = plain("more"),
  reject = plain("reject"),
  toggle = plain("toggle"),
  engine = {
    run = function(name)
      require("fillwright.engines").choose("use", name)
    end,
  },
  ["engine-for-actions"] = {
    run = function(name)
      require("fillwright.engines").choose("useForActions", name)
    end,
  },
  fill = {
    run = function(what)
      require("fillwright").fill(what ~= "" and what or nil)
    end,
    arguments = PLACES,
  },
  log = {
    run = function()
      vim.cmd.tabnew({ args = { vim.lsp.log.get_filename() }, magic = { file = false } })
    end,
  },
  restart = {
    run = function()
      require("fillwright.requests").restart()
    end,
  },
  rewrite = {
    run = function(instruction, call)
      local selection = require("fillwright.selection").of_range(call.line1, call.line2)
      require("fillwright.requests").rewrite(selection, instruction ~= "" and instruction or nil)
    end,
  },
  snooze = {
    run = function(minutes)
      require("fillwright").snooze(tonumber(minutes))
    end,
    arguments = { "5", "15", "60", "0" },
  },
  status = {
    run = function()
      require("fillwright.status").report()
    end,
  },
}

---@return string[]
local function names()
  local found = vim.tbl_keys(subcommands)
  table.sort(found)
  return found
end

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  local name, argument = call.args:match("^(%S+)%s*(.-)%s*$")
  if not name then
    name, argument = "status", ""
  end
  local subcommand = subcommands[name]
  if not subcommand then
    local known = table.concat(names(), ", ")
    local sentence = require("fillwright.messages").no_subcommand:format(name, known)
    require("fillwright.say").say(sentence, vim.log.levels.ERROR)
    return
  end
  subcommand.run(argument, call)
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local name = line:match("Fillwright%s+(%S+)%s")
  local candidates = name and (subcommands[name] and subcommands[name].arguments or {}) or names()
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate, lead)
  end, candidates)
end

return M
