"""The daemon as a real process: started once, found again, killed, left behind, told to go.

Its checkpoint does not exist, so it loads nothing: what is tested here is the process.
"""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from fillwright.engine.daemon import lifecycle, server
from fillwright.engine.daemon.access import Network
from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.daemon.runtime_dir import place_of
from fillwright.engine.daemon.users import User
from fillwright.engine.errors import EngineUnavailable, FillwrightError

pytestmark = pytest.mark.e2e

PATIENCE_S = 60
EDITOR = """
import asyncio, sys
from pathlib import Path
from fillwright.engine.daemon.client import EngineClient, EngineSettings

checkpoint, runtime_dir = map(Path, sys.argv[1:])
print("up", flush=True)
sys.stdin.readline()
settings = EngineSettings(checkpoint=checkpoint, runtime_dir=runtime_dir)
print(asyncio.run(EngineClient(settings).start()).pid, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def settings(engine_folder, tmp_path):
    return EngineSettings(
        checkpoint=tmp_path / "missing", runtime_dir=engine_folder / "life", idle_seconds=600
    )


@pytest.fixture
async def client(settings):
    client = EngineClient(settings)
    yield client
    await client.stop()
    for file in place_of(settings).folder.iterdir():
        file.unlink()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


async def eventually(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.02)


def processes_of(place) -> list[int]:
    """Daemons of this place, by their command lines."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"fillwright.engine.daemon" in words and os.fsencode(place.folder) in words:
            found.append(int(entry.parent.name))
    return found


async def test_health_starts_nothing(client, settings):
    assert (await client.health()).status == "stopped"
    assert not lifecycle.is_alive(place_of(settings))
    assert not await client.stop()


async def test_start_and_stop(client, settings):
    health = await client.start()
    assert health.status in ("loading", "failed")
    place = place_of(settings)
    assert [mode(place.folder), mode(place.socket), mode(place.log)] == [0o700, 0o600, 0o600]
    assert (await client.start()).pid == health.pid, "the second start found the first daemon"
    assert await client.stop()
    assert (await client.health()).status == "stopped"
    assert not place.socket.exists()
    await eventually(lambda: not alive(health.pid))


async def test_eight_editors_that_start_at_once_share_one_daemon(client, settings):
    command = [sys.executable, "-c", EDITOR, str(settings.checkpoint), str(settings.runtime_dir)]
    editors = [
        await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(8)
    ]
    for editor in editors:
        assert await editor.stdout.readline() == b"up\n"
    for editor in editors:
        editor.stdin.write(b"go\n")
    pids = {int(await editor.stdout.readline()) for editor in editors}
    assert len(pids) == 1
    assert processes_of(place_of(settings)) == list(pids)
    log = place_of(settings).log.read_text()
    assert log.count("serves engine-") == 1

    # and it survives every one of them, however they end
    for number, editor in enumerate(editors):
        os.kill(editor.pid, signal.SIGKILL if number % 2 else signal.SIGTERM)
        await editor.wait()
    assert (await client.health()).pid in pids


async def test_the_daemon_is_no_child_of_the_editor(client):
    pid = (await client.start()).pid
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    parent, session = int(fields[1]), int(fields[3])
    assert parent != os.getpid()
    assert session != os.getsid(0)
    for descriptor in (0, 1, 2):
        target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
        assert target == "/dev/null" or target.endswith(".log")


async def test_a_killed_daemon_is_restarted_by_the_next_request(client, settings, request_for):
    killed = (await client.start()).pid
    os.kill(killed, signal.SIGKILL)
    await eventually(lambda: not alive(killed))
    assert place_of(settings).socket.exists(), "the crash left its socket behind"
    with pytest.raises(FillwrightError) as told:
        await client.fill(request_for("abc"))
    assert not isinstance(told.value, EngineUnavailable), "the new one speaks for itself"
    assert (await client.health()).pid not in (None, killed)


async def test_what_lies_at_the_socket_is_no_obstacle(client, settings):
    place_of(settings).socket.write_text("no socket")
    assert (await client.health()).status == "stopped"
    assert (await client.start()).pid is not None


async def test_a_daemon_without_work_leaves(client, settings):
    impatient = replace(settings, idle_seconds=0.1)
    await EngineClient(impatient).start()
    await eventually(lambda: not lifecycle.is_alive(place_of(settings)))
    assert "Leaving." in place_of(settings).log.read_text()
    assert (await client.health()).status == "stopped"


async def test_a_daemon_that_nobody_can_find_any_more_leaves(client, settings):
    pid = (await client.start()).pid
    place_of(settings).socket.unlink()
    await eventually(lambda: not alive(pid))


async def test_a_second_daemon_refuses_to_run(client, settings):
    pid = (await client.start()).pid
    second = await asyncio.create_subprocess_exec(
        *[word for word in lifecycle._command(settings, place_of(settings)) if word != "--detach"],
        stderr=subprocess.PIPE,
    )
    _, said = await second.communicate()
    assert second.returncode == 3
    assert f"This engine runs already, as process {pid}; stop it first." in said.decode()
    assert (await client.health()).pid == pid


async def test_a_daemon_that_ignores_requests_to_leave_is_killed(client, settings):
    pid = (await client.start()).pid
    os.kill(pid, signal.SIGSTOP)
    assert await lifecycle.stop(place_of(settings), patience_s=0.2)
    await eventually(lambda: not alive(pid))


async def test_a_daemon_that_cannot_start_is_told_with_its_log(
    client, settings, monkeypatch, tmp_path
):
    (tmp_path / "uvicorn.py").write_text("raise SystemExit('no uvicorn today')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(EngineUnavailable, match="ended while it started; its log is /"):
        await client.start()
    assert "no uvicorn today" in place_of(settings).log.read_text()


async def test_a_socket_that_cannot_be_made_is_told_in_a_sentence(client, settings):
    place_of(settings).socket.mkdir()
    try:
        with pytest.raises(EngineUnavailable, match="No Unix socket can be made in /"):
            await client.start()
    finally:
        place_of(settings).socket.rmdir()


async def test_a_folder_that_others_can_write_is_not_used(tmp_path, request_for):
    tmp_path.chmod(0o777)
    client = EngineClient(EngineSettings(runtime_dir=tmp_path))
    for ask in (client.start, client.health, client.stop, lambda: client.fill(request_for("a"))):
        with pytest.raises(EngineUnavailable, match="Other users can write"):
            await ask()
    assert list(tmp_path.iterdir()) == []


async def test_a_torch_folder_in_the_users_workspace_is_not_imported(
    client, settings, monkeypatch, tmp_path
):
    workspace = tmp_path / "workspace"
    (workspace / "torch").mkdir(parents=True)
    (workspace / "torch" / "__init__.py").write_text("raise SystemExit('the wrong torch')")
    monkeypatch.chdir(workspace)
    # a folder that holds nothing: found wanting by the engine, and so after torch is imported
    settings.checkpoint.mkdir()
    pid = (await client.start()).pid
    assert Path(f"/proc/{pid}/cwd").resolve() == place_of(settings).folder

    async with asyncio.timeout(PATIENCE_S):
        while (await client.health()).status == "loading":
            await asyncio.sleep(0.02)
    assert "the wrong torch" not in place_of(settings).log.read_text()


async def test_where_no_unix_socket_fits_it_is_loopback_with_a_token(settings, tmp_path):
    folder = tmp_path / ("x" * 90)
    far = EngineSettings(settings.checkpoint, runtime_dir=folder)
    client, place = EngineClient(far), place_of(far)
    pid = (await client.start()).pid
    assert (await client.health()).pid == pid
    assert mode(place.loopback) == 0o600
    loopback = json.loads(place.loopback.read_text())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{loopback['port']}") as http:
        assert (await http.get("/health")).status_code == 401
        token = {"Authorization": f"Bearer {loopback['token']}"}
        assert (await http.get("/health", headers=token)).json()["pid"] == pid
    os.kill(pid, signal.SIGKILL)
    # its threads outlive the process's name for a moment, and hold the port
    await eventually(lambda: is_free(loopback["port"]))
    with socket.create_server(("127.0.0.1", loopback["port"])) as stranger:
        stranger.setblocking(False)
        assert (await client.health()).status == "stopped"
        with pytest.raises(BlockingIOError):
            stranger.accept()
    restarted = (await client.start()).pid
    assert restarted not in (None, pid)
    assert await client.stop()
    assert not place.loopback.exists()


async def test_the_network_needs_a_token(client, settings, monkeypatch):
    def command(*more):
        return [*lifecycle._command(settings, place_of(settings)), *more]

    monkeypatch.delenv("FILLWRIGHT_TOKEN", raising=False)
    for token, sentence in [("", "needs a bearer token"), ("short", "at least 16 ASCII")]:
        refused = await asyncio.create_subprocess_exec(
            *[word for word in command("--host", "127.0.0.1") if word != "--detach"],
            env={**os.environ, "FILLWRIGHT_TOKEN": token},
            stderr=subprocess.PIPE,
        )
        _, said = await refused.communicate()
        assert refused.returncode == 3
        assert sentence in said.decode()
    assert not lifecycle.is_alive(place_of(settings))


async def test_the_network_is_served_beside_the_private_socket(client, settings, free_port):
    token = "a-token-of-some-length"
    started = await asyncio.create_subprocess_exec(
        *lifecycle._command(settings, place_of(settings)),
        *("--host", "127.0.0.1", "--port", str(free_port)),
        env={**os.environ, "FILLWRIGHT_TOKEN": token},
        stdout=subprocess.PIPE,
    )
    assert await started.stdout.read() == lifecycle.READY
    pid = (await client.health()).pid
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{free_port}") as http:
        assert (await http.get("/health")).status_code == 401
        assert (await http.post("/v1/infill", content=b"{}")).status_code == 401
        answer = await http.get("/health", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["pid"] == pid


async def test_a_port_sends_what_it_has_at_once(client, free_port, settings):
    """What a listener has, its connections inherit."""
    network = Network("127.0.0.1", free_port, (User("a-token-of-some-length"),))
    listeners, doors = server._listen(place_of(settings), network)
    assert (doors.users, doors.private) == ({free_port: network.users}, None)
    listeners.append(server._loopback(place_of(settings))[0])
    for listener in listeners[1:]:
        with listener, socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    listeners[0].close()


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_the_client_loads_no_torch_and_no_server():
    code = "import sys, fillwright.engine.daemon.client; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"torch", "numpy", "starlette", "uvicorn", "httpx", "filelock"} & set(loaded)
