"""Each limit, with a program that runs into it."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fillwright.engine.evaluation import sandboxed
from fillwright.engine.evaluation.sandbox import LAYERS, Limits, layers, run_program

# what the kernel keeps is proved on Linux, where it keeps it
HAVE = layers()
needs_files = pytest.mark.skipif("files" not in HAVE, reason="the kernel has no Landlock")
needs_kernel = pytest.mark.skipif(HAVE != LAYERS, reason="the kernel lacks a layer")


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("assert 1 + 1 == 2", "passed"),
        ("assert 1 + 1 == 3", "assertion"),
        ("def f(:", "syntax"),
        ("1 / 0", "error"),
        ("'\ud800'", "error"),
        ("import sys; sys.exit(0)", "error"),
        ("import os; os._exit(0)", "error"),
        ("def f(): f()\nf()", "error"),
        (
            "import typing, math, hashlib, re; assert hashlib.md5(b'x').hexdigest()[0] == '9'",
            "passed",
        ),
        ("import os; os.abort()", "killed"),
    ],
)
def test_a_program_gets_its_verdict(program: str, verdict: str) -> None:
    assert run_program(program) == verdict


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("while True: pass", "timeout"),
        ("while True: print('x' * 100_000)", "timeout"),
        (
            "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
            "killed",
        ),
    ],
)
def test_a_loop_ends_when_its_processor_time_is_used_up(program: str, verdict: str) -> None:
    assert run_program(program, Limits(processor_seconds=1)) == verdict


def test_waiting_ends_too() -> None:
    assert run_program("import time; time.sleep(600)", Limits(seconds=1.0)) == "timeout"


@pytest.mark.parametrize("program", ["[0] * 10**9", "x = []\nwhile True: x.append(bytes(10**7))"])
def test_memory_ends(program: str) -> None:
    assert run_program(program, Limits(memory=64 * 2**20)) == "memory"


def test_files_stay_small() -> None:
    program = "with open('x', 'wb') as file: file.write(bytes({}))"
    assert run_program(program.format(2**16), Limits(file_size=2**16)) == "passed"
    assert run_program(program.format(2**16 + 1), Limits(file_size=2**16)) == "error"


@pytest.mark.parametrize(
    "program",
    [
        "import os\nwhile True: os.fork()",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import threading; threading.Thread(target=print).start()",
        "import os; os.execv('/bin/true', ['true'])",
        "import os; os.kill(os.getppid(), 9)",
    ],
)
def test_no_process_is_started_or_ended(program: str) -> None:
    assert run_program(program) == "error"


def test_the_environment_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILLWRIGHT_SECRET", "x")
    assert run_program("import os; assert not os.environ") == "passed"


def test_sets_are_in_the_same_order_each_time() -> None:
    program = "assert [*{'a', 'b', 'c', 'd', 'e'}][0] == 'a'"
    assert len({run_program(program) for _ in range(8)}) == 1


def test_the_scratch_folder_can_be_used_and_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    program = "import os; os.mkdir('a'); open('a/b', 'w').write('c'); os.chmod('a', 0)"
    assert run_program(program) == "passed"
    assert run_program("while True: pass", Limits(processor_seconds=1)) == "timeout"
    assert not list(tmp_path.iterdir())


@needs_files
@pytest.mark.parametrize(
    "program",
    [
        "open({new!r}, 'w')",
        "open({old!r}, 'a')",
        "open({old!r})",
        "import os; os.remove({old!r})",
        "import os; os.truncate({old!r}, 0)",
        "import os; os.rename({old!r}, 'here')",
        "import os; os.listdir({folder!r})",
        "import shutil; shutil.rmtree({folder!r})",
        "import os; os.symlink({old!r}, 'here'); open('here')",
        "open('/proc/self/environ')",
    ],
)
def test_nothing_outside_is_read_or_changed(tmp_path: Path, program: str) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("kept")
    verdict = run_program(program.format(old=str(old), new=str(new), folder=str(tmp_path)))
    assert verdict == "error"
    assert old.read_text() == "kept"
    assert not new.exists()


def test_no_socket_is_opened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
        assert run_program(program) == "error"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


@needs_kernel
def test_the_network_is_another() -> None:
    program = "import os; assert os.readlink('/proc/self/ns/net') {} {!r}"
    ours = os.readlink("/proc/self/ns/net")
    assert run_program(program.format("!=", ours)) == "passed"
    assert run_program(program.format("==", ours)) == "assertion"


@needs_kernel
@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("os.fork()", "PermissionError"),
        ("_socket.socket()", "PermissionError"),
        ("os.kill(os.getppid(), 0)", "PermissionError"),
        ("_thread.start_new_thread(print, ())", "RuntimeError"),
        ("resource.setrlimit(resource.RLIMIT_CPU, (9, 9))", "ValueError"),
    ],
)
def test_the_kernel_refuses_without_the_hook(tmp_path: Path, line: str, error: str) -> None:
    """The audit hook would refuse first, so here is all the rest without it."""
    program = (
        "import sys, os, _socket, _thread, resource\n"
        f"sys.path.insert(0, {os.path.dirname(sandboxed.__file__)!r})\n"
        "import sandboxed\n"
        "sandboxed.limit(1, 2**28, 0)\n"
        "assert len(sandboxed.leave_kernel_behind(os.getcwd())) == 3\n"
        f"{line}\n"
    )
    command = [sys.executable, "-P", "-S", "-c", program]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stderr.splitlines()[-1].startswith(error)
