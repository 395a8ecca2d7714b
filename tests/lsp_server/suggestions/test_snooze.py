from fillwright.lsp_server.suggestions.snooze import Snooze


def test_it_is_quiet_for_so_many_minutes() -> None:
    now = [1000.0]
    snooze = Snooze(lambda: now[0])
    assert not snooze.is_on
    snooze.start(5)
    assert snooze.minutes_left == 5
    now[0] += 299
    assert snooze.is_on
    now[0] += 1
    assert not snooze.is_on
    assert snooze.minutes_left == 0


def test_no_minutes_end_it() -> None:
    now = [1000.0]
    snooze = Snooze(lambda: now[0])
    snooze.start(5)
    snooze.start(0)
    assert not snooze.is_on
