"""A language server whose engine is somebody else's model server: ghost text, and its failures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.daemon.client import EngineSettings
from fillwright.engine.daemon.lifecycle import stop_all
from tests.engine.remote.conftest import ScriptedServer, refusing, serving

pytestmark = pytest.mark.e2e

SOURCE = "def total(prices):\n    return \n"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture(autouse=True)
async def no_daemon_stays(engine: EngineSettings) -> Any:
    yield
    assert engine.runtime_dir is not None
    await stop_all(engine.runtime_dir)


def settings(url: str) -> dict[str, Any]:
    return {"eagerness": "normal", "engine": {"preload": False, "url": url, "samples": 1}}


async def test_ghost_text_comes_from_the_server(start: Any, server: ScriptedServer) -> None:
    serving(server, "sum", "(prices)")
    editor = await start(options=settings(server.url))
    uri = editor.open(SOURCE)
    (item,) = (await editor.ghost(uri, 1, 11)).items
    assert item.insert_text == "sum(prices)"
    prompts = [body["prompt"] for body in server.bodies("/v1/completions")]
    assert prompts[-1].endswith("return <|fim_suffix|>\n<|fim_middle|>")


async def test_what_does_not_parse_is_not_shown_by_itself(
    start: Any, server: ScriptedServer
) -> None:
    serving(server, "sum((prices", scores=None)
    editor = await start(options=settings(server.url))
    uri = editor.open(SOURCE)
    assert not (await editor.ghost(uri, 1, 11)).items


async def test_a_failure_is_one_sentence_and_the_next_request_works(
    start: Any, server: ScriptedServer
) -> None:
    serving(server, "sum(prices)")
    works = server.says["/v1/completions"]
    editor = await start(options=settings(server.url))
    uri = editor.open(SOURCE)
    server.says["/v1/completions"] = refusing(500, {"error": {"message": "out of memory"}})
    assert not (await editor.ghost(uri, 1, 11)).items
    await editor.until(lambda: any(s["state"] == "failed" for s in editor.statuses))
    told = [s["message"] for s in editor.statuses if s["state"] == "failed"]
    host = server.url.removeprefix("http://")
    assert told == [f"The engine at {host} failed (500): out of memory."]
    server.says["/v1/completions"] = works
    (item,) = (await editor.ghost(uri, 1, 11)).items
    assert item.insert_text == "sum(prices)"


async def test_an_address_that_must_not_be_used_is_told_and_nothing_is_sent(start: Any) -> None:
    editor = await start(options={"engine": {"url": "http://gpu.example:8000"}})
    await editor.until(lambda: any(s["state"] == "failed" for s in editor.statuses))
    assert "go to gpu.example:8000 unencrypted" in editor.statuses[-1]["message"]


@pytest.mark.parametrize(
    ("bound", "is_sent"), [("project", True), ("file", False), ("none", False)]
)
async def test_what_is_sent_of_other_files_is_bounded_by_a_setting(
    start: Any, server: ScriptedServer, bound: str, is_sent: bool
) -> None:
    serving(server, "sum(prices)")
    editor = await start(options=settings(server.url) | {"privacy": {"context": bound}})
    other = editor.open("".join(f"OTHER_{n} = {n * 7}\n" for n in range(80)), "untitled:two.py")
    await editor.ghost(other, 3, 0)
    uri = editor.open(SOURCE)
    await editor.ghost(uri, 1, 11)
    prompts = [body["prompt"] for body in server.bodies("/v1/completions")]
    [prompt] = [prompt for prompt in prompts if "return <|fim_suffix|>" in prompt]
    assert ("OTHER_" in prompt) is is_sent


@pytest.mark.parametrize(("bound", "is_sent"), [("project", True), ("file", False)])
async def test_of_files_that_were_never_open_nothing_secret_is_sent(
    start: Any, server: ScriptedServer, tmp_path: Path, bound: str, is_sent: bool
) -> None:
    key = "AKIA0123456789ABCDEF"
    body = f"(prices):\n    wobble_the_quokka(prices, '{key}')\n    return prices\n\n\n"
    for name in ("machine.py", "ignored.py"):
        (tmp_path / name).write_text("".join(f"def {name[:2]}_{n}{body}" for n in range(4)))
    (tmp_path / ".env").write_text("QUOKKA_PRICES=total\n" * 9)
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    serving(server, "sum(prices)")
    options = settings(server.url) | {"privacy": {"context": bound}}
    options["engine"]["preload"] = True
    editor = await start(options=options, folders={tmp_path.as_uri(): {}})
    # the file that is open is one of them
    uri = editor.open(
        "def total(prices):\n    wob\n    return prices\n", (tmp_path / "a.py").as_uri()
    )
    await editor.until(lambda: editor.statuses and editor.statuses[-1]["files"] == 2)
    await editor.ghost(uri, 1, 7)
    prompts = [body["prompt"] for body in server.bodies("/v1/completions")]
    [prompt] = [prompt for prompt in prompts if "wob<|fim_suffix|>" in prompt]
    assert ("def ma_3(prices):\n    wobble_the_quokka(prices, '****" in prompt) is is_sent
    assert not any(word in prompt for word in ("0123456789", "def ig_", "QUOKKA_PRICES"))
    shown = (await editor.command("fillwright.status"))["memory"]
    assert ("your model server is shown pieces" in shown) is is_sent
