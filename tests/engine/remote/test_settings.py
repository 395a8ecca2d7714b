"""Which addresses may be talked to."""

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.remote.settings import RemoteSettings


@pytest.mark.parametrize(
    ("url", "base", "kind"),
    [
        ("http://127.0.0.1:8012", "http://127.0.0.1:8012", None),
        ("http://localhost:8012/infill", "http://localhost:8012", "llama.cpp"),
        ("http://[::1]:11434/api/generate", "http://[::1]:11434", "ollama"),
        ("https://gpu.example/team/v1/", "https://gpu.example/team", None),
        (
            "https://codestral.mistral.ai/v1/fim/completions",
            "https://codestral.mistral.ai",
            "mistral",
        ),
        ("https://api.inceptionlabs.ai/v1", "https://api.inceptionlabs.ai", "mercury"),
    ],
)
def test_a_url_is_known_by_its_host_and_end(url, base, kind):
    address = RemoteSettings(url).address()
    assert (address.base, address.kind) == (base, kind)


@pytest.mark.parametrize(
    "url", ["", "8012", "localhost:8012", "ftp://x", "http://", "http://x:99999"]
)
def test_what_is_no_url_is_refused(url):
    with pytest.raises(BadRequest, match="is no URL of an engine"):
        RemoteSettings(url).address()


@pytest.mark.parametrize("url", ["https://me:key@host", "https://host/?key=1"])
def test_a_key_in_a_url_is_refused_and_not_repeated(url):
    with pytest.raises(BadRequest, match="must hold no key") as error:
        RemoteSettings(url).address()
    assert "key@" not in str(error.value)


@pytest.mark.parametrize("host", ["gpu.example", "10.0.0.7", "127.0.0.1.example", "0.0.0.0"])
def test_plain_http_to_another_machine_must_be_allowed(host):
    with pytest.raises(BadRequest, match=f"go to {host}:80 unencrypted"):
        RemoteSettings(f"http://{host}:80").address()
    assert RemoteSettings(f"http://{host}:80", plain_http=True).address().host == f"{host}:80"


def test_a_key_is_read_from_the_environment_alone(monkeypatch):
    settings = RemoteSettings("https://x", key_variable="MY_KEY")
    for value in ("", "  ", "kéy", "a\nb"):
        monkeypatch.setenv("MY_KEY", value)
        with pytest.raises(BadRequest, match="MY_KEY holds no key"):
            settings.key()
    monkeypatch.setenv("MY_KEY", " sekret\n")
    assert settings.key() == "sekret"
    assert "sekret" not in repr(settings)
    assert RemoteSettings("https://x").key() is None
