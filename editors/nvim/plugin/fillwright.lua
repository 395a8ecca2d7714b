-- The command, the <Plug> mappings and the highlights; the rest is loaded when it is first used.
if vim.g.loaded_fillwright or vim.fn.has("nvim-0.11") == 0 then
  return
end
vim.g.loaded_fillwright = true

vim.api.nvim_create_user_command("Fillwright", function(call)
  require("fillwright.subcommands").run(call)
end, {
  nargs = "*",
  range = true,
  desc = "Fill holes in code",
  complete = function(...)
    return require("fillwright.subcommands").complete(...)
  end,
})

for name, modes in pairs({
  accept = "i",
  accept_word = "i",
  accept_line = "i",
  apply = "n",
  cancel = { "n", "i" },
  fill = { "n", "i" },
  less = "n",
  more = "n",
  next = "i",
  previous = "i",
  recall = "i",
  reject = "n",
  rewrite = "x",
  toggle = { "n", "i" },
}) do
  vim.keymap.set(modes, ("<Plug>(fillwright-%s)"):format(name:gsub("_", "-")), function()
    require("fillwright")[name]()
  end, { desc = "Fillwright: " .. name:gsub("_", " ") })
end
vim.keymap.set("n", "<Plug>(fillwright-fill-stubs)", function()
  require("fillwright").fill("stubsInFile")
end, { desc = "Fillwright: fill all stubs in the file" })

for name, link in pairs({
  Ghost = vim.fn.has("nvim-0.12") == 1 and "ComplHint" or "NonText",
  Settled = "Normal",
  Unsettled = "NonText",
  Unsure = "WarningMsg",
  Replaced = "DiffDelete",
  Removed = "DiffDelete",
  Added = "DiffAdd",
  Hint = "Comment",
}) do
  vim.api.nvim_set_hl(0, "Fillwright" .. name, { link = link, default = true })
end

-- a fill that is done or cancelled leaves no draft behind
vim.api.nvim_create_autocmd("LspRequest", {
  group = vim.api.nvim_create_augroup("fillwright.drafts", {}),
  callback = function(event)
    if event.data.request.type ~= "pending" then
      require("fillwright.drafts").settle()
    end
  end,
})

-- a statusline tells how far a fill has come
vim.api.nvim_create_autocmd("LspProgress", {
  group = vim.api.nvim_create_augroup("fillwright.progress", {}),
  callback = function(event)
    require("fillwright.status").progress(event.data.client_id, event.data.params.value)
  end,
})
