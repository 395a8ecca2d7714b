"""Live work: newest wins per key, equal work is shared, unwanted work stops."""

import asyncio

import pytest

from fillwright.lsp_server.fills.inflight import Inflight, Superseded


class Work:
    """A job that ends when told to, and counts its starts and stops."""

    def __init__(self) -> None:
        self.started = 0
        self.stopped = 0
        self.gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> str:
        self.started += 1
        try:
            return await asyncio.shield(self.gate)
        except asyncio.CancelledError:
            self.stopped += 1
            raise


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_job_gives_its_result_and_is_gone() -> None:
    inflight, work = Inflight[str](), Work()
    asked = asyncio.create_task(inflight.run("ghost", 1, work))
    await settle()
    assert inflight.live == 1
    work.gate.set_result("text")
    assert await asked == "text"
    assert inflight.live == 0


async def test_a_newer_subject_supersedes_the_older_one_of_its_key_and_stops_it() -> None:
    inflight, old, new = Inflight[str](), Work(), Work()
    asked_old = asyncio.create_task(inflight.run("ghost", 1, old))
    await settle()
    asked_new = asyncio.create_task(inflight.run("ghost", 2, new))
    with pytest.raises(Superseded):
        await asked_old
    await settle()
    assert (old.stopped, new.started, inflight.live) == (1, 1, 1)
    new.gate.set_result("new")
    assert await asked_new == "new"


async def test_a_key_can_be_given_up() -> None:
    inflight, work = Inflight[str](), Work()
    asked = asyncio.create_task(inflight.run("edit", 1, work))
    await settle()
    inflight.give_up("ghost")
    inflight.give_up("edit")
    with pytest.raises(Superseded):
        await asked
    await settle()
    assert (work.stopped, inflight.live) == (1, 0)


async def test_other_keys_are_left_alone() -> None:
    inflight, ghost, edit = Inflight[str](), Work(), Work()
    asked = [
        asyncio.create_task(inflight.run("ghost", 1, ghost)),
        asyncio.create_task(inflight.run("edit", 2, edit)),
    ]
    await settle()
    ghost.gate.set_result("a")
    edit.gate.set_result("b")
    assert await asyncio.gather(*asked) == ["a", "b"]


async def test_equal_subjects_share_one_job_across_keys() -> None:
    inflight, work, never = Inflight[str](), Work(), Work()
    popup = asyncio.create_task(inflight.run("popup", 1, work))
    await settle()
    ghost = asyncio.create_task(inflight.run("ghost", 1, never))
    await settle()
    assert (work.started, never.started) == (1, 0)
    popup.cancel()
    await settle()
    assert work.stopped == 0, "the ghost text still waits for it"
    work.gate.set_result("text")
    assert await ghost == "text"


async def test_cancelling_the_last_caller_stops_the_work() -> None:
    inflight, work = Inflight[str](), Work()
    asked = asyncio.create_task(inflight.run("ghost", 1, work))
    await settle()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await settle()
    assert (work.stopped, inflight.live) == (1, 0)


async def test_a_subject_asked_again_after_it_was_superseded_is_answered() -> None:
    inflight, first, other = Inflight[str](), Work(), Work()
    asked = [asyncio.create_task(inflight.run("ghost", 1, first))]
    await settle()
    asked += [
        asyncio.create_task(inflight.run("ghost", 2, other)),
        asyncio.create_task(inflight.run("ghost", 1, first)),
    ]
    await settle()
    first.gate.set_result("again")
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes[:2]] == [Superseded, Superseded]
    assert outcomes[2] == "again"


async def test_a_failure_reaches_every_caller() -> None:
    inflight, work = Inflight[str](), Work()
    asked = [asyncio.create_task(inflight.run(key, 1, work)) for key in ("ghost", "popup")]
    await settle()
    work.gate.set_exception(ValueError("no engine"))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["no engine", "no engine"]
    assert inflight.live == 0


async def test_a_finished_subject_is_run_afresh_when_asked_again() -> None:
    inflight, first, second = Inflight[str](), Work(), Work()
    first.gate.set_result("one")
    second.gate.set_result("two")
    assert await inflight.run("ghost", 1, first) == "one"
    assert await inflight.run("ghost", 1, second) == "two"


async def test_five_hundred_rapid_requests_leave_one_job() -> None:
    inflight, works = Inflight[str](), [Work() for _ in range(500)]
    asked = [
        asyncio.create_task(inflight.run("ghost", number, work))
        for number, work in enumerate(works)
    ]
    await settle()
    assert inflight.live == 1
    works[-1].gate.set_result("last")
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert outcomes[-1] == "last"
    assert all(isinstance(outcome, Superseded) for outcome in outcomes[:-1])
