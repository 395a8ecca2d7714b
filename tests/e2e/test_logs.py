"""The server's log never quotes what is in a document, whatever the editor says."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

SERVER = [sys.executable, "-P", "-m", "fillwright.lsp_server", "serve"]
# put together here, because a traceback shows the lines of our own code
SECRET = "-".join(["correct", "horse", "battery"])
PLACE = {"line": 0, "character": 0}
DOCUMENT = {"uri": "untitled:a.py", "languageId": "python", "version": 1, "text": f"# {SECRET}\n"}
PLACED = {"textDocument": {"uri": "untitled:a.py"}, "position": PLACE}


def test_logs_hold_no_source_text() -> None:
    def request(number: int, method: str, params: Any) -> dict[str, Any]:
        return {"id": number, "method": method, "params": params}

    options = {"engine": {"preload": False}}
    messages = [
        request(1, "initialize", {"capabilities": {}, "initializationOptions": options}),
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": DOCUMENT}},
        {"method": "textDocument/didOpen", "params": {"textDocument": {"text": SECRET}}},
        {"method": "textDocument/didChange", "params": {"contentChanges": SECRET}},
        request(2, "textDocument/completion", PLACED),
        request(3, "textDocument/inlineCompletion", PLACED | {"context": SECRET}),
        request(4, "workspace/executeCommand", {"command": "x", "arguments": [SECRET]}),
        request(5, "workspace/executeCommand", {"command": SECRET}),
        request(6, "codeAction/resolve", {"title": SECRET, "data": SECRET}),
        {"method": "$/progress", "params": {"token": SECRET, "value": SECRET}},
        {"id": 7, "result": SECRET},
        {"id": 8, "error": {"code": 1, "message": SECRET}},
        request(9, "shutdown", None),
        {"method": "exit"},
    ]
    bodies = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in messages]
    bodies.insert(-2, f'{{"jsonrpc": "2.0", {SECRET}'.encode())
    said = b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies)
    log = subprocess.run(
        SERVER,
        input=said,
        capture_output=True,
        env={**os.environ, "FILLWRIGHT_LOG": "info"},
        timeout=120,
        check=False,
    ).stderr.decode()
    assert "Refusing textDocument/didChange" in log
    assert "JSONDecodeError" in log
    assert SECRET not in log
