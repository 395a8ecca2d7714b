"""What the user's own code says beside a server's model, in the embedded model's tokens."""

import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.memory.masking import MASK
from fillwright.engine.memory.related import are_related
from fillwright.engine.remote.own_code import OwnCode
from fillwright.engine.request import FileText, Snippet
from tests.engine.remote.conftest import (
    drafts_and_fill,
    fill_of,
    llama_server,
    request_for,
    serving,
)

ODD = "wobble_the_quokka(grommet, sprocket_ratio=7)"
CALLS = "".join(
    f"def step_{number}(grommet):\n    result = {ODD}\n    return result\n\n\n"
    for number in range(3)
)
PLACE = "def other(grommet):\n    result = wobble_the_q‸\n    return result\n"
FILLER = "".join(f"width_{number} = height_{number} * {number}\n" for number in range(400))


@pytest.fixture(scope="module")
def tokenizing():
    return OwnCode.of_checkpoint(embedded_checkpoint())


@pytest.fixture
def own_code(tokenizing):
    tokenizing.remembered.clear()
    return tokenizing


def remember(own_code, workspace="w", **files):
    for name, text in files.items():
        own_code.remembered.take(workspace, FileText(f"lib/{name}.py", text))
    own_code.remembered.settle()


def asked(marked=PLACE, **options):
    options = {"workspace": "w", "file_key": "lib/new.py", "unasked": True} | options
    return request_for(marked, **options)


def test_what_stood_between_such_contexts_is_a_draft_that_begins_at_the_hole(own_code):
    remember(own_code, machine=CALLS)
    first = own_code.around(asked()).first
    assert first.texts == (ODD.removeprefix("wobble_the_q"),)
    assert first.certainty.whole > 0.5
    assert first.certainty.knows_project
    assert own_code.around(asked(workspace="v")).first is None
    assert own_code.around(asked(file_key="lib/machine.py")).first is None
    assert own_code.around(asked(shape="block")).first is None


def test_pieces_most_like_the_place_come_last_and_are_whole_lines(own_code):
    remember(own_code, machine=FILLER + CALLS + FILLER, other=FILLER)
    context = own_code.around(asked(similar=2000)).context
    assert context
    assert ODD in context[-1].text
    assert context[-1].path == "lib/machine.py"
    known = set((FILLER + CALLS).split("\n"))
    for snippet in context:
        assert set(snippet.text.split("\n")) <= known
    assert sum(len(snippet.text) for snippet in context) <= 2000


def test_pieces_side_by_side_share_no_line_and_leave_none_out(own_code):
    remember(own_code, machine=CALLS)
    context = own_code.around(asked(similar=8000)).context
    assert len(context) > 1
    lines = sorted(line for snippet in context for line in snippet.text.split("\n") if line)
    assert lines == sorted(line for line in CALLS.split("\n") if line)


def test_typing_within_a_line_changes_no_piece(own_code):
    remember(own_code, machine=FILLER + CALLS + FILLER, other=FILLER)
    contexts = {
        own_code.around(asked(PLACE.replace("wobble_the_q‸", typed + "‸"), similar=2000)).context
        for typed in ("", "w", "width_7 = hei", "wobble_the_quokka(")
    }
    assert len(contexts) == 1


def test_pieces_of_a_project_of_another_kind_are_shown_too(own_code):
    remember(own_code, machine=CALLS)
    request = asked("select a, b from c where d > 3;\n" * 12 + "grommet ‸\n", similar=2000)
    surroundings = own_code.around(request)
    assert not are_related(surroundings.precedents.project, surroundings.precedents.context)
    assert "grommet" in surroundings.context[-1].text


def test_nothing_is_shown_that_the_request_does_not_allow(own_code):
    remember(own_code, machine=CALLS)
    given = (Snippet("seen.py", "x = 1\n" * 90), Snippet("near.py", "y = 1"))
    assert own_code.around(asked(context=given)).context == given
    both = own_code.around(asked(context=given, similar=600)).context
    assert [*dict.fromkeys(snippet.path for snippet in both)] == ["near.py", "lib/machine.py"]
    # of another project, and of the file itself, nothing
    assert own_code.around(asked(similar=600, workspace="v")).context == ()
    assert own_code.around(asked(similar=600, file_key="lib/machine.py")).context == ()


def test_a_gap_is_shown_as_a_mask(own_code):
    remember(own_code, machine=CALLS.replace("sprocket_ratio=7", "key='\0'", 1))
    text = "".join(snippet.text for snippet in own_code.around(asked(similar=2000)).context)
    assert f"key='{MASK}'" in text
    assert "\0" not in text


def test_a_servers_fill_comes_after_what_stood_there_before(server, connected):
    serving(server, "uality()")
    infiller = connected(server.url)
    remember(infiller.own_code, machine=CALLS)
    drafts, fill = drafts_and_fill(infiller, asked())
    assert drafts[0].step == 0
    assert drafts[0].texts == (ODD.removeprefix("wobble_the_q"),)
    assert fill.texts == ("uality()",)
    # who asks by hand waits for the server, and so does who wants no memory
    for quiet in (asked(unasked=False), asked(memory=False)):
        drafts, _ = drafts_and_fill(infiller, quiet)
        assert all(draft.certainty is None for draft in drafts)


def test_the_prompt_of_a_server_has_the_pieces_that_the_request_allows(server, connected):
    serving(server, "x")
    infiller = connected(server.url)
    remember(infiller.own_code, machine=CALLS)
    fill_of(infiller, asked())
    assert ODD not in server.bodies("/v1/completions")[-1]["prompt"]
    fill_of(infiller, asked(similar=2000))
    prompt = server.bodies("/v1/completions")[-1]["prompt"]
    assert "<|file_sep|>lib/machine.py\n" in prompt
    assert prompt.count(ODD) == 3


def test_llama_cpps_own_server_is_asked_with_them(tmp_path, connected):
    with llama_server(tmp_path) as url:
        infiller = connected(url)
        remember(infiller.own_code, machine=CALLS)
        drafts, plain = drafts_and_fill(infiller, asked())
        assert drafts[0].texts == (ODD.removeprefix("wobble_the_q"),)
        _, shown = drafts_and_fill(infiller, asked(similar=2000))
        # a random model, too, reads another prompt
        assert shown.confidences != plain.confidences
