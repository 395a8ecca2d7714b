-- The smallest setup without plugins: paste it into init.lua, with the path of this folder.
-- Ghost text needs Neovim 0.12; on 0.11 there are the popup and the code actions.
vim.opt.runtimepath:append("/path/to/fillwright/editors/nvim")
vim.lsp.enable("fillwright")

vim.api.nvim_create_autocmd("LspAttach", {
  callback = function(event)
    local client = assert(vim.lsp.get_client_by_id(event.data.client_id))
    if client.name ~= "fillwright" then
      return
    end
    if vim.lsp.inline_completion then
      vim.lsp.inline_completion.enable(true, { bufnr = event.buf })
      -- <M-l> takes the ghost text; Tab stays yours
      vim.keymap.set("i", "<M-l>", function()
        return vim.lsp.inline_completion.get() and "" or "<M-l>"
      end, { buffer = event.buf, expr = true, desc = "Accept the fill" })
    end
    -- gra, Neovim's own key for code actions, offers "Fill body" and "Rewrite selection"
  end,
})
