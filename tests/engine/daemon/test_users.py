"""Those who share a daemon: their tokens, what tells them apart, and how much each may ask."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.daemon.users import Allowance, User, users_in
from fillwright.engine.errors import BadRequest

TOKEN = "a-token-of-some-length"


@pytest.mark.parametrize("weak", ["", "short", "ü" * 20])
def test_a_weak_token_is_refused(weak):
    with pytest.raises(BadRequest, match="at least 16 ASCII characters"):
        User(weak)


def test_a_user_is_told_apart_by_a_hash_that_a_shell_can_make():
    assert User(TOKEN).id == hashlib.sha256(TOKEN.encode()).hexdigest()[:8]


def test_a_file_has_a_token_on_each_line_with_its_limit_and_remarks():
    text = f"# Ada\n{TOKEN}\n\n# Bert\nanother-{TOKEN} 60\n"
    assert users_in(text) == (User(TOKEN), User(f"another-{TOKEN}", 60))


@pytest.mark.parametrize("line", [f"{TOKEN} many", f"{TOKEN} 1 2", f"{TOKEN} -1", f"{TOKEN} 0"])
def test_a_line_of_another_form_is_one_sentence(line):
    with pytest.raises(BadRequest, match=r"minute"):
        users_in(f"\n{line}\n")


@given(st.lists(st.floats(0, 120), max_size=60), st.integers(1, 30))
def test_no_minute_has_more_than_twice_what_is_allowed(gaps, per_minute):
    now, allowance, made = 0.0, Allowance(per_minute, 0.0), []
    for gap in gaps:
        now += gap
        if allowance.take(now) == 0:
            made.append(now)
    for time in made:
        assert sum(time <= other < time + 60 for other in made) <= 2 * per_minute


def test_who_waits_as_long_as_told_may_ask():
    allowance = Allowance(7, 0.0)
    waits = [allowance.take(0.0) for _ in range(8)]
    assert waits[:7] == [0] * 7
    assert allowance.take(waits[7] - 0.1) > 0
    assert allowance.take(waits[7] + 0.001) == 0
