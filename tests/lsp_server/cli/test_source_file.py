import os
import stat
from pathlib import Path

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli import source_file
from fillwright.lsp_server.cli.source_file import read_source, write_source

TEXT = "x = 'é𝄞e\u0301'\r\n\ty\rz\u2028\x0cend"


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-32-le", b"\xff\xfe\0\0"),
        ("utf-32-be", b"\0\0\xfe\xff"),
    ],
)
def test_a_file_is_read_without_its_mark_and_written_with_it(
    tmp_path: Path, encoding: str, mark: bytes
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(mark + TEXT.encode(encoding))
    source = read_source(path)
    assert source.text == TEXT
    write_source(source, TEXT + "é\r\n")
    assert path.read_bytes() == mark + (TEXT + "é\r\n").encode(encoding)


def test_a_python_files_coding_line_is_heeded(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"# coding: latin-1\nx = '\xe9'\n")
    source = read_source(path)
    assert source.text.endswith("'é'\n")
    write_source(source, source.text.replace("é", "ü"))
    assert path.read_bytes() == b"# coding: latin-1\nx = '\xfc'\n"
    with pytest.raises(BadRequest, match=r"iso-8859-1, which has no '𝄞'"):
        write_source(read_source(path), "𝄞")
    assert path.read_bytes() == b"# coding: latin-1\nx = '\xfc'\n"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.txt", b"\x7fELF\0\0", "is a binary file"),
        ("a.txt", b"caf\xe9", "cannot be read as utf-8 text"),
        ("a.py", b"caf\xe9", "cannot be read"),
        ("a.py", b"# coding: klingon\n", "unknown encoding"),
        ("a.py", b"# coding: rot13\nk = 1\n", "cannot be read as rot13 text"),
        ("a.py", b"# coding: utf-7\nx = '+AOk-'\n", "would not survive"),
        ("a.txt", b"\xff\xfe\0", "cannot be read as utf-16-le"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadRequest, match=sentence):
        read_source(path)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no such file"):
        read_source(tmp_path / "absent.py")
    with pytest.raises(BadRequest, match="is a folder"):
        read_source(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadRequest, match="is a device or pipe"):
        read_source(tmp_path / "pipe")
    with pytest.raises(BadRequest, match="cannot be read"):
        read_source(tmp_path / ("long" * 1000))
    with pytest.raises(BadRequest, match="cannot be read"):
        read_source(Path("nul\0"))


def test_a_file_that_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_file, "MAX_BYTES", 2**20)
    path = tmp_path / "a.py"
    path.write_bytes(b"#" * 2**20)
    assert len(read_source(path).text) == 2**20
    path.write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(BadRequest, match="larger than 1 MB"):
        read_source(path)


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    target = tmp_path / "target.py"
    target.write_text("old")
    target.chmod(0o750)
    link = tmp_path / "link.py"
    link.symlink_to(target)
    write_source(read_source(link), "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o750
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.py", "target.py"]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("old")
    source = read_source(path)
    path.write_text("typed meanwhile")
    with pytest.raises(BadRequest, match="changed while it was being filled"):
        write_source(source, "new")
    assert path.read_text() == "typed meanwhile"


def test_a_write_that_fails_leaves_the_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadRequest, match="no space left on device"):
        write_source(read_source(path), "new")
    assert [file.name for file in tmp_path.iterdir()] == ["a.py"]
    assert path.read_text() == "old"
