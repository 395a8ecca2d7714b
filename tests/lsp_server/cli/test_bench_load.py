"""`fillwright bench load`."""

import json

import pytest

from fillwright.lsp_server.cli.main import main
from tests.engine.remote.conftest import llama_server


@pytest.mark.slow
def test_it_prints_what_came_of_every_request(tmp_path, capsys):
    record = {"text": "x = 1\n", "requests": [{"ms": 0, "typed": 4, "given_up_ms": None}]}
    typing = tmp_path / "typing.json"
    typing.write_text(json.dumps(record))
    with llama_server(tmp_path) as url:
        command = ["bench", "load", "--engine", url, "--users", "2", "--minutes", "0.1"]
        assert main([*command, "--typing", str(typing)]) == 0
    said = capsys.readouterr().out
    for row in ("2 editors, 6 s", "asked", "answered", "given up as the typing went on", "p99"):
        assert row in said


@pytest.mark.parametrize("options", [["--minutes", "0"], ["--typing", "/nonexistent"]])
def test_what_cannot_be_run_gets_a_sentence(options, capsys):
    assert main(["bench", "load", "--engine", "http://127.0.0.1:9", *options]) == 2
    assert capsys.readouterr().err.startswith("fillwright: ")
