"""Why suggestions were held back: every code has its sentence, the newest reasons are kept."""

from typing import get_args

from fillwright.engine.errors import EngineUnavailable
from fillwright.lsp_server.suggestions.suppressions import Suppressions
from fillwright.lsp_server.text.reasons import MESSAGES, Code, Reason


def test_every_code_has_a_sentence() -> None:
    assert set(MESSAGES) == set(get_args(Code))
    assert all(message.endswith(".") for message in MESSAGES.values())


def test_a_reason_that_comes_again_is_counted_and_becomes_the_newest() -> None:
    kept = Suppressions()
    kept.add("a", "ghost", Reason.of("after-undo"))
    kept.add("a", "popup", Reason.of("after-undo"))
    kept.add("a", "ghost", Reason.of("after-undo"))
    assert [(one["kind"], one["count"]) for one in kept.to_json()] == [("popup", 1), ("ghost", 2)]


def test_the_oldest_are_forgotten() -> None:
    told: list[None] = []
    kept = Suppressions(lambda: told.append(None), capacity=3)
    for number in range(10):
        kept.add(f"untitled:{number}", "ghost", Reason.of("binary"))
    assert [one["uri"] for one in kept.to_json()] == ["untitled:7", "untitled:8", "untitled:9"]
    assert len(told) == 10


def test_the_engines_own_sentence_is_its_reason() -> None:
    reason = Reason.failed(EngineUnavailable("Start it first."))
    assert (reason.code, reason.message) == ("engine", "Start it first.")
