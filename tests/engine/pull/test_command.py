"""`fillwright pull` against a hub on loopback."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.pull.command import how_to_run, known_model
from fillwright.engine.pull.hub import Hub
from fillwright.lsp_server.cli.main import main

MODEL = "some/model"
FIRST = "model-00001-of-00002.safetensors"
NEEDED = {
    "config.json",
    "tokenizer.json",
    FIRST,
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
}
CORRECTABLE, FAILED = 2, 3


@pytest.fixture(autouse=True)
def environment(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("HF_ENDPOINT", hub.address)


def pulled(folder: Path, *more: str) -> int:
    return main(["pull", MODEL, "--to", str(folder), *more])


def refused(folder: Path, capsys: pytest.CaptureFixture[str], code: int) -> str:
    capsys.readouterr()
    assert pulled(folder) == code
    said = [line for line in capsys.readouterr().err.splitlines() if "fillwright: " in line]
    assert len(said) == 1
    assert said[0].endswith(".")
    assert not (folder / "config.json").exists()
    return said[0]


def assert_whole(folder: Path, hub: Any) -> None:
    assert {path.name for path in folder.iterdir()} == NEEDED
    for name in NEEDED:
        assert (folder / name).read_bytes() == hub.files[name]


def test_what_is_needed_comes_and_nothing_else(
    hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pulled(tmp_path / "m") == 0
    assert_whole(tmp_path / "m", hub)
    assert "licence: gemma\n" in capsys.readouterr().out
    asked = len(hub.asked)
    assert pulled(tmp_path / "m") == 0
    assert len(hub.asked) == asked + 1  # all is there: only the list is asked for


def test_the_folder_is_the_models_name_unless_it_is_told(
    hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["pull", MODEL]) == 0
    assert_whole(tmp_path / "model", hub)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({}, "licence: the model card names none\n"),
        (
            {"license": "other", "license_name": "gemma", "license_link": "https://a/b"},
            "licence: gemma https://a/b\n",
        ),
    ],
)
def test_the_licence_is_said(
    hub: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    card: dict[str, str],
    said: str,
) -> None:
    hub.card = card
    assert pulled(tmp_path) == 0
    assert said in capsys.readouterr().out


def test_a_broken_off_download_goes_on_where_it_stopped(
    hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.breaks_off_after = 700_000
    assert pulled(tmp_path / "once") == 0  # within a run, too
    assert hub.ranges(FIRST) == [None, "bytes=700000-"]
    assert_whole(tmp_path / "once", hub)

    hub.asked.clear()
    hub.breaks_off_after = 0
    said = refused(tmp_path / "twice", capsys, FAILED)
    assert f"{FIRST} of {MODEL} ends after 0 of 1280000 bytes" in said
    (partial,) = (tmp_path / "twice").glob("*.partial")
    partial.write_bytes(hub.files[FIRST][:1000])
    hub.breaks_off_after = None
    assert pulled(tmp_path / "twice") == 0
    assert hub.ranges(FIRST) == [None, "bytes=1000-"]
    assert_whole(tmp_path / "twice", hub)


def test_a_hub_without_ranges_gives_the_whole_file(hub: Any, tmp_path: Path) -> None:
    hub.breaks_off_after = 0
    assert pulled(tmp_path) == FAILED
    (partial,) = tmp_path.glob("*.partial")
    partial.write_bytes(b"x" * 1000)
    hub.breaks_off_after, hub.ignores_ranges = None, True
    assert pulled(tmp_path) == 0
    assert_whole(tmp_path, hub)


def test_a_hub_without_ranges_that_always_breaks_off(
    hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.breaks_off_after, hub.ignores_ranges = 1000, True
    assert "cannot go on" in refused(tmp_path, capsys, FAILED)
    assert hub.ranges(FIRST) == [None, "bytes=1000-", None, "bytes=1000-"]


def test_a_wrong_checksum_is_said_and_the_file_removed(
    hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.lies = True
    assert "checksum" in refused(tmp_path, capsys, FAILED)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_damaged_comes_again(hub: Any, tmp_path: Path) -> None:
    assert pulled(tmp_path) == 0
    for name in ("tokenizer.json", FIRST):
        content = hub.files[name]
        (tmp_path / name).write_bytes(content[:-1] + b"?")
    assert pulled(tmp_path) == 0
    assert_whole(tmp_path, hub)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, CORRECTABLE, "set HF_TOKEN"),
        (403, CORRECTABLE, "accept the licence"),
        (404, CORRECTABLE, "has no some/model at revision main"),
        (500, FAILED, "answered 500"),
    ],
)
def test_a_hub_that_refuses(
    hub: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: int,
    said: str,
) -> None:
    hub.status = status
    assert said in refused(tmp_path, capsys, code)


def test_an_unknown_revision_is_named(
    hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pulled(tmp_path, "--revision", "a/b") == CORRECTABLE
    assert "some/model at revision a/b" in capsys.readouterr().err
    assert hub.asked[0][1] == f"/api/models/{MODEL}/revision/a%2Fb?blobs=true"


def test_the_token_goes_to_the_hub_only(
    hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.wants_token = "secret"
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert pulled(tmp_path) == 0
    tokens = {server: {a[2] for a in hub.asked if a[0] == server} for server in ("hub", "bytes")}
    assert tokens == {"hub": {"Bearer secret"}, "bytes": {None}}


def test_a_wrong_token_is_named_but_not_shown(
    hub: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hub.wants_token = "secret"
    monkeypatch.setenv("HF_TOKEN", "wrong-one")
    said = refused(tmp_path, capsys, CORRECTABLE)
    assert "HF_TOKEN may not read it" in said
    assert "wrong-one" not in said


def test_offline_asks_nothing(
    hub: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in refused(tmp_path, capsys, CORRECTABLE)
    assert not hub.asked


def test_the_proxy_of_the_environment_is_asked(
    hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("http_proxy", hub.address)
    pulled(tmp_path)
    assert hub.asked[0][1].startswith("http://hub.invalid/api/models/")


def test_a_hub_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    assert "http://127.0.0.1:1 cannot be reached" in refused(tmp_path, capsys, FAILED)
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    assert "HF_ENDPOINT" in refused(tmp_path, capsys, CORRECTABLE)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"{}", b'{"sha": 1, "siblings": []}'])
def test_something_else_than_a_hub(
    hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: bytes
) -> None:
    hub.answer = answer
    assert "does not answer as a Hugging Face hub" in refused(tmp_path, capsys, FAILED)


def test_a_repository_in_another_format(
    hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.files = {"config.json": b"{}", "model.gguf": b"GGUF"}
    assert "safetensors" in refused(tmp_path, capsys, CORRECTABLE)


def test_more_than_the_disk_holds(
    hub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.says_size = 10**18
    assert "GB are free" in refused(tmp_path, capsys, CORRECTABLE)
    assert not hub.ranges(FIRST)


def test_a_folder_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in refused(tmp_path / "file" / "m", capsys, CORRECTABLE)


@pytest.mark.parametrize("name", ["model", "../..", "a/b/c", "a/b?c"])
def test_a_name_that_is_none(name: str, capsys: pytest.CaptureFixture[str], hub: Any) -> None:
    assert main(["pull", name]) == CORRECTABLE
    assert "OWNER/NAME" in capsys.readouterr().err
    assert not hub.asked


def test_without_an_endpoint_it_is_the_public_hub() -> None:
    assert Hub.of({}).endpoint.startswith("https://")


def test_pulling_loads_no_torch() -> None:
    program = "import sys, fillwright.engine.pull.command; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("gpu", "of_machine", "said"),
    [
        (
            8,
            64,
            "this GPU has 8.0 GB: `fillwright quantize d d-int4 --experts int4` makes them fit",
        ),
        (12, 4, "this GPU has 12.0 GB: `fillwright quantize d d-int8 --experts int8` makes"),
        (24, 4, "this GPU has 24.0 GB, so they fit as they are"),
        (0, 16, "this machine has 16.0 GB: `fillwright quantize d d-int8 --experts int8` makes"),
        (0, 6, "its weights take 5.7 GB in int4, the smallest form; this machine has 6.0 GB"),
    ],
)
def test_the_form_of_a_known_model_that_the_memory_holds(
    gpu: int, of_machine: int, said: str
) -> None:
    known = known_model("Dream-Org/DreamOn-v0-7B")
    assert known is known_model("dreamon") is not None
    assert said in how_to_run(known, Path("d"), gpu * 10**9, of_machine * 10**9)


def test_other_models_are_not_known() -> None:
    assert known_model("some/model") is None
