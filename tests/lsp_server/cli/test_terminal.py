from dataclasses import replace

import pytest

from fillwright.engine.request import Draft, Hole, InfillRequest
from fillwright.lsp_server.cli.terminal import print_diff, say, showing_drafts

DIFF = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- \x1b[2Jold\n+\tnew\r\n"
REQUEST = InfillRequest("x = \n", (Hole(4, 4),), "python")


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def draft(step: int) -> Draft:
    return Draft(step, 16 - step, (f"spam {step}",), (((0, 4),),))


def test_a_diff_that_is_piped_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_diff(DIFF)
    assert capsys.readouterr().out == DIFF


def test_a_diff_on_a_terminal_is_coloured_and_cannot_steer_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_diff(DIFF)
    head, _, hunk, old, new = capsys.readouterr().out.splitlines()
    assert head == "\x1b[1m--- a/x\x1b[0m"
    assert hunk == "\x1b[36m@@ -1 +1 @@\x1b[0m"
    assert old == "\x1b[31m--- ␛[2Jold\x1b[0m"
    assert new == "\x1b[32m+    new\x1b[0m"


def test_no_color_is_heeded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    print_diff(DIFF)
    assert capsys.readouterr().out == DIFF


def test_drafts_that_are_piped_are_a_few_plain_frames(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with showing_drafts(REQUEST, watch=True, on_stderr=False) as on_draft:
        assert on_draft is not None
        for step in range(1, 17):
            on_draft(draft(step))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert [line for line in out.splitlines() if line.startswith("drafting")] == [
        f"drafting: step {step}, {16 - step} left" for step in (1, 2, 4, 8, 16)
    ]
    assert "     1 ▌ x = spam ░░" in out


def test_denoising_what_was_drafted_begins_with_frames_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with showing_drafts(REQUEST, watch=True, on_stderr=False) as on_draft:
        assert on_draft is not None
        for step in range(1, 17):
            on_draft(replace(draft(step), denoised=step > 5))
    shown = [line for line in capsys.readouterr().out.splitlines() if "step" in line]
    assert [line.split(",")[0] for line in shown] == [
        *(f"drafting: step {step}" for step in (1, 2, 4)),
        *(f"denoising: step {step}" for step in (6, 7, 9, 13)),
    ]


def test_drafts_stay_out_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_drafts(REQUEST, watch=True, on_stderr=True) as on_draft:
        assert on_draft is not None
        on_draft(draft(1))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "step 1, 15 left" in captured.err


def test_unwatched_drafts_are_not_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with showing_drafts(REQUEST, watch=False, on_stderr=False) as on_draft:
        assert on_draft is None
    say("done")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "done\n"


def test_a_live_picture_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with showing_drafts(REQUEST, watch=True, on_stderr=False) as on_draft:
        assert on_draft is not None
        on_draft(draft(3))
        assert "step 3" in capsys.readouterr().out
    # the cursor goes up and every line is erased
    assert capsys.readouterr().out.count("\x1b[2K") >= 2
