"""`fillwright engine probe URL` and `--engine URL`, before llama.cpp's own server."""

import argparse
import json

import pytest

from fillwright.engine.daemon.arguments import add_engine_arguments
from fillwright.lsp_server.cli.engine_arguments import engine_settings
from fillwright.lsp_server.cli.main import main
from fillwright.lsp_server.settings.reader import read_settings
from tests.engine.remote.conftest import llama_server


@pytest.fixture(scope="module")
def llama_url(tmp_path_factory):
    with llama_server(tmp_path_factory.mktemp("llama")) as url:
        yield url


def test_a_probe_prints_settings_that_can_be_used(llama_url, capsys):
    assert main(["engine", "probe", llama_url]) == 0
    said = capsys.readouterr().out
    lines, settings = said[: said.index("{")], json.loads(said[said.index("{") :])
    said = dict(line.split(":", 1) for line in lines.splitlines())
    assert said["server"].strip().startswith("llama.cpp")
    assert said["context"].strip() == "2048 tokens"
    assert said["infills"].strip().startswith("yes")
    assert said["denoises"].strip() == "no"
    read, complaints = read_settings(settings["fillwright"])
    assert complaints == ()
    assert (read.engine.url, read.engine.kind) == (llama_url, "llama.cpp")


def test_what_cannot_be_used_gets_a_sentence_and_a_code(capsys):
    assert main(["engine", "probe", "http://gpu.example"]) == 2
    assert "go to gpu.example unencrypted" in capsys.readouterr().err
    assert main(["engine", "probe", "http://127.0.0.1:9"]) == 3
    assert "cannot be reached" in capsys.readouterr().err


def test_an_option_outweighs_the_environment_and_so_does_a_checkpoint(monkeypatch, tmp_path):
    def url(*options):
        parser = argparse.ArgumentParser()
        add_engine_arguments(parser)
        settings = engine_settings(parser.parse_args(options))
        return settings.remote and settings.remote.url

    assert url() is None
    monkeypatch.setenv("FILLWRIGHT_ENGINE_URL", "http://127.0.0.1:1")
    assert url() == "http://127.0.0.1:1"
    assert url("--engine", "http://127.0.0.1:2") == "http://127.0.0.1:2"
    assert url("--model", str(tmp_path)) is None


def test_a_fill_on_the_command_line_goes_through_the_server(llama_url, tmp_path, capsys):
    file = tmp_path / "a.txt"
    file.write_text("one two \n")
    code = main(["fill", str(file), "--at", "1:9", "--engine", llama_url, "--json"])
    try:
        captured = capsys.readouterr()
        assert code in (0, 3)
        if code == 0:
            assert json.loads(captured.out)["device"].startswith("llama.cpp at")
        else:
            assert "llama.cpp at" in captured.err
    finally:
        main(["engine", "stop", "--engine", llama_url])


def test_a_missing_key_is_told_before_an_engine_starts(tmp_path, capsys):
    file = tmp_path / "a.py"
    file.write_text("x = \n")
    options = ["--engine", "https://gpu.example", "--key-variable", "NO_SUCH_KEY"]
    assert main(["fill", str(file), "--at", "1:5", *options]) == 2
    assert "NO_SUCH_KEY holds no key" in capsys.readouterr().err
