-- Every text of this plugin that people read, so that it can be said in another language or in other words:
-- `require("fillwright.messages").nothing_to_fill = "..."`. What the language server says comes from there.

---@class fillwright.Messages
return {
  no_server = "no server is attached here; see :checkhealth fillwright",
  no_engine = "there is no engine %q; there are %s",
  no_subcommand = "there is no %q; there are %s",
  nothing_to_fill = "there is nothing to fill here",
  text_changed = "the text changed meanwhile; ask again",
  rewrite_changes_nothing = "the rewrite changes nothing",
  instruction_not_used = "instruction not used",
  how_to_rewrite = "Rewrite how? (empty: as you see fit) ",
  ghost_text_on = "ghost text is on",
  ghost_text_off = "ghost text is off",
  nothing_unlikely = "nothing here is unlikely",
  unlikely = "%d unlikely, see the hints",
  snoozed = "no suggestions for %d minutes; :Fillwright snooze 0 ends that",
  awake = "suggestions come again",
  more_in_the_log = "… (:Fillwright log)",
  preview_keys = { apply = "apply", reject = "reject", less = "less", more = "more" },

  engine = "Engine",
  engine_for_actions = "Engine for actions",
  same_engine = { label = "same", detail = "the one that fills otherwise" },

  states = { stopped = "stopped", loading = "loading", ready = "ready", busy = "busy", failed = "failed" },
  filling = "filling",
  crash = "The language server ended with code %d, signal %d; start it with :Fillwright restart.",
  checkhealth_says_more = ":checkhealth fillwright says more.",
  not_started = "The language server has not started yet.",
  not_attached = "It is not attached to this buffer (filetype %q).",
  engines = "Engine: %s; for actions: %s.",
  default_engine = "default",
  last_fill = "The last fill took %.1f s.",
  doubts = {
    causal = "It finds unlikely places by its causal head: :Fillwright check.",
    denoised = "It finds unlikely places by its denoiser: :Fillwright check.",
  },
  not_calibrated = "How sure it is of a fill is not calibrated.",
  reasons = "Why there was no suggestion, the newest first:",
  reason = "%s in %s: %s%s",
  times = " (%d times)",
  kinds = { ghost = "Ghost text", popup = "Popup" },
  commands = ":Fillwright fill, rewrite, toggle and more: see :help :Fillwright",

  unknown_options = {
    option = "fillwright: there is no option %q; there are %s",
    key = "fillwright: there is no key %q; there are %s",
  },
  taken_keys = {
    accept = "%s is mapped to something else, so it does not accept ghost text",
    accept_word = "%s is mapped to something else, so it does not accept a word of ghost text",
    accept_line = "%s is mapped to something else, so it does not accept a line of ghost text",
  },

  health = {
    neovim = "Neovim %s",
    too_old = "Neovim %s is too old",
    install_newer = "Install Neovim 0.11 or newer.",
    not_enabled = "The language server is not enabled",
    call_setup = 'Call require("fillwright").setup().',
    no_program = "The language server %s is not there",
    install_program = "Install fillwright where it is on the PATH, or name it: setup({ cmd = { ... } }).",
    program = "The language server is %s",
    buffers = "It runs for %d buffers",
    not_running = "It does not run; it starts with a file of a filetype that it knows",
    choose_another_key = "Choose another key: setup({ keys = { accept_line = ... } }), for example.",
    no_report = "It gave no report: %s",
    run_doctor = "Run `fillwright doctor`.",
  },
}
