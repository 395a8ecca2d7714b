"""A simulated editor: what a person does in it, and what must hold of the text all the while."""

import ast
import asyncio
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from connection import Connection

SERVER = [sys.executable, "-P", "-m", "fillwright.lsp_server", "serve"]
# cancelled, the document changed, the engine failed: each with a sentence
EXPECTED = {-32800, -32801, -32803}
Place = dict[str, int]
Range = dict[str, Place]


class FaultError(Exception):
    """Something that must not happen."""


class Editor:
    """One window with one file in front. `pace` times a person's pauses are its pauses."""

    def __init__(self, number: int, folder: Path, counts: Counter[str], pace: float) -> None:
        self.chance = random.Random(number)
        self.folder = folder
        self.counts, self.pace = counts, pace
        self.faults: list[str] = []
        self.path, self.text, self.version = folder, "", 0
        # the lines of the function that is filled
        self.first, self.last = 0, 0

    async def start(self, log: Path) -> None:
        self.server = await Connection.started(SERVER, log)
        self.server.requested = self._requested
        capabilities = {
            "workspace": {
                "applyEdit": True,
                "workspaceEdit": {"documentChanges": True},
                "didChangeWatchedFiles": {"dynamicRegistration": True},
            },
            "textDocument": {
                "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}
            },
        }
        params = {
            "processId": os.getpid(),
            "rootUri": self.folder.as_uri(),
            "workspaceFolders": [{"uri": self.folder.as_uri(), "name": "soak"}],
            "capabilities": capabilities,
            "initializationOptions": {"eagerness": "eager"},
        }
        await self.server.ask("initialize", params)
        self.server.notify("initialized", {})

    async def work(self, until: float) -> None:
        """Files, one after another; `time.monotonic` says when it is over."""
        while time.monotonic() < until:
            try:
                self.path = self.chance.choice(sorted(self.folder.rglob("*.py")))
                self.text = self.path.read_bytes().decode().replace("\r\n", "\n")
            except OSError:
                # the branch was changed this moment
                continue
            self.version += 1
            item = {"uri": self.uri, "languageId": "python", "version": self.version}
            opened = {"textDocument": {**item, "text": self.text}}
            self.server.notify("textDocument/didOpen", opened)
            try:
                await self.edit()
            except FaultError as fault:
                self.faults.append(str(fault))
            self.server.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})
            self.counts["files edited"] += 1

    async def edit(self) -> None:
        """Some work on the file in front, which is saved now and then."""
        for _ in range(3):
            await self.chance.choice((self.type_line, self.type_line, self.fill_body))()
            await self.same_text()
        if self.chance.random() < 0.5 and self.path.exists():
            self.path.write_text(self.text)
            self.counts["files saved"] += 1

    @property
    def uri(self) -> str:
        return self.path.as_uri()

    async def type_line(self) -> None:
        """Delete the end of a line and type it again; ask at pauses, take and undo some ghosts."""
        lines = self.text.split("\n")
        whole = [n for n, line in enumerate(lines) if len(line.strip()) > 6]
        if not whole:
            return
        line = self.chance.choice(whole)
        start = sum(len(each) + 1 for each in lines[:line])
        keep = len(lines[line]) - len(lines[line].lstrip()) + self.chance.randrange(4)
        wanted, before = lines[line][keep:], self.text
        self.change(start + keep, start + len(lines[line]), "")
        for number, letter in enumerate(wanted):
            at = start + keep + number
            if self.chance.random() < 0.03:
                self.change(at, at, "q")
                await self.pause(0.1)
                self.change(at, at + 1, "")
            self.change(at, at, letter)
            self.counts["keys"] += 1
            await self.pause(self.chance.uniform(0.04, 0.16))
            if self.chance.random() < 0.15:
                await self.look(at + 1)
        if self.text != before:
            raise FaultError(f"{self.path.name}: what was typed is not what stands there")

    async def look(self, cursor: int) -> None:
        """A pause: ghost text and popup, as editors ask for them; some ghosts are taken."""
        at = self.place(cursor)
        asked = {"textDocument": {"uri": self.uri}, "position": at}
        ghost, popup = await asyncio.gather(
            self.asked("textDocument/inlineCompletion", {**asked, "context": {"triggerKind": 2}}),
            self.asked("textDocument/completion", {**asked, "context": {"triggerKind": 1}}),
        )
        for item in (popup or {}).get("items", []):
            edit = item["textEdit"]
            self.loses_nothing(edit["range"], edit["newText"], cursor)
        for item in (ghost or {}).get("items", []):
            self.counts["ghost texts"] += 1
            self.loses_nothing(item["range"], item["insertText"], cursor)
            if self.chance.random() < 0.5:
                before = self.text
                start, end = (self.offset(item["range"][side]) for side in ("start", "end"))
                self.change(start, end, item["insertText"])
                await self.asked("workspace/executeCommand", item["command"])
                await self.pause(0.2)
                self.change(0, len(self.text), before)
                self.counts["ghost texts taken"] += 1

    async def fill_body(self) -> None:
        """Fill the body of a function; type meanwhile now and then, which ends the fill."""
        try:
            nodes = list(ast.walk(ast.parse(self.text)))
        except SyntaxError:
            return
        functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
        if not functions:
            return
        function = self.chance.choice(functions)
        place = {"line": function.body[0].lineno - 1, "character": function.body[0].col_offset}
        target = {"uri": self.uri, "what": "body", "range": {"start": place, "end": place}}
        before = self.text
        self.first, self.last = function.lineno - 1, function.end_lineno or function.lineno
        filling = asyncio.create_task(
            self.asked(
                "workspace/executeCommand",
                {"command": "fillwright.fill", "arguments": [target]},
            )
        )
        if self.chance.random() < 0.3:
            await self.pause(self.chance.uniform(0, 0.5))
            self.change(0, 0, "#")
            self.change(0, 1, "")
        answer = await filling
        self.counts["fills applied" if (answer or {}).get("applied") else "fills refused"] += 1
        if self.text != before:
            try:
                ast.parse(self.text)
            except SyntaxError as error:
                raise FaultError(f"{self.path.name}: a fill broke the file: {error}") from None
            self.change(0, len(self.text), before)

    def _requested(self, method: str, params: Any) -> Any:
        if method != "workspace/applyEdit":
            return [None] * len(params["items"]) if method == "workspace/configuration" else None
        [change] = params["edit"]["documentChanges"]
        identifier = change["textDocument"]
        if (identifier["uri"], identifier["version"]) != (self.uri, self.version):
            return {"applied": False, "failureReason": "the document changed"}
        for edit in sorted(change["edits"], key=lambda each: -each["range"]["start"]["line"]):
            first, last = (edit["range"][side]["line"] for side in ("start", "end"))
            if not self.first <= first <= last <= self.last:
                self.faults.append(f"{self.path.name}: an edit outside of its function: {edit}")
            start, end = (self.offset(edit["range"][side]) for side in ("start", "end"))
            self.change(start, end, edit["newText"])
        return {"applied": True}

    def change(self, start: int, end: int, text: str) -> None:
        """Replace characters, and tell the server."""
        span = {"start": self.place(start), "end": self.place(end)}
        self.text = self.text[:start] + text + self.text[end:]
        self.version += 1
        identifier = {"uri": self.uri, "version": self.version}
        self.server.notify(
            "textDocument/didChange",
            {"textDocument": identifier, "contentChanges": [{"range": span, "text": text}]},
        )

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(self.pace * seconds)

    def loses_nothing(self, span: Range, new: str, cursor: int) -> None:
        """What a suggestion replaces is in the suggestion: before the cursor as its beginning."""
        start, end = (self.offset(span[side]) for side in ("start", "end"))
        left, right = self.text[start:cursor], iter(new[max(0, cursor - start) :])
        kept = new.startswith(left) and all(letter in right for letter in self.text[cursor:end])
        if not (start <= cursor <= end and kept):
            raise FaultError(f"{self.path.name}: {self.text[start:end]!r} would become {new!r}")

    async def same_text(self) -> None:
        """Whether the server's document ends where this one does."""
        span = {"start": {"line": 0, "character": 0}, "end": {"line": 10**6, "character": 0}}
        asked = {"textDocument": {"uri": self.uri}, "range": span, "context": {"diagnostics": []}}
        actions = await self.asked("textDocument/codeAction", asked)
        for action in actions or []:
            target = action["command"]["arguments"][0]
            if target["what"] == "selection" and target["range"]["end"] != self.place(10**9):
                raise FaultError(f"{self.path.name}: the server has another text than its editor")

    async def asked(self, method: str, params: object) -> Any:
        """The result; an error that may come is counted, and None."""
        answer = await self.server.ask(method, params)
        if "error" not in answer:
            return answer["result"]
        error = answer["error"]
        if error["code"] not in EXPECTED:
            raise FaultError(f"{method}: {error}")
        self.counts[f"refused: {error['message'].split(';')[0]}"[:70]] += 1
        return None

    def place(self, offset: int) -> Place:
        before = self.text[:offset]
        tail = before.rpartition("\n")[2]
        return {"line": before.count("\n"), "character": len(tail.encode("utf-16-le")) // 2}

    def offset(self, place: Place) -> int:
        lines = self.text.split("\n")
        line = lines[place["line"]] if place["line"] < len(lines) else None
        units = None if line is None else line.encode("utf-16-le")
        if units is None or place["character"] * 2 > len(units):
            raise FaultError(f"{self.path.name} has no place {place}")
        column = len(units[: place["character"] * 2].decode("utf-16-le"))
        return sum(len(each) + 1 for each in lines[: place["line"]]) + column
