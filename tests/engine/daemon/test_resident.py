"""The model's owner: one at a time, newest wins, cancel between steps, loading, leaving."""

import queue
import threading
from dataclasses import replace

import pytest

from fillwright.engine.daemon.resident import FAILED_SECONDS, EngineBusy, Resident
from fillwright.engine.errors import (
    BadRequest,
    CheckpointError,
    EngineFailed,
    EngineUnavailable,
)
from fillwright.engine.request import Draft, Infill

PATIENCE_S = 20


def test_a_request_gets_its_drafts_and_then_its_fill(resident, infiller, inbox, request_for):
    mail = inbox()
    resident.submit(request_for("abc"), mail.put)
    infiller.allow(3)
    drafts = [mail.next() for _ in range(3)]
    assert [draft.texts for draft in drafts] == [("a",), ("ab",), ("abc",)]
    assert mail.next().texts == ("ABC",)


def test_a_running_request_is_cancelled_after_its_step(resident, infiller, inbox, request_for):
    mail = inbox()
    job = resident.submit(request_for("abc"), mail.put)
    assert infiller.at_step.get(timeout=PATIENCE_S) == ("abc", 1)
    resident.cancel(job)
    infiller.allow(1)
    outcome = mail.outcome()
    assert (outcome.finish, outcome.steps) == ("cancelled", 1)


def test_the_newest_request_of_a_document_wins(resident, infiller, inbox, request_for):
    running, waiting, newest, other = inbox(), inbox(), inbox(), inbox()
    resident.submit(request_for("one", key="file"), running.put)
    infiller.at_step.get(timeout=PATIENCE_S)
    resident.submit(request_for("two", key="file"), waiting.put)
    resident.submit(request_for("elsewhere", key="another file"), other.put)
    resident.submit(request_for("three", key="file"), newest.put)
    # the waiting one is told at once: the model still stands at the first one's first step
    assert waiting.next().finish == "cancelled"
    infiller.allow(1 + 3 + 3)
    assert running.outcome().finish == "cancelled"
    assert newest.outcome().texts == ("THREE",)
    assert other.outcome().texts == ("ELSEWHERE",)
    assert [request.document for request in infiller.requests] == ["one", "elsewhere", "three"]


def test_requests_without_a_document_key_do_not_displace_each_other(
    resident, infiller, inbox, request_for
):
    mails = [inbox() for _ in range(3)]
    for mail in mails:
        resident.submit(request_for("abc"), mail.put)
    infiller.allow(9)
    assert [mail.outcome().finish for mail in mails] == ["settled"] * 3


def test_equal_requests_that_wait_get_the_fill_that_is_made(infiller, inbox, request_for):
    counted = []
    resident = Resident(
        lambda progress: infiller,
        finished=lambda outcome, seconds, user: counted.append((outcome.finish, outcome.steps)),
    )
    resident.start()
    mails = [inbox() for _ in range(4)]
    documents = ("abc", "abc", "other", "abc")
    for document, mail in zip(documents, mails, strict=True):
        resident.submit(request_for(document), mail.put)
        if mail is mails[0]:
            infiller.at_step.get(timeout=PATIENCE_S)
    infiller.allow(6)
    outcomes = [mail.outcome() for mail in mails]
    assert [outcome.texts for outcome in outcomes] == [("ABC",), ("ABC",), ("OTHER",), ("ABC",)]
    assert [request.document for request in infiller.requests] == ["abc", "other"]
    assert counted == [("settled", 3), ("settled", 0), ("settled", 0), ("settled", 3)]
    resident.close()


def test_an_equal_request_that_waits_is_filled_though_the_first_is_given_up(
    resident, infiller, inbox, request_for
):
    first, second = inbox(), inbox()
    job = resident.submit(request_for("abc"), first.put)
    infiller.at_step.get(timeout=PATIENCE_S)
    resident.submit(request_for("abc"), second.put)
    resident.cancel(job)
    infiller.allow(4)
    assert [mail.outcome().finish for mail in (first, second)] == ["cancelled", "settled"]


def test_users_take_turns_however_much_one_of_them_asks(resident, infiller, inbox, request_for):
    resident.submit(request_for("running"), inbox().put, "greedy")
    infiller.at_step.get(timeout=PATIENCE_S)
    last = inbox()
    for number in range(1, 4):
        resident.submit(request_for(f"g{number}", key=f"{number}"), inbox().put, "greedy")
    for number in range(1, 3):
        # a user may not end what another has asked for the document of the same name
        resident.submit(request_for(f"m{number}", key=f"{number}"), last.put, "modest")
    infiller.allow(100)
    while last.outcome().texts != ("M2",):
        pass
    asked = [request.document for request in infiller.requests]
    assert asked[:5] == ["running", "m1", "g1", "m2", "g2"]


def test_as_many_of_each_user_may_wait(infiller, inbox, request_for):
    resident = Resident(lambda progress: infiller, waiting_limit=1)
    resident.submit(request_for("running", key="0"), inbox().put, "one")
    infiller.at_step.get(timeout=PATIENCE_S)
    for user in ("one", "other"):
        resident.submit(request_for("waiting", key="1"), inbox().put, user)
        with pytest.raises(EngineBusy):
            resident.submit(request_for("too much", key="2"), inbox().put, user)
    infiller.allow(100)
    resident.close()


def test_too_many_waiting_requests_are_refused(infiller, inbox, request_for):
    resident = Resident(lambda progress: infiller, waiting_limit=2)
    resident.start()
    resident.submit(request_for("running", key="0"), inbox().put)
    infiller.at_step.get(timeout=PATIENCE_S)
    for key in ("1", "2"):
        resident.submit(request_for("waiting", key=key), inbox().put)
    with pytest.raises(EngineBusy, match="2 requests waiting"):
        resident.submit(request_for("too much", key="3"), inbox().put)
    # a newer version of a waiting document takes its place
    resident.submit(request_for("newer", key="2"), inbox().put)
    infiller.allow(100)
    resident.close()


@pytest.mark.parametrize(
    ("document", "kind", "sentence"),
    [
        ("crash secret_source", EngineFailed, "The engine failed (RuntimeError); the engine's log"),
        ("refuse", BadRequest, "The hole is too large."),
    ],
)
def test_a_failed_request_gets_a_sentence_and_the_engine_works_on(
    resident, infiller, inbox, request_for, document, kind, sentence
):
    failing, next_one = inbox(), inbox()
    resident.submit(request_for(document), failing.put)
    resident.submit(request_for("abc"), next_one.put)
    infiller.allow(3)
    error = failing.outcome()
    assert type(error) is kind
    assert str(error).startswith(sentence)
    assert "secret_source" not in str(error)
    assert error.__traceback__ is None, "its frames would keep tensors alive"
    assert next_one.outcome().finish == "settled"


def test_an_infiller_that_ends_without_a_fill_is_a_failure(infiller, inbox, request_for):
    class Silent:
        model_name, device, context_tokens, doubts_by = "silent", "cpu", 0, None
        is_calibrated = None
        remembered = infiller.remembered

        def infill(self, request, cancelled):
            yield Draft(1, 0, ("",), ((),))

    resident = Resident(lambda progress: Silent())
    mail = inbox()
    resident.submit(request_for("abc"), mail.put)
    assert isinstance(mail.outcome(), EngineFailed)
    resident.close()


class SlowLoad:
    """A load that goes on when the test says so, and fails as often as told."""

    def __init__(self, infiller, failures=()):
        self.infiller = infiller
        self.failures = list(failures)
        self.begun = queue.Queue()
        self.go_on = threading.Semaphore(0)

    def __call__(self, progress):
        progress(0.25)
        self.begun.put(None)
        assert self.go_on.acquire(timeout=PATIENCE_S)
        if self.failures:
            raise self.failures.pop(0)
        return self.infiller


def test_requests_wait_for_the_load_and_a_cancelled_one_does_not_stop_it(
    infiller, inbox, request_for
):
    load = SlowLoad(infiller)
    resident = Resident(load)
    cancelled, kept = inbox(), inbox()
    job = resident.submit(request_for("one"), cancelled.put)
    resident.submit(request_for("two"), kept.put)
    load.begun.get(timeout=PATIENCE_S)
    assert (resident.health().status, resident.health().fraction) == ("loading", 0.25)
    resident.cancel(job)
    assert cancelled.next().finish == "cancelled"
    assert resident.health().status == "loading"
    load.go_on.release()
    infiller.allow(3)
    assert kept.outcome().texts == ("TWO",)
    assert load.begun.empty(), "it was loaded twice"
    ready = resident.health()
    assert (ready.status, ready.fraction, ready.model) == ("ready", 1.0, "scripted")
    resident.close()


def test_what_is_to_be_known_of_a_ready_model_is_said(infiller, inbox, request_for):
    infiller.warning = "The GPU's memory holds the context of 1 document."
    resident, mail = Resident(lambda progress: infiller), inbox()
    assert resident.health().reason is None
    resident.submit(request_for("one"), mail.put)
    infiller.allow(3)
    assert mail.outcome().texts == ("ONE",)
    assert (resident.health().status, resident.health().reason) == ("ready", infiller.warning)
    resident.close()


def test_the_adapter_of_the_last_fill_is_said(resident, infiller, inbox, request_for):
    infiller.allow(10)
    for adapter in ("/home/one/mine", ""):
        mail = inbox()
        resident.submit(replace(request_for("one"), adapter=adapter), mail.put)
        mail.outcome()
        assert resident.health().adapter == adapter


def test_a_failed_load_is_told_to_those_who_wait_and_tried_again_later(
    infiller, clock, inbox, request_for
):
    reason = CheckpointError("Tensor lm_head.weight is missing in model.safetensors.")
    load = SlowLoad(infiller, failures=[reason])
    resident = Resident(load, clock=clock, retry_seconds=10)
    mail = inbox()
    resident.submit(request_for("abc"), mail.put)
    load.go_on.release()
    error = mail.outcome()
    assert isinstance(error, CheckpointError)
    assert str(error) == str(reason)
    assert (resident.health().status, resident.health().reason) == ("failed", str(reason))

    clock.now += 9
    with pytest.raises(CheckpointError, match="lm_head"):
        resident.submit(request_for("abc"), mail.put)
    clock.now += 2
    load.go_on.release()
    infiller.allow(3)
    resident.submit(request_for("abc"), mail.put)
    assert mail.outcome().finish == "settled"
    assert resident.health().reason is None
    resident.close()


def test_start_tries_a_failed_load_again_at_once(infiller, inbox, request_for):
    load = SlowLoad(infiller, failures=[OSError("disk"), OSError("disk")])
    resident = Resident(load)
    mail = inbox()
    resident.submit(request_for("abc"), mail.put)
    load.go_on.release()
    assert "OSError" in str(mail.outcome())
    resident.start()
    load.go_on.release()
    resident._owners[0].join(PATIENCE_S)
    assert resident.health().status == "failed"
    resident.start()
    load.go_on.release()
    infiller.allow(3)
    resident.submit(request_for("abc"), mail.put)
    assert mail.outcome().finish == "settled"
    resident.close()


def test_it_leaves_only_when_idle_for_long_enough(resident, infiller, clock, inbox, request_for):
    mail = inbox()
    resident.submit(request_for("abc"), mail.put)
    infiller.at_step.get(timeout=PATIENCE_S)
    clock.now += 1000
    assert not resident.shutdown_if_idle(60), "a request runs"
    infiller.allow(3)
    mail.outcome()
    clock.now += 59
    assert not resident.shutdown_if_idle(60)
    clock.now += 2
    assert resident.shutdown_if_idle(60)
    assert resident.health().status == "stopped"
    with pytest.raises(EngineUnavailable, match="shutting down"):
        resident.submit(request_for("abc"), mail.put)


def test_it_does_not_stay_for_long_without_a_model(infiller, clock, request_for, inbox):
    load = SlowLoad(infiller, [CheckpointError("gone")])
    resident, mail = Resident(load, clock=clock), inbox()
    resident.submit(request_for("abc"), mail.put)
    load.go_on.release()
    assert str(mail.outcome()) == "gone"
    clock.now += FAILED_SECONDS - 1
    assert not resident.shutdown_if_idle(900)
    clock.now += 2
    assert resident.shutdown_if_idle(900)


def test_it_does_not_leave_while_it_loads(infiller, clock):
    load = SlowLoad(infiller)
    resident = Resident(load, clock=clock)
    resident.start()
    clock.now += 1000
    assert not resident.shutdown_if_idle(60)
    load.go_on.release()
    resident.close()


def test_closing_cancels_what_runs_and_refuses_what_waits(resident, infiller, inbox, request_for):
    running, waiting = inbox(), inbox()
    resident.submit(request_for("one", key="1"), running.put)
    infiller.at_step.get(timeout=PATIENCE_S)
    resident.submit(request_for("two", key="2"), waiting.put)
    closing = threading.Thread(target=resident.close)
    closing.start()
    assert isinstance(waiting.next(), EngineUnavailable)
    infiller.allow(1)
    assert running.outcome().finish == "cancelled"
    closing.join(PATIENCE_S)
    assert not closing.is_alive()


def test_every_outcome_is_reported_with_its_seconds(infiller, clock, inbox, request_for):
    finished = []
    resident = Resident(
        lambda progress: infiller,
        clock=clock,
        finished=lambda outcome, seconds, user: finished.append((type(outcome), seconds)),
    )
    mail = inbox()
    resident.submit(request_for("abc"), mail.put)
    infiller.at_step.get(timeout=PATIENCE_S)
    clock.now += 2.5
    infiller.allow(3)
    mail.outcome()
    resident.submit(request_for("crash"), mail.put)
    mail.outcome()
    assert finished == [(Infill, 2.5), (EngineFailed, 0.0)]
    resident.close()
