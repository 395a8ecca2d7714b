import pytest

from fillwright.engine.model.slot_keeper import Kept, SlotKeeper, tail_bucket


def test_a_document_finds_its_slot_and_what_it_still_holds() -> None:
    keeper = SlotKeeper(2, room=10)
    assert keeper.find("a", [1, 2, 3]) == Kept(0, 0)
    keeper.holds("a", [1, 2, 3])
    assert keeper.find("a", [1, 2, 3, 4]) == Kept(0, 3)
    assert keeper.find("a", [1, 9, 3]) == Kept(0, 1)
    # what was cut is gone, although nobody has written over it yet
    assert keeper.find("a", [1, 2, 3]) == Kept(0, 1)


def test_the_least_recently_used_document_gives_way() -> None:
    keeper = SlotKeeper(2, room=10)
    for name in "ab":
        keeper.find(name, [1])
        keeper.holds(name, [1])
    keeper.find("a", [1])
    assert keeper.find("c", [1, 2]) == Kept(1, 1)
    assert keeper.find("a", [1]) == Kept(0, 1)
    assert keeper.find("b", [1]).slot == 1


def test_a_prompt_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="room for 3"):
        SlotKeeper(1, room=3).find("a", [1, 2, 3, 4])
    with pytest.raises(ValueError, match="at least one slot"):
        SlotKeeper(0, room=3)


@pytest.mark.parametrize(
    ("prompt", "kept", "tail"),
    [(100, 100, 0), (100, 99, 32), (100, 68, 32), (100, 67, 33), (500, 400, 128), (20, 15, 5)],
)
def test_a_tail_is_as_long_as_a_graph_for_it(prompt: int, kept: int, tail: int) -> None:
    assert tail_bucket(prompt, kept, (0, 32, 128)) == tail
