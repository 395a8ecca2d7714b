"""What a daemon that stands before a model server adds of its own, in a table.

`python -P tests/bench/remote.py`. The server answers at once, in this process; the daemon is a real
process with its socket. Each request is a key further in a line that somebody types. `request` is
the time from the client's call to the server having all of it, `answer` from the server's last byte
to the client having the fill. Not a test.
"""

import asyncio
import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.request import Budget, Hole, InfillRequest

REQUESTS = 300
LINES = (20, 1_000, 10_000)
TYPED = "the_whole_price = sum(price_of(each) for each in "
PIECES = ["len", "(", "prices", ")"]


class InstantServer:
    """OpenAI's completions, over connections that stay; notes when it had and gave everything."""

    def __init__(self) -> None:
        self.had = self.gave = 0.0
        chunks = [*({"choices": [{"text": piece}]} for piece in PIECES)]
        chunks += [{"choices": [{"text": "", "finish_reason": "stop"}]}]
        body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        models = json.dumps({"data": [{"id": "qwen2.5-coder", "max_model_len": 8192}]})
        self._answers = {"/v1/completions": body, "/v1/models": models}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            lines = head.decode().lower().split("\r\n")
            path = head.decode().split(" ", 2)[1]
            lengths = [line.split(": ")[1] for line in lines if line.startswith("content-length")]
            await reader.readexactly(int(lengths[0]) if lengths else 0)
            self.had = time.perf_counter()
            body = self._answers.get(path, "{}").encode()
            status = "200 OK" if path in self._answers else "404 Not Found"
            answer = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            writer.write(answer)
            self.gave = time.perf_counter()


async def main() -> None:
    """Measure and print."""
    instant = InstantServer()
    server = await asyncio.start_server(instant.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    remote = RemoteSettings(f"http://127.0.0.1:{port}", samples=1)
    table = Table("lines", "part", "median", "p95", "target", title="A daemon before a server")
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        client = EngineClient(EngineSettings(runtime_dir=Path(folder), remote=remote))
        try:
            for lines in LINES:
                await _shares(client, instant, lines, 0)
                spent = await _processor_s(client)
                rows = [await _shares(client, instant, lines, key) for key in range(REQUESTS)]
                spent = (await _processor_s(client) - spent) / REQUESTS * 1000
                requests, answers = zip(*rows, strict=True)
                both = [request + answer for request, answer in rows]
                table.add_row(f"{lines:,}", "request", *_ms(requests), "")
                table.add_row("", "answer", *_ms(answers), "")
                table.add_row("", "both", *_ms(both), "<= 2 ms")
                table.add_row("", "processor time of the daemon", f"{spent:.2f} ms", "", "")
        finally:
            await client.stop()
            server.close()
    Console().print(table)


async def _head(reader: asyncio.StreamReader) -> bytes:
    # cancelled: a kept connection at the end of the run
    with suppress(asyncio.IncompleteReadError, asyncio.CancelledError):
        return await reader.readuntil(b"\r\n\r\n")
    return b""


async def _shares(
    client: EngineClient, server: InstantServer, lines: int, key: int
) -> tuple[float, float]:
    line = TYPED[: 1 + key % len(TYPED)]
    document = "".join(f"value_{number} = {number}\n" for number in range(lines)) + line + "\n"
    place = Hole(len(document) - 1, len(document) - 1)
    request = InfillRequest(document, (place,), "python", shape="line", budget=Budget(tokens=32))
    began = time.perf_counter()
    await client.fill(request)
    ended = time.perf_counter()
    return server.had - began, ended - server.gave


async def _processor_s(client: EngineClient) -> float:
    """Seconds of processor time that the daemon has used (Linux)."""
    pid = (await client.health()).pid
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ms(seconds: "tuple[float, ...] | list[float]") -> tuple[str, str]:
    return f"{median(seconds) * 1000:.2f} ms", f"{quantiles(seconds, n=20)[-1] * 1000:.2f} ms"


if __name__ == "__main__":
    asyncio.run(main())
