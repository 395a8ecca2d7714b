"""JSON there and back, and sentences for JSON that is none of ours."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.daemon.resident import EngineBusy
from fillwright.engine.daemon.wire import (
    Health,
    event_from_json,
    event_name,
    event_to_json,
    from_json,
    to_json,
)
from fillwright.engine.errors import BadRequest, CheckpointError, EngineFailed
from fillwright.engine.request import (
    Budget,
    Doubt,
    DoubtRequest,
    Doubts,
    Draft,
    Hole,
    Infill,
    InfillRequest,
    Snippet,
)


def request_json(**changes: object) -> str:
    holes = [{"start": 0, "end": 0}]
    return json.dumps({"document": "ab", "holes": holes, "language": "python"} | changes)


# lone surrogates too: an editor may hold a file that is not valid UTF-8
texts = st.text(st.characters(exclude_characters="\r"))


@given(document=texts, snippet=texts, instruction=st.none() | texts, data=st.data())
def test_a_request_survives_the_trip(document, snippet, instruction, data):
    start = data.draw(st.integers(0, len(document)))
    request = InfillRequest(
        document=document,
        holes=(Hole(start, data.draw(st.integers(start, len(document)))),),
        language="python",
        instruction=instruction,
        context=(Snippet("other.py", snippet),),
        shape="block",
        candidates=2,
        budget=data.draw(st.sampled_from([Budget(), Budget(8, 3, 12.5)])),
        seed=7,
        document_key="file:///a b.py",
        decode="draft+denoise",
        length="search",
    )
    assert from_json(to_json(request), InfillRequest) == request
    assert to_json(request).isascii()


@given(text=texts)
def test_events_survive_the_trip(text):
    events = [
        Draft(1, 2, (text, ""), (((0, 1), (3, 4)), ())),
        Draft(1, 2, (text,), ((),), denoised=True, confidences=(((0, 1, 0.5),),)),
        Infill(
            (text,), ((0.5, 1.0),), "deadline", 3, 2, "denoise", "m", "cpu", {"a": 1.5}, ((text,),)
        ),
        Doubts((Doubt(0, 2, text, 1.5),), 4, "causal", "settled", "m", "cpu", 2.5),
    ]
    for event in events:
        assert event_from_json(event_name(event), event_to_json(event)) == event
        assert "\n" not in event_to_json(event)
    health = Health("failed", 0.5, text, None, "cpu", 12, doubts_by="denoised")
    assert from_json(to_json(health), Health) == health
    request = DoubtRequest(f"{text}x", 0, 1, "python", text, 3, "denoised", 0.5)
    assert from_json(to_json(request), DoubtRequest) == request


def test_an_error_keeps_its_type_and_sentence():
    there = CheckpointError("No file config.json in /models/small.")
    back = event_from_json(event_name(there), event_to_json(there))
    assert (type(back), str(back)) == (CheckpointError, str(there))


def test_an_error_that_the_client_does_not_know_is_a_failure_of_the_engine():
    back = event_from_json("error", event_to_json(EngineBusy("Later.")))
    assert (type(back), str(back)) == (EngineFailed, "Later.")
    with pytest.raises(EngineFailed, match="does not know: surprise"):
        event_from_json("surprise", "{}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "The request is not JSON"),
        (b"\xff\xfe\x00", "The request is not JSON"),
        ("[" * 200_000, "The request is not JSON"),
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ("{}", "The request lacks 'document'."),
        (request_json(holes=[]), "at least one hole"),
        (request_json(document=None), "null is no str"),
        (request_json(holes=[{"start": 1, "end": 9}]), "past the end"),
        (request_json(holes=[{"start": 1.5, "end": 2}]), "1.5 is no int"),
        (request_json(shape="star"), '"star" is none of line, block, free'),
        (request_json(budget={"tokens": True}), "true is no int"),
        (request_json(budget=5), "The request cannot be used"),
    ],
)
def test_a_request_that_cannot_be_used_gets_a_sentence(text, sentence):
    with pytest.raises(BadRequest) as refused:
        from_json(text, InfillRequest)
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 300
