"""Records what a language server asks of a model server while somebody types in a real Neovim.

`PYTHONPATH=. python -P tests/bench/record_typing.py` writes `engine/remote/recorded_typing.json`,
which `fillwright bench load` replays. The keys come from this script: the first lines of `TYPED`,
with pauses of lognormal length, longer before a word and longest before a line. Everything else is
the real thing: the plugin, the language server and its daemon decide what is asked and what is
given up. The server answers after a third of a second, one time in three with what is typed next.
Not a test.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import pynvim

from fillwright.engine.daemon.lifecycle import stop_all
from tests.engine.remote.conftest import ScriptedServer, completions, serving

ROOT = Path(__file__).parents[2]
TYPED = ROOT / "engine/remote/window.py"
OUTPUT = ROOT / "engine/remote/recorded_typing.json"
LINES = 40
ANSWER_S, RIGHT = 0.3, 1 / 3
# medians in seconds, of keys within a word, before a word, and before a line
WITHIN, BEFORE_WORD, BEFORE_LINE, SIGMA = 0.12, 0.3, 1.5, 0.5
MARKS = "<|fim_prefix|>", "<|fim_suffix|>"
INIT = """
vim.opt.runtimepath:append(vim.env.FILLWRIGHT_PLUGIN)
require("fillwright").setup({ settings = { eagerness = "eager", engine = { samples = 1,
  url = vim.env.RECORDER } } })
"""
ATTACHED = "return #vim.lsp.get_clients({ bufnr = 0, name = 'fillwright' }) > 0"


class Recorder:
    """A server that notes where each request's hole was, when it came, and when it was over."""

    def __init__(self, text: str) -> None:
        self.text, self.asked = text, list[dict[str, object]]()
        self.began = time.monotonic()
        self._chance = random.Random(1)
        self.server = ScriptedServer()
        serving(self.server, "x")
        self.server.says["/v1/completions"] = self._complete

    def _complete(self, exchange) -> None:
        prefix = exchange.asked_for["prompt"].split(MARKS[0])[-1].split(MARKS[1])[0]
        cursor = len(prefix)
        entry = {"ms": self._ms(), "typed": cursor, "given_up_ms": None}
        self.asked.append(entry)
        exchange.connection.settimeout(ANSWER_S)
        try:
            # the only thing that comes is the end
            exchange.connection.recv(1)
            entry["given_up_ms"] = self._ms()
            exchange.close_connection = True
            return
        except TimeoutError:
            exchange.connection.settimeout(None)
        line = self.text[cursor:].split("\n", 1)[0]
        is_right = self._chance.random() < RIGHT and self.text.startswith(prefix)
        completions(line if is_right else "other(thing)")(exchange)

    def _ms(self) -> int:
        return round((time.monotonic() - self.began) * 1000)


def main() -> None:
    """Type, and write what was asked."""
    lines = TYPED.read_text("utf-8").split("\n")[:LINES]
    text = "\n".join(lines) + "\n"
    recorder = Recorder(text)
    with tempfile.TemporaryDirectory(prefix="fw-") as name:
        folder = Path(name)
        os.environ |= {
            "RECORDER": recorder.server.url,
            "FILLWRIGHT_PLUGIN": str(ROOT / "editors/nvim"),
            "FILLWRIGHT_RUNTIME_DIR": name,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **{f"XDG_{kind}_HOME": name for kind in ("CONFIG", "DATA", "STATE", "CACHE")},
        }
        (folder / "init.lua").write_text(INIT)
        program = str(ROOT / ".cache/editors/nvim/nvim-0.12")
        arguments = [program, "--embed", "--headless", "-n", "-i", "NONE"]
        editor = pynvim.attach("child", argv=[*arguments, "-u", str(folder / "init.lua")])
        try:
            editor.command(f"edit {folder / 'typed.py'}")
            while not editor.exec_lua(ATTACHED):
                time.sleep(0.1)
            # every key is typed here, indentation too
            editor.command("setlocal noautoindent indentexpr= formatoptions=")
            editor.input("i")
            recorder.began = time.monotonic()
            _type(editor, text)
        finally:
            editor.close()
            asyncio.run(stop_all(folder))
    recorder.server.close()
    record = {"text": text, "requests": recorder.asked}
    OUTPUT.write_text(json.dumps(record, indent=0) + "\n", encoding="utf-8")
    assert all(asked["typed"] <= len(text) for asked in recorder.asked), "more was typed"
    print(f"{len(recorder.asked)} requests in {recorder.asked[-1]['ms']} ms")


def _type(editor: pynvim.Nvim, text: str) -> None:
    chance = random.Random(2)
    for before, key in pairwise(f"\n{text}"):
        median = BEFORE_LINE if before == "\n" else BEFORE_WORD if before == " " else WITHIN
        # indentation is one thought
        if before == key == " ":
            median = 0.03
        time.sleep(median * chance.lognormvariate(0, SIGMA))
        editor.input({"<": "<lt>", "\n": "<CR>"}.get(key, key))


if __name__ == "__main__":
    main()
