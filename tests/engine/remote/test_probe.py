"""What a server is found to be."""

import pytest

from fillwright.engine.errors import BadRequest, EngineFailed, FillwrightError
from fillwright.engine.remote.connecting import look
from fillwright.engine.remote.settings import RemoteSettings
from tests.engine.remote.conftest import giving, raw, refusing


def vllm(server, model="qwen2.5-coder-7b"):
    server.says["/v1/models"] = giving({"data": [{"id": model, "max_model_len": 1024}]})
    server.says["/version"] = giving({"version": "0.33.0"})
    server.says["/v1/completions"] = giving({"choices": [{"text": "x"}]})


def test_a_model_that_does_not_is_one_of_openais(server):
    vllm(server)
    found = look(RemoteSettings(server.url))
    assert (found.kind, found.family.name, found.version) == ("openai", "qwen", "0.33.0")


def test_a_model_of_an_unknown_family_needs_a_template(server):
    vllm(server, "gpt-oss-20b")
    with pytest.raises(BadRequest, match=r"how gpt-oss-20b fills in the middle.*engine\.template"):
        look(RemoteSettings(server.url))
    assert look(RemoteSettings(server.url, template="glm")).family.name == "glm"
    own = look(RemoteSettings(server.url, template="<P>{prefix}<S>{suffix}<M>")).family
    assert own.prompt("a", "b") == "<P>a<S>b<M>"
    assert own.stops == ("<P>", "<S>", "<M>")
    with pytest.raises(BadRequest, match="must be one of qwen, "):
        look(RemoteSettings(server.url, template="klingon"))


def test_of_several_models_one_must_be_named(server):
    server.says["/v1/models"] = giving({"data": [{"id": "starcoder2"}, {"id": "qwen2.5-coder"}]})
    with pytest.raises(BadRequest, match=r"engine\.model to one of starcoder2, qwen2.5-coder\."):
        look(RemoteSettings(server.url))
    assert look(RemoteSettings(server.url, model="starcoder2")).family.name == "starcoder"


def test_another_model_than_llama_cpp_has_is_not_asked_for(llama_url):
    with pytest.raises(BadRequest, match=r"engine\.model to one of .*tiny\.gguf\."):
        look(RemoteSettings(llama_url, model="qwen2.5-coder-7b"))
    model = look(RemoteSettings(llama_url)).model
    assert look(RemoteSettings(llama_url, model=model)).model == model


def test_a_server_that_cannot_list_its_models_is_used_where_the_model_is_named(server):
    vllm(server)
    server.says["/v1/models"] = raw(b"Internal Server Error", 500, kind="text/plain")
    found = look(RemoteSettings(server.url, model="qwen2.5-coder-7b"))
    assert (found.kind, found.family.name) == ("openai", "qwen")
    with pytest.raises(EngineFailed, match=r"failed \(500\)"):
        look(RemoteSettings(server.url))
    # a key that is wrong stays wrong
    server.says["/v1/models"] = refusing(401, {})
    with pytest.raises(EngineFailed, match="wants a key"):
        look(RemoteSettings(server.url, model="qwen2.5-coder-7b"))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (raw(b"<html>", kind="text/html"), "something else than JSON"),
        (refusing(404, {}), "does not say which models"),
        (giving({"data": "none"}), "does not say which models"),
        (giving([]), "does not say which models"),
        (giving({"data": [None, {"id": 7}]}), "does not say which models"),
    ],
)
def test_what_is_no_model_server_is_said_to_be_none(server, answer, sentence):
    server.says["/v1/models"] = answer
    with pytest.raises(FillwrightError, match=sentence):
        look(RemoteSettings(server.url))


def test_a_kind_that_was_set_is_not_doubted_silently(server):
    vllm(server)
    with pytest.raises(BadRequest, match="is no ollama server"):
        look(RemoteSettings(server.url, kind="ollama"))
    with pytest.raises(BadRequest, match="does not denoise"):
        look(RemoteSettings(server.url, kind="vllm-diffusion"))
