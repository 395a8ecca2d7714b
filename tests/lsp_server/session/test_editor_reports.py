"""The servers' reports for the doctor: written after news, read while the server lives, no text."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fillwright.engine.errors import EngineUnavailable
from fillwright.lsp_server.fills.status import Status
from fillwright.lsp_server.session.editor_reports import EditorReport, editor_reports
from fillwright.lsp_server.suggestions.suppressions import Suppressions
from fillwright.lsp_server.text.reasons import Reason


def report_in(folder: Path) -> tuple[EditorReport, Suppressions]:
    suppressions = Suppressions()
    report = EditorReport(lambda: folder, lambda: Status("ready"), suppressions, delay_s=0)
    report.editor = "Neovim"
    return report, suppressions


async def test_news_is_written_once_for_all_that_comes_together(tmp_path: Path) -> None:
    report, suppressions = report_in(tmp_path)
    for version in range(3):
        suppressions.add("file:///a.py", "ghost", Reason.of("after-undo"))
        report.schedule_write()
        assert list(tmp_path.iterdir()) == [], version
    async with asyncio.timeout(60):
        while not (found := editor_reports(tmp_path)):
            await asyncio.sleep(0)
    (written,) = found
    assert (written["pid"], written["editor"]) == (os.getpid(), "Neovim")
    assert written["status"]["state"] == "ready"
    (suppressed,) = written["suppressed"]
    assert (suppressed["code"], suppressed["count"]) == ("after-undo", 3)
    report.remove()
    assert list(tmp_path.iterdir()) == []


def test_reports_of_dead_servers_and_other_files_are_passed_over(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "editor-1.json").write_text(json.dumps({"pid": ended.pid}))
    (tmp_path / "editor-2.json").write_text("{half")
    (tmp_path / "editor-3.json").write_text("[1]")
    assert editor_reports(tmp_path) == []
    assert not (tmp_path / "editor-1.json").exists()


def test_a_report_that_cannot_be_written_is_none(tmp_path: Path) -> None:
    def no_folder() -> Path:
        raise EngineUnavailable("no folder")

    report, _ = report_in(tmp_path / "missing")
    report.write()
    report.remove()
    report = EditorReport(no_folder, Status, Suppressions())
    report.write()
    assert editor_reports(tmp_path / "missing") == []


@pytest.mark.e2e
async def test_a_servers_report_comes_with_the_first_reason_and_goes_with_the_server(
    tmp_path: Path,
) -> None:
    environment = {**os.environ, "FILLWRIGHT_RUNTIME_DIR": str(tmp_path)}
    command = [sys.executable, "-P", "-m", "fillwright.lsp_server", "serve"]
    server = subprocess.Popen(command, env=environment, stdin=-1, stdout=-1)
    assert server.stdin is not None
    options = {"initializationOptions": {"engine": {"preload": False}}}
    parts = {"processId": None, "rootUri": None, "capabilities": {}, "clientInfo": {"name": "vi"}}
    document = {"textDocument": {"uri": "untitled:never"}, "position": {"line": 0, "character": 0}}
    for message in (
        {"id": 1, "method": "initialize", "params": {**parts, **options}},
        {"id": 2, "method": "textDocument/completion", "params": document},
    ):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    server.stdin.flush()
    async with asyncio.timeout(60):
        while not (found := editor_reports(tmp_path)):
            await asyncio.sleep(0.05)
    assert found[0]["editor"] == "vi"
    assert [one["code"] for one in found[0]["suppressed"]] == ["not-open"]
    server.stdin.close()
    assert server.wait(60) == 1
    assert list(tmp_path.glob("editor-*")) == []
