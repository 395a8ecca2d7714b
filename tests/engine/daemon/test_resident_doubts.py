"""Looks for unlikely places beside fills: in turn, newest wins, cancelled."""

from fillwright.engine.request import DoubtRequest

PATIENCE_S = 20


def test_doubts_take_turns_with_fills(resident, infiller, inbox, request_for):
    first, look, older, fill = inbox(), inbox(), inbox(), inbox()
    resident.submit(request_for("one"), first.put)
    infiller.at_step.get(timeout=PATIENCE_S)
    request = DoubtRequest("two", 0, 3, "python", document_key="look")
    resident.submit(request, older.put)
    resident.submit(request_for("three", key="look, but of another name"), fill.put)
    resident.submit(request, look.put)
    given_up = older.outcome()
    assert (given_up.finish, given_up.end, given_up.by) == ("cancelled", 0, "denoised")
    infiller.allow(3 + 3 + 1)
    assert fill.outcome().texts == ("THREE",)
    found = look.outcome()
    assert ([place.text for place in found.places], found.end) == (["X"], 3)
    assert resident.health().doubts_by == "denoised"


def test_a_look_that_runs_is_cancelled(resident, infiller, inbox):
    mail = inbox()
    job = resident.submit(DoubtRequest("two", 0, 3, "python"), mail.put)
    infiller.at_step.get(timeout=PATIENCE_S)
    resident.cancel(job)
    infiller.allow(1)
    assert mail.outcome().finish == "cancelled"
