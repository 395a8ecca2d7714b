"""A hub on loopback, over real HTTP: API, redirects to a server for the bytes, ranges, faults."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

COMMIT = "c" * 40
MODEL = "some/model"


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, where the pulled folders are listed."""
    home = tmp_path_factory.mktemp("home")
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    return home


@dataclass
class FakeHub:
    """`files` is what it holds; the rest is how it misbehaves. `asked` is every request: server,
    path, and the headers Authorization and Range."""

    files: dict[str, bytes]
    address: str = ""
    bytes_address: str = ""
    wants_token: str | None = None
    status: int | None = None
    breaks_off_after: int | None = None
    ignores_ranges: bool = False
    says_size: int | None = None
    lies: bool = False
    answer: bytes | None = None
    card: dict[str, Any] = field(default_factory=lambda: {"license": "gemma"})
    asked: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)

    def api(self) -> bytes:
        siblings = []
        for name, content in self.files.items():
            entry: dict[str, Any] = {"rfilename": name, "size": len(content)}
            entry["blobId"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            if name.endswith(".safetensors"):
                size = len(content) if self.says_size is None else self.says_size
                sha256 = hashlib.sha256(b"lie" if self.lies else content).hexdigest()
                entry["lfs"] = {"sha256": sha256, "size": size}
            siblings.append(entry)
        return json.dumps({"sha": COMMIT, "siblings": siblings, "cardData": self.card}).encode()

    def ranges(self, name: str) -> list[str | None]:
        """The ranges that were asked for of a file, at the server that has the bytes."""
        return [asked[3] for asked in self.asked if asked[:2] == ("bytes", f"/{name}")]


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    fake = FakeHub(
        {
            "config.json": b"{}",
            "tokenizer.json": b'{"model": 1}',
            "model-00001-of-00002.safetensors": bytes(range(256)) * 5000,
            "model-00002-of-00002.safetensors": b"second" * 1000,
            "model.safetensors.index.json": b'{"weight_map": {}}',
            "README.md": b"not needed",
            "onnx/model.safetensors": b"not needed",
            "../evil/config.json": b"not wanted",
        }
    )
    api, content = (
        ThreadingHTTPServer(("127.0.0.1", 0), handler(fake, server)) for server in ("hub", "bytes")
    )
    fake.address = f"http://127.0.0.1:{api.server_port}"
    fake.bytes_address = f"http://127.0.0.1:{content.server_port}"
    threads = [threading.Thread(target=s.serve_forever, args=(0.01,)) for s in (api, content)]
    for thread in threads:
        thread.start()
    yield fake
    for server, thread in zip((api, content), threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


def handler(fake: FakeHub, server: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token, range_ = self.headers["Authorization"], self.headers["Range"]
            fake.asked.append((server, self.path, token, range_))
            if server == "bytes":
                self.give(fake.files[self.path[1:]], range_)
            elif fake.status is not None:
                self.say(fake.status, b"no", {})
            elif fake.wants_token and token != f"Bearer {fake.wants_token}":
                self.say(401, b"no", {})
            elif self.path.endswith(f"/api/models/{MODEL}/revision/main?blobs=true"):
                self.say(200, fake.api() if fake.answer is None else fake.answer, {})
            elif self.path.startswith(start := f"/{MODEL}/resolve/{COMMIT}/"):
                place = f"{fake.bytes_address}/{self.path.removeprefix(start)}"
                self.say(302, b"", {"Location": place})
            else:
                self.say(404, b"no", {})

        def give(self, content: bytes, range_: str | None) -> None:
            start = 0
            if range_ and not fake.ignores_ranges:
                start = int(range_.removeprefix("bytes=").removesuffix("-"))
            headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
            self.say(206 if start else 200, content[start:], headers if start else {})

        def say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if server == "bytes" and fake.breaks_off_after is not None:
                body = body[: fake.breaks_off_after]
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
