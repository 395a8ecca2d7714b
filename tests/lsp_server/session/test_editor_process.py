"""Processes that run, that ended and that never were."""

import os
import subprocess
import sys
import threading

from fillwright.lsp_server.session.editor_process import is_running, when_gone

PATIENCE_S = 60


def test_a_process_runs_until_it_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert is_running(child.pid)
    left = threading.Event()
    when_gone(child.pid, left.set, every_s=0.01)
    assert not left.is_set()
    child.communicate(b"\n")
    assert left.wait(PATIENCE_S)
    assert not is_running(child.pid)


def test_what_is_not_seen_is_not_waited_for() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    before = threading.active_count()
    for pid in (ended.pid, 10**30):
        when_gone(pid, lambda: os._exit(1), every_s=0.01)
    assert threading.active_count() == before
