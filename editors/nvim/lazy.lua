-- lazy.nvim reads how this plugin wants to be set up
return { "fillwright/fillwright.nvim", lazy = false, opts = {} }
