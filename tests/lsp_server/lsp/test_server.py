"""A server that answers `initialize` and then cannot load the rest."""

import json
import subprocess
import sys

BROKEN = (
    "import sys\n"
    "sys.modules['tree_sitter'] = None\n"
    "from fillwright.lsp_server.lsp.server import serve\n"
    "serve()\n"
)


def framed(message: dict[str, object]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def test_a_server_that_cannot_be_loaded_ends_and_says_why() -> None:
    params = {"processId": None, "rootUri": None, "capabilities": {}}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-P", "-c", BROKEN], **pipes) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(framed({"id": 1, "method": "initialize", "params": params}))
        server.stdin.flush()
        assert server.stdout.readline().startswith(b"Content-Length")
        # stdin stays open: it is not its end that ends the server
        server.stdin.write(framed({"method": "initialized", "params": {}}))
        server.stdin.flush()
        assert server.stdout.read().count(b'"jsonrpc"') == 1
        assert server.wait() == 1
        assert server.stderr is not None
        said = server.stderr.read().decode()
    assert "cannot be loaded" in said
    assert "import" in said
