"""What is remembered of whose files, and what of it is not any more."""

import random

import pytest

from fillwright.engine.memory import limits, remembered, workspace
from fillwright.engine.memory.contexts import what_followed
from fillwright.engine.memory.remembered import Remembered


def by_character(text: str) -> list[int]:
    return [ord(each) for each in text]


@pytest.fixture
def memory() -> Remembered:
    return Remembered(by_character, 256)


def after(memory: Remembered, context: str, workspace: str = "a", but: str = "") -> str:
    """What followed the whole context, in alphabetical order, each as often as it did."""
    levels = what_followed(memory.stores(workspace, but), by_character(context))
    return "".join(
        chr(token) * round(count)
        for level in levels
        if level.length == len(context)
        for token, count in zip(level.tokens.tolist(), level.counts.tolist(), strict=True)
    )


def test_a_file_is_found_until_it_changes_or_is_forgotten(memory: Remembered) -> None:
    memory.remember("a", "one.py", "left")
    memory.remember("a", "two.py", "lens")
    assert after(memory, "le") == "fn"
    memory.remember("a", "one.py", "lex")
    assert after(memory, "le") == "nx"
    memory.forget("a", "two.py")
    memory.forget("a", "never.py")
    assert after(memory, "le") == "x"
    memory.clear()
    assert after(memory, "le") == ""


def test_the_saved_copy_of_the_open_file_is_left_out(memory: Remembered) -> None:
    memory.remember("a", "one.py", "a line that stands nowhere else!")
    memory.remember("a", "two.py", "else?")
    assert after(memory, "else", but="one.py") == "?"
    assert after(memory, "nowhere", but="one.py") == ""


def test_a_workspace_never_answers_for_another(memory: Remembered) -> None:
    memory.remember("a", "one.py", "secret")
    memory.remember("b", "one.py", "second")
    assert (after(memory, "sec", "a"), after(memory, "sec", "b")) == ("r", "o")
    assert memory.stores("c", "") == memory.stores("", "") == ()


def test_nothing_reaches_from_one_file_into_the_next(memory: Remembered) -> None:
    memory.remember("a", "one.py", "ab")
    memory.remember("a", "two.py", "cd")
    assert after(memory, "b") == ""


@pytest.mark.parametrize(
    "text", ["x\n" * (limits.FILE_BYTES // 2 + 1), "x" * (limits.LINE_CHARACTERS + 1)]
)
def test_a_file_that_nobody_wrote_by_hand_is_not_remembered(memory: Remembered, text: str) -> None:
    assert memory.remember("a", "one.py", "abc")
    assert not memory.remember("a", "one.py", text)
    assert after(memory, "ab") == ""


def test_a_full_workspace_takes_no_more(
    memory: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "WORKSPACE_BYTES", 7)
    assert memory.remember("a", "one.py", "abcd")
    assert not memory.remember("a", "two.py", "abxx")
    assert memory.remember("a", "one.py", "abyyyyy")
    assert memory.remember("b", "two.py", "abxx")
    assert after(memory, "ab") == "y"


def test_where_there_is_no_room_only_an_abandoned_workspace_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembered, "ALL_BYTES", 12)
    now = [0.0]
    memory = Remembered(by_character, 256, clock=lambda: now[0])
    for name in "abc":
        assert memory.remember(name, "one.py", "left")
    assert not memory.remember("d", "one.py", "left")
    now[0] = 2 * limits.ABANDONED_S
    memory.renew("a")
    memory.renew("c")
    assert memory.remember("d", "one.py", "left")
    assert [name for name in "abcd" if after(memory, "le", name)] == list("acd")
    assert memory.remember("a", "one.py", "lent")


def test_many_changes_leave_few_segments_that_say_what_the_newest_texts_do(
    memory: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "QUIET_S", 0.01)
    chance, texts = random.Random(5), dict[str, str]()
    for _ in range(300):
        key = f"{chance.randrange(60)}.py"
        if chance.random() < 0.2:
            texts.pop(key, None)
            memory.forget("a", key)
        else:
            texts[key] = "".join(chance.choices("ab", k=12))
            memory.remember("a", key, texts[key])
        memory.stores("a", "")
    memory.settle()
    # 12 tokens, 48, 192, and what came last
    assert len(memory.stores("a", "")) <= 4
    expected = sorted(
        text[at + 3]
        for text in texts.values()
        for at in range(len(text) - 3)
        if text[at : at + 3] == "aba"
    )
    assert sorted(after(memory, "aba")) == expected


@pytest.mark.parametrize("together", [0, 10**6])
def test_many_files_are_sorted_beside_the_fills_and_say_what_they_say_then(
    memory: Remembered, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(workspace, "AT_ONCE", 10)
    monkeypatch.setattr(remembered, "TOGETHER", together)
    monkeypatch.setattr(remembered, "QUIET_S", 0.01)
    for number in range(20):
        memory.remember("a", f"{number}.py", f"left{number}")
    memory.settle()
    assert memory.known()[0].unsorted == 0
    assert after(memory, "lef") == "t" * 20
    # what is written or forgotten while it is sorted is not what was sorted
    here = memory._workspaces["a"]
    memory.remember("a", "0.py", "first text that is long")
    sorting = here.due()
    assert sorting
    memory.remember("a", "0.py", "lex")
    memory.forget("a", "1.py")
    here.sort(sorting)
    assert after(memory, "le") == "f" * 18 + "x"
    assert after(memory, "first") == ""


def test_a_copy_of_the_open_file_is_left_out_whatever_was_typed_since(memory: Remembered) -> None:
    memory.remember("a", "one.py", "a line that stands nowhere else!")
    memory.remember("a", "copy.py", "a line that stands nowhere else!")
    memory.remember("a", "three.py", "where?")
    memory.remember("a", "one.py", "a line")
    assert after(memory, "where", but="one.py") == "?"
    assert after(memory, "where", but="copy.py") == "?"
    # no copy any more
    memory.remember("a", "copy.py", "and here: nowhere, somewhere!")
    assert after(memory, "where", but="one.py") == "!,?"


def test_nothing_is_continued_across_a_gap_or_into_it(memory: Remembered) -> None:
    memory.remember("a", "one.py", 'key = "\0" # to the door\n')
    assert after(memory, 'key = "') == ""
    assert after(memory, 'key ="') == ""
    assert after(memory, '" ') == "#"


def test_a_workspace_that_nobody_works_in_is_forgotten() -> None:
    now = [0.0]
    memory = Remembered(by_character, 256, clock=lambda: now[0])
    for name in "ab":
        memory.remember(name, "one.py", "left")
    now[0] = limits.LEASE_S
    memory.renew("a")
    memory.renew("never")
    now[0] += 1
    memory.forget_unused()
    assert [name for name in "ab" if after(memory, "le", name)] == ["a"]


def test_it_is_known_how_much_is_remembered_and_what_was_made_again(memory: Remembered) -> None:
    assert memory.known() == ()
    memory.remember("a", "one.py", "left")
    memory.remember("a", "two.py", "ä")
    memory.remember("a", "one.py", "le")
    (known,) = memory.known()
    assert (known.workspace, known.files, known.tokens, known.bytes) == ("a", 2, 3, 4)
    memory.clear()
    assert memory.known() == ()
    memory.remember("a", "one.py", "left")
    assert memory.known()[0].id != known.id
