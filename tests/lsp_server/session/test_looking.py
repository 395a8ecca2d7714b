"""A look through a document: what is asked, what is shown, and what becomes of it while typing."""

from collections.abc import Callable, Sequence

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.request import Doubt, DoubtRequest, Doubts
from fillwright.lsp_server.fills.status import Status
from fillwright.lsp_server.fills.unlikely import LONGEST, UnlikelyPlace
from fillwright.lsp_server.session.document_changed import DocumentChanged
from fillwright.lsp_server.session.looking import look_after_save, look_through
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.settings import CheckSettings, Settings
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import Position

URI = "untitled:a.py"
TEXT = "a = b\r\nx = wdith\r\ny = 1\r\n"


class Doubter:
    """Finds `wdith` unlikely, and looks at a line at a time."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.meanwhile = meanwhile
        self.asked: list[DoubtRequest] = []
        self.finish = "settled"

    async def doubts(self, request: DoubtRequest) -> Doubts:
        self.asked.append(request)
        self.meanwhile()
        end = request.document.index("\n", request.start) + 1
        at = request.document.find("wdith", request.start, end)
        places = (Doubt(at, at + 5, "width\n", 6.5),) if at >= 0 else ()
        return Doubts(places, end, "causal", self.finish, "", "")  # type: ignore[arg-type]


class Shown:
    """What an editor shows."""

    def __init__(self) -> None:
        self.texts: list[list[str]] = []

    def __call__(self, document: Document, places: Sequence[UnlikelyPlace]) -> None:
        changes = [place.change for place in places]
        assert all(
            document.text[change.start : change.end] == place.own
            for change, place in zip(changes, places, strict=True)
        )
        self.texts.append([place.own for place in places])


def session_with(doubter: Doubter, text: str = TEXT) -> tuple[Session, Shown]:
    shown = Shown()
    session = Session(show_unlikely=shown)
    session.engine._client = doubter  # type: ignore[assignment]
    session.status.status = Status("ready")
    session.open(URI, "python", 1, text)
    return session, shown


def typed(session: Session, line: int, column: int, text: str, version: int = 2) -> None:
    place = Position(line, column)
    session.change(URI, version, [Change(text, place, place)])


async def test_every_line_is_asked_for_and_the_places_are_shown() -> None:
    doubter, seen = Doubter(), list[float]()
    session, shown = session_with(doubter)
    (place,) = await look_through(session, URI, seen.append)
    # in the editor's own text, with its line ends
    at = TEXT.index("wdith")
    assert place == UnlikelyPlace(TextChange(at, at + 5, "width\r\n"), "wdith", 6.5)
    assert [request.start for request in doubter.asked] == [0, 6, 16]
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert shown.texts == [["wdith"]]
    assert session.unlikely.within(URI, at + 2, at + 2) == [place]
    assert session.unlikely.within(URI, 0, 3) == []


async def test_places_move_with_their_text_and_go_with_it() -> None:
    session, shown = session_with(Doubter())
    await look_through(session, URI)
    typed(session, 0, 0, "# a\n")
    typed(session, 3, 0, "z", 3)
    assert shown.texts == [["wdith"]] * 3
    typed(session, 2, 9, "s", 4)
    assert shown.texts[3:] == [[]]
    typed(session, 0, 0, "z", 5)
    assert len(shown.texts) == 4


async def test_a_closed_document_has_none() -> None:
    session, shown = session_with(Doubter())
    await look_through(session, URI)
    session.close(URI)
    session.open(URI, "python", 1, TEXT)
    assert shown.texts == [["wdith"], []]


async def test_a_look_ends_when_its_document_changes() -> None:
    doubter = Doubter(lambda: typed(session, 0, 0, "z"))
    session, shown = session_with(doubter)
    with pytest.raises(DocumentChanged):
        await look_through(session, URI)
    assert len(doubter.asked) == 1
    assert shown.texts == []


async def test_a_newer_look_takes_the_place_of_one() -> None:
    doubter = Doubter()
    doubter.finish = "cancelled"
    session, _ = session_with(doubter)
    with pytest.raises(DocumentChanged, match="newer"):
        await look_through(session, URI)


async def test_what_is_not_open_secret_or_too_long_is_not_looked_at() -> None:
    doubter = Doubter()
    session, _ = session_with(doubter, "x" * (LONGEST + 1))
    session.open("file:///home/me/.env", "plaintext", 1, "KEY=1\n")
    for uri, said in (
        ("untitled:b.py", "open"),
        ("file:///home/me/.env", "secret"),
        (URI, "too long"),
    ):
        with pytest.raises(BadRequest, match=said):
            await look_through(session, uri)
    assert doubter.asked == []


@pytest.mark.parametrize(
    ("on_save", "language", "looks"), [(True, True, 3), (True, False, 0), (False, True, 0)]
)
async def test_a_save_is_followed_by_a_look_where_the_settings_want_it(
    on_save: bool, language: bool, looks: int
) -> None:
    doubter = Doubter()
    session, _ = session_with(doubter)
    settings = Settings(check=CheckSettings(on_save), languages={"python": language})
    session.settings = FolderSettings(settings)
    await look_after_save(session, URI)
    assert len(doubter.asked) == looks


async def test_a_save_that_cannot_be_followed_disturbs_nobody() -> None:
    class Refusing(Doubter):
        async def doubts(self, request: DoubtRequest) -> Doubts:
            raise BadRequest("not measured")

    session, shown = session_with(Refusing())
    session.settings = FolderSettings(Settings(check=CheckSettings(True)))
    await look_after_save(session, URI)
    assert shown.texts == []
