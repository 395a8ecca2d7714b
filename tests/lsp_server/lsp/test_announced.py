"""What is announced is what is there once the session has been loaded."""

import json
from typing import Any

from pygls.capabilities import ServerCapabilitiesBuilder

from fillwright.lsp_server.lsp.announced import COMMANDS, FEATURES, NOTEBOOKS
from fillwright.lsp_server.lsp.server import FillwrightServer


class Answers:
    """A writer that keeps what is written."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self.messages.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def close(self) -> None: ...


def test_the_answer_to_initialize_says_what_the_loaded_server_would() -> None:
    server, answers = FillwrightServer(), Answers()
    server.protocol.set_writer(answers)
    params = {"processId": None, "rootUri": None, "capabilities": {}}
    server.protocol.handle_message(
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    )
    (answer,) = answers.messages
    manager = server.protocol.fm
    # loads it
    assert server.session.is_configured
    assert manager.features.keys() >= FEATURES.keys()
    assert sorted(manager.commands) == sorted(COMMANDS)
    loaded = ServerCapabilitiesBuilder(
        server.client_capabilities,
        {*manager.features, *manager.builtin_features},
        FEATURES,
        list(COMMANDS),
        server._text_document_sync_kind,
        NOTEBOOKS,
        server.workspace.position_encoding,
    ).build()
    assert answer["result"]["capabilities"] == server.protocol._converter.unstructure(loaded)
