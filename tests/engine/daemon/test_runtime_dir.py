"""The folder where daemon and clients meet: private, or refused with a sentence."""

import os
import stat
from pathlib import Path

import pytest

from fillwright.engine.daemon.runtime_dir import default_folder, place_of, private_folder
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.errors import EngineUnavailable

STRANGER = 12345
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_missing_folder_is_made_private(tmp_path):
    folder = private_folder(tmp_path / "a" / "run")
    assert folder.is_dir()
    assert mode(folder) == 0o700


def test_a_folder_that_others_can_only_read_is_closed(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(0o755)
    assert mode(private_folder(folder)) == 0o700


@pytest.mark.parametrize("writable", [0o770, 0o707, 0o1777])
def test_a_folder_that_others_can_write_is_refused(tmp_path, writable):
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(writable)
    with pytest.raises(EngineUnavailable, match=r"Other users can write .* then run `chmod 700"):
        private_folder(folder)
    assert mode(folder) == writable


@needs_root
def test_a_folder_of_somebody_else_is_refused(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    os.chown(folder, STRANGER, -1)
    with pytest.raises(EngineUnavailable, match="belongs to another user"):
        private_folder(folder)


def test_a_link_of_ours_is_followed_once(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    assert private_folder(tmp_path / "link") == tmp_path / "real"


def test_a_link_to_a_folder_that_others_can_write_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real").chmod(0o777)
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(EngineUnavailable, match="Other users can write"):
        private_folder(tmp_path / "link")


@needs_root
def test_a_link_that_somebody_else_made_is_refused(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    os.chown(tmp_path / "link", STRANGER, -1, follow_symlinks=False)
    with pytest.raises(EngineUnavailable, match="belongs to another user"):
        private_folder(tmp_path / "link")


@pytest.mark.parametrize("what", ["a file", "a broken link", "below a file"])
def test_what_is_no_folder_is_refused(tmp_path, what):
    place = tmp_path / "run"
    if what == "a broken link":
        place.symlink_to("nowhere")
    else:
        place.write_text("")
    with pytest.raises(EngineUnavailable, match="FILLWRIGHT_RUNTIME_DIR"):
        private_folder(place / "run" if what == "below a file" else place)


def test_settings_that_need_different_daemons_have_different_names(tmp_path):
    def name(**changes):
        return place_of(EngineSettings(runtime_dir=tmp_path, **changes)).name

    assert name() == name(idle_seconds=5, start_timeout_s=5)
    others = {name(), name(device="cuda"), name(checkpoint=tmp_path)}
    assert len(others) == 3
    (tmp_path / "link").symlink_to(tmp_path)
    assert name(checkpoint=tmp_path / "link") == name(checkpoint=tmp_path)


def test_a_path_too_long_for_a_unix_socket_is_noticed(tmp_path):
    here = place_of(EngineSettings(runtime_dir=Path("/tmp") / f"fw-{os.getpid()}"))
    there = place_of(EngineSettings(runtime_dir=tmp_path / ("x" * 90)))
    here.folder.rmdir()
    assert here.has_unix_socket
    assert not there.has_unix_socket


def test_the_default_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("FILLWRIGHT_RUNTIME_DIR", "/chosen")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", "/home/me")
    assert default_folder() == Path("/chosen")
    monkeypatch.delenv("FILLWRIGHT_RUNTIME_DIR")
    assert default_folder() == tmp_path / "fillwright"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert default_folder() == Path("/home/me/.cache/fillwright/run")


@needs_root
def test_the_session_folder_of_another_user_is_passed_over(monkeypatch, tmp_path):
    os.chown(tmp_path, STRANGER, -1)
    monkeypatch.delenv("FILLWRIGHT_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", "/home/me")
    assert default_folder() == Path("/home/me/.cache/fillwright/run")
