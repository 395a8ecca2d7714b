rockspec_format = "3.0"
package = "fillwright.nvim"
version = "scm-1"
source = {
  url = "git+https://github.com/fillwright/fillwright.nvim",
}
description = {
  summary = "Fills holes in code with a local text-diffusion model",
  homepage = "https://github.com/fillwright/fillwright",
  license = "Apache-2.0",
  labels = { "neovim" },
}
dependencies = {
  "lua == 5.1",
}
build = {
  type = "builtin",
  copy_directories = { "doc", "lsp", "plugin" },
}
