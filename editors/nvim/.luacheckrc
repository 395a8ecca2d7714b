std = "luajit"
max_line_length = 110
exclude_files = { "node_modules" }
read_globals = { "vim" }
globals = { "vim.b", "vim.bo", "vim.g", "vim.o", "vim.opt", "vim.wo" }
