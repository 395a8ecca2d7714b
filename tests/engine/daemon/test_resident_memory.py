"""The model's owner and what its engine remembers: in order, and while no request waits."""

import queue
import threading

from fillwright.engine.daemon.resident import Resident
from fillwright.engine.request import FileText, Infill, Memories, WorkspaceMemory

PATIENCE_S = 20


def test_files_are_remembered_in_order_and_while_no_request_waits(
    resident, infiller, inbox, request_for
):
    resident.submit(request_for("a", "a"), (first := inbox()).put)
    assert infiller.at_step.get(timeout=PATIENCE_S) == ("a", 1)
    resident.submit(request_for("b", "b"), (second := inbox()).put)
    files = (FileText("one", "crash"), FileText("two", None))
    resident.remember(Memories("w", files))
    infiller.allow(4)
    assert isinstance(first.outcome(), Infill)
    # the second fill is at work: what came before it in time still waits
    steps = [infiller.at_step.get(timeout=PATIENCE_S) for _ in range(4)]
    assert steps == [("a", 2), ("a", 3), ("b", 1), ("b", 2)]
    assert infiller.remembered.taken.empty()
    assert resident.health().to_remember == 2
    infiller.allow(2)
    assert isinstance(second.outcome(), Infill)
    taken = [infiller.remembered.taken.get(timeout=PATIENCE_S) for _ in files]
    assert taken == [("w", file) for file in files]


def test_of_several_workers_one_takes_files_and_they_stay_in_order(infiller, inbox, request_for):
    taking, go_on, taken = threading.Event(), threading.Event(), queue.Queue()

    def take(workspace, file):
        taking.set()
        assert file.text != "old" or go_on.wait(PATIENCE_S)
        taken.put(file.text)

    infiller.remembered.take = take
    infiller.allow(3)
    resident = Resident(lambda progress: infiller, workers=3)
    resident.submit(request_for("a"), (box := inbox()).put)
    box.outcome()
    files = (FileText("one", "old"), FileText("one", "new"))
    resident.remember(Memories("w", files))
    assert taking.wait(PATIENCE_S)
    # another worker fills meanwhile, and then has nothing to do
    infiller.allow(3)
    resident.submit(request_for("b"), (box := inbox()).put)
    assert isinstance(box.outcome(), Infill)
    assert taken.empty()
    go_on.set()
    assert [taken.get(timeout=PATIENCE_S) for _ in files] == ["old", "new"]
    resident.close()


def test_a_file_that_cannot_be_remembered_stops_no_fill(resident, infiller, inbox, request_for):
    resident.remember(Memories("w", (FileText("one", "crash"),)))
    infiller.remembered.taken.get(timeout=PATIENCE_S)
    infiller.allow(3)
    resident.submit(request_for("a"), (box := inbox()).put)
    assert isinstance(box.outcome(), Infill)


def test_what_no_file_is_sent_for_is_kept_and_everything_can_be_forgotten(resident, infiller):
    infiller.remembered.workspaces = (WorkspaceMemory("w", "1", 2, 30, 400),)
    resident.remember(Memories("w", (FileText("one", "text"),)))
    infiller.remembered.taken.get(timeout=PATIENCE_S)
    resident.remember(Memories("w", ()))
    resident.forget_unused()
    resident.forget_all()
    assert infiller.remembered.said[-3:] == ["renew w", "forget unused", "clear"]
    assert resident.health().remembered == infiller.remembered.workspaces


def test_an_engine_that_has_no_use_for_files_keeps_none(resident, infiller, inbox, request_for):
    infiller.remembered.is_used = False
    infiller.allow(3)
    resident.submit(request_for("a"), (box := inbox()).put)
    box.outcome()
    resident.remember(Memories("w", (FileText("one", "text"),)))
    assert resident.health().to_remember == 0
    assert resident.health().remembers is False
    assert infiller.remembered.taken.empty()
