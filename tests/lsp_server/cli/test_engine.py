"""`fillwright engine`, as processes, in a runtime folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMAND = [str(Path(sys.executable).parent / "fillwright"), "engine"]
DEADLINE_S = 120

pytestmark = pytest.mark.e2e


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    folder = tempfile.mkdtemp(prefix="fw-")
    environment = {**os.environ, "FILLWRIGHT_RUNTIME_DIR": folder}
    yield environment
    subprocess.run([*COMMAND, "stop"], env=environment, check=True, capture_output=True)
    shutil.rmtree(folder)


def says(action: str, environment: dict[str, str]) -> str:
    asked = subprocess.run(
        [*COMMAND, action], env=environment, check=True, capture_output=True, text=True
    )
    assert asked.stderr == ""
    return asked.stdout.strip()


def wait_until_ready(environment: dict[str, str]) -> str:
    deadline = time.monotonic() + DEADLINE_S
    while not (status := says("status", environment)).startswith("engine ready"):
        assert status.startswith(("engine loading", "engine stopped"))
        assert time.monotonic() < deadline, status
    return status


def test_an_engine_is_started_asked_and_stopped(environment: dict[str, str]) -> None:
    assert says("status", environment) == "engine stopped; the first fill starts it"
    assert says("start", environment).startswith(("engine loading", "engine ready"))
    assert wait_until_ready(environment).startswith("engine ready (fillwright-small, ")
    assert says("start", environment).startswith("engine ready")
    assert says("stop", environment) == "engine stopped"
    assert says("stop", environment) == "no engine was running"
    assert says("status", environment) == "engine stopped; the first fill starts it"


def test_every_engine_is_stopped_or_the_one_that_is_named(environment: dict[str, str]) -> None:
    says("start", environment)
    for _ in range(2):
        asked = [*COMMAND, "start", "--device", "cpu"]
        subprocess.run(asked, env=environment, check=True, capture_output=True)
        named = [*COMMAND, "stop", "--device", "cpu"]
        stopped = subprocess.run(named, env=environment, check=True, capture_output=True, text=True)
        assert stopped.stdout == "engine stopped\n"
    subprocess.run(asked, env=environment, check=True, capture_output=True)
    assert says("stop", environment) == "2 engines stopped"
    assert says("stop", environment) == "no engine was running"


def test_an_engine_in_the_foreground_leaves_when_interrupted(environment: dict[str, str]) -> None:
    with subprocess.Popen([*COMMAND, "run"], env=environment, stderr=subprocess.PIPE) as engine:
        assert f"pid {engine.pid})" in wait_until_ready(environment)
        engine.send_signal(signal.SIGINT)
        _, log = engine.communicate(timeout=DEADLINE_S)
    assert b"Traceback" not in log
    assert says("status", environment) == "engine stopped; the first fill starts it"


def test_a_second_engine_in_the_foreground_is_refused(environment: dict[str, str]) -> None:
    says("start", environment)
    second = subprocess.run(
        [*COMMAND, "run"], env=environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 3
    assert "fillwright: This engine runs already, as process" in second.stderr
