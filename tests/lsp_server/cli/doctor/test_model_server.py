"""What the doctor says of a model server."""

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.lsp_server.cli.doctor.command import looks
from fillwright.lsp_server.cli.doctor.model_server import look_at_server
from tests.engine.remote.conftest import llama_server


def test_a_server_is_asked_what_it_is(tmp_path):
    with llama_server(tmp_path) as url:
        found = {finding.name: finding for finding in look_at_server(RemoteSettings(url))}
    assert all(finding.is_ok for finding in found.values())
    assert found["server"].found.startswith("llama.cpp")
    assert found["context"].found == "2048 tokens"
    assert found["infills"].found.startswith("yes")


def test_one_that_cannot_be_used_is_wrong_and_why():
    [finding] = look_at_server(RemoteSettings("http://127.0.0.1:9"))
    assert not finding.is_ok
    assert "cannot be reached" in finding.remedy


def test_with_a_server_nobody_looks_for_a_model_of_our_own():
    names = [name for _, name, _ in looks(EngineSettings(remote=RemoteSettings("http://x")))]
    assert "server" in names
    assert not {"torch", "checkpoint", "memory"} & set(names)
