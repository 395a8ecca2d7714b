"""What of a file and its context is sent."""

from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.remote.marks import Marks
from fillwright.engine.remote.window import Window
from fillwright.engine.request import Snippet


def test_what_is_near_comes_first_and_of_the_context_what_stands_last():
    context = [Snippet("far.py", "f" * 50), Snippet("near.py", "n" * 50)]
    window = Window.of("a" * 100, "b" * 40, context, 200)
    assert (window.prefix, window.suffix) == ("a" * 100, "b" * 40)
    assert [snippet.path for snippet in window.context] == ["near.py"]
    assert Window.of("a" * 5000, "b" * 5000, context, 200).context == ()


def test_a_prefix_begins_at_the_same_place_over_many_keystrokes():
    text = "".join(f"line {number}\n" for number in range(5000))
    starts = set()
    for length in range(20000, 20400):
        window = Window.of(text[:length], "", (), 16000)
        starts.add(length - len(window.prefix))
        assert len(window.prefix) <= 9000
    assert len(starts) <= 2


@given(st.text(alphabet="ab漢é\ud800\n<|>", max_size=400), st.integers(101, 600))
def test_what_is_sent_fits_whatever_it_is_written_in(text, room):
    window = Window.of(text, text, (Snippet("a.py", text),), room)
    sent = window.prefix + window.suffix + "".join(each.text for each in window.context)
    assert len(sent) <= room
    assert len(window.without(Marks()).prefix) <= len(window.prefix)
    sent.encode()


def test_text_of_many_bytes_gets_less_room():
    plain, wide = (Window.of(letter * 9000, "", (), 3000).prefix for letter in "a漢")
    assert len(wide) * 3 <= len(plain) + 600 < 3000
