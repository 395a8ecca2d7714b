-- Which engine fills: a choice that holds until Neovim ends, in the place of `settings.engine.use`.

local given = require("fillwright.requests").given
local messages = require("fillwright.messages")
local say = require("fillwright.say").say

local M = {}

---@alias fillwright.EngineSetting "use"|"useForActions"

---@class fillwright.EngineChoice
---@field value? string what the setting becomes
---@field label string
---@field detail string

--- Set an engine, in the servers that run and in those that start later.
---@param setting fillwright.EngineSetting
---@param value? string
local function set(setting, value)
  -- a null, for nil would leave what was there
  local chosen = { fillwright = { engine = { [setting] = value or vim.NIL } } }
  vim.lsp.config("fillwright", { settings = chosen })
  for _, client in ipairs(vim.lsp.get_clients({ name = "fillwright" })) do
    client.settings = vim.tbl_deep_extend("force", client.settings, chosen)
    client:notify("workspace/didChangeConfiguration", { settings = client.settings })
  end
end

---@param choice fillwright.EngineChoice
---@param chosen? string
---@return string
local function line(choice, chosen)
  return ("%s %s (%s)"):format(given(choice.value) == chosen and "*" or " ", choice.label, choice.detail)
end

--- Choose an engine by its name, or in a list of all.
---@param setting fillwright.EngineSetting
---@param name string empty to be asked
function M.choose(setting, name)
  local client = vim.lsp.get_clients({ bufnr = 0, name = "fillwright" })[1]
  if not client then
    say(messages.no_server, vim.log.levels.WARN)
    return
  end
  client:exec_cmd({ title = "Engines", command = "fillwright.engines" }, { bufnr = 0 }, function(err, answer)
    if err then
      say(err.message, vim.log.levels.WARN)
      return
    end
    ---@type fillwright.EngineChoice[]
    local engines = answer.engines
    if setting == "useForActions" then
      engines = vim.tbl_filter(function(choice)
        return given(choice.value) ~= nil
      end, engines)
      table.insert(engines, 1, messages.same_engine)
    end
    if name ~= "" then
      M.take(setting, name, engines)
      return
    end
    local chosen = given(answer[setting])
    vim.ui.select(engines, {
      prompt = setting == "use" and messages.engine or messages.engine_for_actions,
      format_item = function(choice)
        return line(choice, chosen)
      end,
    }, function(choice)
      if choice then
        set(setting, given(choice.value))
      end
    end)
  end)
end

--- Take the engine that is called so.
---@param setting fillwright.EngineSetting
---@param name string
---@param engines fillwright.EngineChoice[]
function M.take(setting, name, engines)
  for _, choice in ipairs(engines) do
    if name == choice.label or name == given(choice.value) then
      set(setting, given(choice.value))
      return
    end
  end
  local labels = vim.tbl_map(function(choice)
    return choice.label
  end, engines)
  say(messages.no_engine:format(name, table.concat(labels, ", ")), vim.log.levels.ERROR)
end

return M
