-- Fillwright for Neovim: the functions that mappings and statuslines call. `:help fillwright`

local config = require("fillwright.config")

local M = {}

--- Start the language server for its filetypes, with ghost text and keys as `options` say.
---@param options? fillwright.Options
function M.setup(options)
  config.take(options)
  local chosen = config.options
  vim.lsp.config("fillwright", {
    cmd = chosen.cmd,
    filetypes = config.filetypes(),
    settings = {
      fillwright = vim.tbl_deep_extend("force", { drafts = { enabled = chosen.drafts } }, chosen.settings),
    },
  })
  vim.api.nvim_create_autocmd("LspAttach", {
    group = vim.api.nvim_create_augroup("fillwright.attach", {}),
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == "fillwright" then
        require("fillwright.ghost").attach(event.buf, client)
      end
    end,
  })
  vim.lsp.enable("fillwright")
end

--- Fill what is at the cursor: `what` ("body", "line", "docstring", "stubsInClass", "stubsInFile"),
--- or what the server offers first there.
---@param what? string
function M.fill(what)
  require("fillwright.requests").fill(what)
end

--- Rewrite the visual selection: asks for an instruction, shows the difference, and applies it
--- when told to.
function M.rewrite()
  require("fillwright.requests").rewrite(require("fillwright.selection").visual())
end

--- Look through this buffer for unlikely places, which become diagnostics.
function M.check()
  require("fillwright.requests").check()
end

--- Give up the fills that are being made in this buffer.
function M.cancel()
  require("fillwright.requests").cancel()
end

--- Take the whole ghost text. False when there is none.
---@return boolean
function M.accept()
  return require("fillwright.ghost").accept()
end

--- Take the next word of the ghost text. False when there is none.
---@return boolean
function M.accept_word()
  return require("fillwright.ghost").accept("word")
end

--- Take the rest of the ghost text's line, or its next line. False when there is none.
---@return boolean
function M.accept_line()
  return require("fillwright.ghost").accept("line")
end

--- Show the next suggestion for the cursor; they are asked for where none are known.
function M.next()
  require("fillwright.inline_completion").cycle(1)
end

--- Show the suggestion before.
function M.previous()
  require("fillwright.inline_completion").cycle(-1)
end

--- Suggest nothing by itself for some minutes, 5 if it is not said how many; 0 ends that.
---@param minutes? integer
function M.snooze(minutes)
  require("fillwright.requests").snooze(minutes)
end

--- Have the last ghost text for this place offered again.
function M.recall()
  require("fillwright.ghost").recall()
end

--- Switch ghost text off or on, in every buffer.
function M.toggle()
  require("fillwright.ghost").toggle()
end

--- Apply the rewrite that is previewed. False when there is none.
---@return boolean
function M.apply()
  return require("fillwright.preview").apply()
end

--- Have the rewrite that is previewed change less of the selection. False when there is none, or no less.
function M.less()
  return require("fillwright.preview").less()
end

--- Have it change more.
function M.more()
  return require("fillwright.preview").more()
end

--- Drop the rewrite that is previewed. False when there is none.
---@return boolean
function M.reject()
  return require("fillwright.preview").reject()
end

--- A statusline's component: empty where Fillwright is not.
---@return string
function M.statusline()
  return require("fillwright.status").component()
end

return M
