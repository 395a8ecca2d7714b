"""What `fillwright memory` says of an engine."""

from pathlib import Path

import pytest

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.daemon.wire import Health
from fillwright.engine.request import WorkspaceMemory
from fillwright.lsp_server.cli.memory import describe_memory, memory_command

ONE = WorkspaceMemory("abcdef", "1", 1_200, 345_678, 2_150_000)


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (Health("stopped"), "nothing is remembered: the engine is stopped"),
        (Health("ready", remembers=False), "nothing is remembered: this model has no use for it"),
        (Health("loading", to_remember=5), "nothing is remembered, 5 more files to read"),
        (
            Health("ready", remembers=True, remembered=(ONE, ONE)),
            "2 projects: 2,400 files, 691,356 tokens, 4.3 MB; in the engine's memory, "
            "on this machine only",
        ),
    ],
)
def test_counts_are_said_and_no_names(health: Health, said: str) -> None:
    assert describe_memory(health) == said


def test_without_an_engine_none_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = EngineSettings(runtime_dir=tmp_path)
    assert memory_command("clear", settings) == 0
    assert capsys.readouterr().out == "nothing is remembered: the engine is stopped\n"
