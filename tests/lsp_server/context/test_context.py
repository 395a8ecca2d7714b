"""What goes along with a request: from where, in which order, within which bounds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.memory.masking import MASK
from fillwright.engine.request import Hole, Snippet
from fillwright.lsp_server.context.context import SEEN_BEFORE, Context, shown_name
from fillwright.lsp_server.context.recent_chunks import CHUNK_LINES, CHUNKS, RecentChunks
from fillwright.lsp_server.privacy.secret_files import refusal
from fillwright.lsp_server.settings.settings import ExclusionSettings
from fillwright.lsp_server.text.documents import Document


def lines(name: str, count: int = 60) -> str:
    """Lines that are like no other name's."""
    return "".join(f"{name}_{number} = {name}{number * 7}\n" for number in range(count))


def document(name: str, text: str | None = None) -> Document:
    return Document.of(lines(name) if text is None else text, "python", f"file:///app/{name}.py")


def context(allowed: Callable[[str], bool] = lambda uri: True) -> Context:
    # time stands still
    return Context(allowed, clock=lambda: 0.0)


def texts(found: tuple[Snippet, ...]) -> str:
    return "\n".join(snippet.text for snippet in found)


def ask(of: Context, at: Document, start: int | None = None, room: int = 6000) -> list[Snippet]:
    place = len(at.lf) if start is None else start
    return list(of.snippets(at, [Hole(place, place)], room))


def test_the_place_that_was_left_is_shown() -> None:
    gathered = context()
    gathered.visited(document("shelf"), 3)
    here = document("box")
    gathered.visited(here, 0)
    [snippet] = ask(gathered, here)
    assert snippet.path == "app/shelf.py"
    assert snippet.text.startswith("shelf_0 = ")
    assert len(snippet.text.split("\n")) == CHUNK_LINES


def test_within_a_file_nothing_of_another_one_is_shown() -> None:
    gathered = context()
    gathered.visited(document("shelf"), 3)
    here = document("box", lines("box", 3000))
    gathered.visited(here, 10)
    gathered.visited(here, 2999)
    place = len(here.lf)
    everywhere = gathered.snippets(here, [Hole(place, place)], 9000)
    assert {snippet.path for snippet in everywhere} == {"app/shelf.py", "app/box.py"}
    inside = gathered.snippets(here, [Hole(place, place)], 9000, within_file=True)
    assert {snippet.path for snippet in inside} == {"app/box.py"}


def test_the_place_itself_is_not_shown() -> None:
    gathered = context()
    here = document("box", lines("box", 500))
    for line in (0, 100, 200, 300):
        gathered.visited(here, line)
    assert ask(gathered, here) == []


def test_a_far_place_of_a_long_document_is_shown() -> None:
    gathered = context()
    here = document("box", lines("box", 3000))
    gathered.visited(here, 10)
    gathered.visited(here, 2999)
    assert len(here.lf) > 2 * SEEN_BEFORE
    assert "box_10 = " in texts(tuple(ask(gathered, here)))


def test_what_is_like_the_surroundings_is_left_out() -> None:
    gathered = context()
    gathered.visited(document("shelf"), 3)
    copy = document("copy", lines("shelf"))
    gathered.visited(copy, 0)
    assert ask(gathered, copy) == []


def test_oldest_first_newest_kept() -> None:
    gathered = context()
    for name in ("one", "two", "three", "here"):
        gathered.visited(document(name), 3)
    here = document("here")
    assert [one.path for one in ask(gathered, here)] == ["app/one.py", "app/two.py", "app/three.py"]
    assert ask(gathered, here, room=900)[0].path == "app/three.py"


def test_signatures_of_names_in_use_stand_last() -> None:
    gathered = context()
    source = "def area(shape):\n    return 1\n\ndef unused(x):\n    return 2\n"
    gathered.visited(document("shapes", source), 0)
    gathered.visited(document("other"), 0)
    here = document("here", "size = area(")
    gathered.visited(here, 0)
    found = ask(gathered, here)
    assert found[-1] == Snippet("app/shapes.py", "def area(shape):")


def test_imports_and_siblings_of_a_long_document_stand_first() -> None:
    body = "".join(f"def part{n}(x):\n    return {'x + ' * 30}{n}\n\n" for n in range(300))
    here = document("long", "import os\nfrom a import b\n\n" + body)
    gathered = context()
    gathered.visited(document("shelf"), 0)
    gathered.visited(here, 800)
    imports, siblings, shelf = ask(gathered, here, here.lf.index("part250"))
    assert imports.text == "import os\nfrom a import b"
    assert "def part100(x):" in siblings.text
    assert "def part240(x):" not in siblings.text
    assert shelf.path == "app/shelf.py"


def test_typing_keeps_the_beginning() -> None:
    """What the model has read is the same after a keystroke."""
    gathered = context()
    for name in ("one", "two"):
        gathered.visited(document(name), 3)
    first = document("here", "x = one_1 + t")
    gathered.visited(first, 0)
    before = ask(gathered, first)
    then = document("here", "x = one_1 + tw")
    gathered.visited(then, 0)
    assert ask(gathered, then) == before != []


@given(st.integers(0, 3000), st.integers(0, 60))
def test_never_more_than_the_budget(room: int, line: int) -> None:
    gathered = context()
    for name in ("one", "two", "three"):
        gathered.visited(document(name, f"def f_{name}(x): pass\n" + lines(name)), line)
    here = document("here", "f_one(f_two(f_three(")
    found = ask(gathered, here, room=room)
    assert sum(len(snippet.text) for snippet in found) <= room
    assert all(snippet.text for snippet in found)


def test_no_source_begins_after_the_deadline() -> None:
    times = iter([0.0, 0.0, 0.0, 0.0, 0.031])
    gathered = Context(lambda uri: True, clock=lambda: next(times))
    gathered.visited(document("shelf"), 3)
    here = document("box")
    gathered.visited(here, 0)
    assert gathered.snippets(here, [Hole(0, 0)], 6000) == ()


def test_what_is_refused_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*_local.py\n")

    def allowed(uri: str) -> bool:
        return refusal(uri, [tmp_path.as_uri()], ExclusionSettings()) is None

    gathered = Context(allowed, clock=lambda: 0.0)
    for name in (".env", "id_rsa", "settings_local.py", "shown.py"):
        source = "def area(x): pass\n" + lines(name.strip("._").replace(".", "_"))
        gathered.visited(Document.of(source, "python", (tmp_path / name).as_uri()), 0)
    here = document("here", "area(")
    gathered.visited(here, 0)
    assert {snippet.path.split("/")[-1] for snippet in ask(gathered, here)} == {"shown.py"}


def test_what_is_refused_later_is_forgotten() -> None:
    refused: set[str] = set()
    gathered = context(lambda uri: uri not in refused)
    shelf = document("shelf")
    gathered.visited(shelf, 0)
    here = document("here", "")
    gathered.visited(here, 0)
    assert ask(gathered, here)
    refused.add(shelf.uri)
    assert ask(gathered, here) == []


def test_secrets_in_ordinary_files_are_masked() -> None:
    key = "sk_live_" + "a1b2c3d4e5"
    source = f'def area(key="{key}"): pass\n' + lines("shelf") + f'KEY = "{key}"\n'
    for line in (0, 60):
        gathered = context()
        gathered.visited(document("shelf", source), line)
        here = document("here", "area(")
        gathered.visited(here, 0)
        shown = texts(tuple(ask(gathered, here)))
        assert MASK in shown
        assert key not in shown


@pytest.mark.parametrize("text", ["\0" * 50, "x" * 6000, "y = 1\n" * 200_000])
def test_what_nobody_writes_is_not_shown(text: str) -> None:
    gathered = context()
    gathered.visited(document("odd", text), 0)
    here = document("here", "")
    gathered.visited(here, 0)
    assert ask(gathered, here) == []


def test_a_closed_document_declares_nothing() -> None:
    gathered = context()
    shapes = document("shapes", "def area(shape):\n    return 1\n")
    gathered.visited(shapes, 0)
    gathered.closed(shapes)
    here = document("here", "size = area(")
    gathered.visited(here, 0)
    assert "def area(shape):" not in [snippet.text for snippet in ask(gathered, here)]


def test_a_place_is_kept_once() -> None:
    chunks = RecentChunks()
    shelf, box = document("shelf"), document("box")
    for _ in range(5):
        chunks.visit(shelf, 3)
        chunks.visit(box, 3)
    assert [chunk.uri for chunk in chunks.unlike("")] == [shelf.uri, box.uri]
    for number in range(2 * CHUNKS):
        chunks.visit(document(f"name{number}"), 0)
    assert len(list(chunks.unlike(""))) == CHUNKS


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("file:///home/user/app/src/a%20b.py", "src/a b.py"),
        ("untitled:Untitled-1", "Untitled-1"),
        ("file:///a.py", "a.py"),
        ("vscode-remote://host/app/a.py", "app/a.py"),
    ],
)
def test_the_folders_above_are_not_told(uri: str, name: str) -> None:
    assert shown_name(uri) == name


def whole(of: Context, at: Document, characters: int, within_file: bool = False) -> list[Snippet]:
    place = len(at.lf)
    return list(of.snippets(at, [Hole(place, place)], 6000, within_file, characters))


def test_whole_files_stand_first_in_an_order_that_typing_keeps() -> None:
    gathered, here = context(), document("here")
    for name in ("zoo", "box", "shelf"):
        gathered.visited(document(name), 3)
    gathered.visited(here, 0)
    size = len(lines("zoo"))
    assert [one.path for one in whole(gathered, here, 4 * size)] == [
        "app/box.py",
        "app/shelf.py",
        "app/zoo.py",
    ]
    gathered.visited(document("zoo"), 40)
    gathered.visited(here, 0)
    found = whole(gathered, here, 4 * size)
    assert [one.path for one in found] == ["app/box.py", "app/shelf.py", "app/zoo.py"]
    assert found[2].text == lines("zoo")


def test_of_whole_files_those_visited_last_fit_first_and_others_are_shown_in_part() -> None:
    gathered, here = context(), document("here")
    for name in ("box", "long", "shelf"):
        gathered.visited(document(name, lines(name, 4000 if name == "long" else 60)), 3)
    gathered.visited(here, 0)
    size = len(lines("shelf"))
    first, *others = whole(gathered, here, size + 10)
    assert (first.path, first.text) == ("app/shelf.py", lines("shelf"))
    assert "app/shelf.py" not in [one.path for one in others]
    assert {"app/box.py", "app/long.py"} <= {one.path for one in others}


def test_no_whole_file_is_shown_that_may_not_be() -> None:
    gathered = context(lambda uri: "secret" not in uri)
    here, key = document("here"), "AKIA" + "IOSFODNN7EXAMPLE"
    gathered.visited(document("secret"), 3)
    gathered.visited(document("box", lines("box") + f"aws_secret = '{key}'\n"), 3)
    gathered.visited(here, 0)
    [found] = whole(gathered, here, 100_000)
    assert found.path == "app/box.py"
    assert key not in found.text
    assert MASK in found.text
    assert whole(gathered, here, 100_000, within_file=True) == []
