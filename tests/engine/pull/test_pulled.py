"""The folders that models were pulled into."""

import pytest

from fillwright.engine.pull import pulled
from fillwright.engine.pull.pulled import note_pulled, pulled_folders


def model_in(folder):
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder.resolve()


def test_the_latest_comes_first_and_each_once(tmp_path):
    one, other = model_in(tmp_path / "one"), model_in(tmp_path / "other")
    assert pulled_folders() == ()
    for folder in (one, other, one):
        note_pulled(folder)
    assert pulled_folders() == (one, other)


def test_what_is_gone_is_not_offered(tmp_path):
    gone = model_in(tmp_path / "gone")
    note_pulled(gone)
    (gone / "config.json").unlink()
    assert pulled_folders() == ()


@pytest.mark.parametrize("broken", ["", "{", "[1, null]"])
def test_a_broken_list_is_an_empty_one(broken, tmp_path):
    file = pulled._file()
    file.parent.mkdir(parents=True)
    file.write_text(broken)
    assert pulled_folders() == ()
