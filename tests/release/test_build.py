"""release/: what is changed of an archive, and what a platform is called."""

import io
import runpy
import sys
import tarfile
from pathlib import Path

import pytest

RELEASE = Path(__file__).parents[2] / "release"
BUILD = runpy.run_path(str(RELEASE / "build.py"))
SDIST = runpy.run_path(str(RELEASE / "sdist.py"))
EPOCH = 1_700_000_000


def archive(path: Path, names: list[str], mtime: int, owner: str) -> Path:
    with tarfile.open(path, "w:gz") as files:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname = len(name), mtime, owner
            files.addfile(member, io.BytesIO(name.encode()))
    return path


def test_who_builds_a_source_archive_and_when_leaves_no_trace(tmp_path: Path) -> None:
    mine = archive(tmp_path / "mine.tar.gz", ["p/a.py", "p/b.py"], 1, "me")
    yours = archive(tmp_path / "yours.tar.gz", ["p/b.py", "p/a.py"], 2, "you")
    assert mine.read_bytes() != yours.read_bytes()
    same = SDIST["without_traces"](mine, EPOCH)
    assert same == SDIST["without_traces"](yours, EPOCH)
    with tarfile.open(fileobj=io.BytesIO(same)) as files:
        assert [(m.name, m.mtime, m.uname) for m in files] == [
            ("p/a.py", EPOCH, ""),
            ("p/b.py", EPOCH, ""),
        ]
        content = files.extractfile("p/b.py")
        assert content is not None
        assert content.read() == b"p/b.py"


@pytest.mark.parametrize(
    ("system", "machine", "libc", "tag"),
    [
        ("linux", "x86_64", "glibc", "manylinux_2_17_x86_64"),
        ("linux", "aarch64", "", "musllinux_1_1_aarch64"),
        ("darwin", "arm64", "", "macosx_11_0_arm64"),
        ("win32", "AMD64", "", "win_amd64"),
    ],
)
def test_a_wheel_says_the_oldest_system_that_its_kernels_run_on(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, libc: str, tag: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("platform.libc_ver", lambda: (libc, ""))
    assert BUILD["_platform"]() == tag
