from pathlib import Path

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server.cli.editors.plan import changed, existing, with_block


def write(path: Path, after: str) -> Path | None:
    [change] = changed(path, existing(path), after)
    return change.write()


def test_a_new_file_is_made_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "init.el"
    assert write(path, "new\n") is None
    assert path.read_text() == "new\n"


def test_what_is_overwritten_is_kept_under_a_number_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "init.el"
    path.write_bytes(b"first\r\n")
    path.chmod(0o640)
    (tmp_path / "init.el.bak2").write_text("somebody's")
    assert write(path, "second\r\n") == tmp_path / "init.el.bak1"
    assert write(path, "third\r\n") == tmp_path / "init.el.bak3"
    kept = [(tmp_path / f"init.el.bak{number}").read_bytes() for number in (1, 2, 3)]
    assert kept == [b"first\r\n", b"somebody's", b"second\r\n"]
    assert path.read_bytes() == b"third\r\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_to_a_file_elsewhere_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.el", tmp_path / "init.el"
    real.write_text("mine\n")
    link.symlink_to(real)
    write(link, "mine\nours\n")
    assert link.is_symlink()
    assert real.read_text() == "mine\nours\n"


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "init.el"
    path.write_text("old\n")
    [change] = changed(path, existing(path), "new\n")
    path.write_text("newer\n")
    with pytest.raises(BadRequest, match="changed"):
        change.write()
    assert path.read_text() == "newer\n"


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "init.el"
    [change] = changed(path, existing(path), "new\n")
    path.write_text("mine\n")
    with pytest.raises(BadRequest, match="cannot be written"):
        change.write()
    assert path.read_text() == "mine\n"


def test_nothing_is_to_do_where_the_file_is_right(tmp_path: Path) -> None:
    path = tmp_path / "init.el"
    path.write_text("right\n")
    assert changed(path, existing(path), "right\n") == ()


def test_the_diff_shows_lines_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "init.el"
    path.write_text("a\nb")
    [change] = changed(path, existing(path), "a\nb\nc\n")
    assert change.diff.split("\n")[3:] == [
        " a",
        "-b",
        "\\ No newline at end of file",
        "+b",
        "+c",
        "",
    ]


@pytest.mark.parametrize("text", ["", "mine\n", "mine"])
def test_a_block_is_put_at_the_end_once(text: str) -> None:
    once = with_block(text, "--", "ours\n")
    assert once.startswith(text)
    assert once.endswith("-- >>> fillwright setup\nours\n-- <<< fillwright setup\n")
    assert with_block(once, "--", "ours\n") == once


def test_a_block_is_replaced_where_it_stands() -> None:
    before = with_block("above\n", "--", "old\n") + "below\n"
    assert with_block(before, "--", "new\n") == before.replace("old", "new")


def test_a_mark_without_the_other_is_named() -> None:
    for text in ("-- >>> fillwright setup\nx\n", "-- <<< fillwright setup\n"):
        with pytest.raises(BadRequest, match="do not belong together"):
            with_block(text, "--", "new\n")
