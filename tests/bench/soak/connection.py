"""A language server process, spoken to in JSON-RPC; knows nothing of what is said."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE_S = 120.0
LONGEST_LINE = 2**24


class Connection:
    """`requested` answers what the server asks."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.requested: Callable[[str, Any], Any] = lambda method, params: None
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._asked = 0
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def started(cls, command: list[str], log: Path) -> "Connection":
        """Starts the process; what it says on stderr goes to `log`."""
        pipe = asyncio.subprocess.PIPE
        with log.open("wb") as errors:
            return cls(
                await asyncio.create_subprocess_exec(
                    *command, stdin=pipe, stdout=pipe, stderr=errors, limit=LONGEST_LINE
                )
            )

    def notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    async def ask(self, method: str, params: object) -> Any:
        """The whole answer, result or error."""
        number, self._asked = self._asked, self._asked + 1
        self._answers[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": params})
        return await asyncio.wait_for(self._answers[number], PATIENCE_S)

    async def end(self) -> int:
        """Ends it as editors do; gives the exit status."""
        await self.ask("shutdown", None)
        self.notify("exit", None)
        return await self.process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while header := await self.process.stdout.readline():
            length = int(header.split(b":")[1])
            while (await self.process.stdout.readline()).strip():
                pass
            message = json.loads(await self.process.stdout.readexactly(length))
            if "method" not in message:
                self._answers.pop(message["id"]).set_result(message)
            elif "id" in message:
                result = self.requested(message["method"], message["params"])
                self._send({"id": message["id"], "result": result})
