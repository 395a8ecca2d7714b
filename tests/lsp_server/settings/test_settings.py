"""Settings: nothing the editor sends can break them, and every bad value is told once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.lsp_server.settings.reader import merged, read_settings
from fillwright.lsp_server.settings.settings import EngineSection, Settings


@pytest.mark.parametrize("nothing", [None, {}, {"engine": None}, {"trace": {"server": "off"}}])
def test_missing_and_unknown_keys_are_defaults_without_complaint(nothing: object) -> None:
    assert read_settings(nothing) == (Settings(), ())


def test_nested_camel_case_values_are_read() -> None:
    settings, complaints = read_settings(
        {
            "inlineCompletion": {"enabled": False, "candidates": 2},
            "fill": {"lineTokens": 16, "steps": 8, "decode": "denoise"},
            "engine": {"idleSeconds": 60, "checkpoint": "~/models/mine"},
        }
    )
    assert complaints == ()
    assert not settings.inline_completion.enabled
    assert settings.inline_completion.candidates == 2
    assert (settings.fill.line_tokens, settings.fill.steps) == (16, 8)
    assert settings.fill.decode == "denoise"
    assert settings.engine.idle_seconds == 60.0
    assert settings.engine.checkpoint == "~/models/mine"
    assert settings.completion == Settings().completion


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (
            {"completion": {"enabled": "false"}},
            "fillwright.completion.enabled should be true or false; using true.",
        ),
        (
            {"fill": {"lineTokens": True}},
            "fillwright.fill.lineTokens should be a whole number, 1 or more; using 32.",
        ),
        (
            {"fill": {"steps": 0}},
            "fillwright.fill.steps should be a whole number or null, 1 or more; using null.",
        ),
        (
            {"fill": {"decode": "fast"}},
            "fillwright.fill.decode should be one of 'auto', 'denoise', 'draft', 'draft+denoise'; "
            "using 'auto'.",
        ),
        (
            {"engine": {"idleSeconds": float("nan")}},
            "fillwright.engine.idleSeconds should be a number, 1 or more; using 900.0.",
        ),
        (
            {"engine": {"useForActions": "fast"}},
            "fillwright.engine.useForActions should be 'embedded' or the path of a model's folder; "
            "using null.",
        ),
        (
            {"engine": {"engines": ["fast"]}},
            "fillwright.engine.engines should be an object with settings for each name; using {}.",
        ),
        ({"engine": 5}, "fillwright.engine should be an object with settings; using the defaults."),
        ([1], "fillwright should be an object with settings; using the defaults."),
    ],
)
def test_a_bad_value_keeps_the_default_and_says_so(raw: object, complaint: str) -> None:
    assert read_settings(raw) == (Settings(), (complaint,))


def test_a_bad_value_of_a_named_engine_is_told_with_its_name() -> None:
    named = {"fast": {"samples": 0, "url": "http://127.0.0.1:8012"}}
    settings, complaints = read_settings({"engine": {"engines": named, "use": "slow"}})
    assert settings.engine.use is None
    assert settings.engine.engines == {"fast": EngineSection(url="http://127.0.0.1:8012")}
    assert complaints == (
        "fillwright.engine.engines.fast.samples should be a whole number, 1 or more; using 2.",
        "fillwright.engine.use should be 'embedded', 'fast' or the path of a model's folder; "
        "using null.",
    )


def test_a_bad_value_leaves_its_neighbours_alone() -> None:
    settings, complaints = read_settings({"fill": {"steps": "many", "seed": 7}})
    assert settings.fill.seed == 7
    assert len(complaints) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["enabled", "fill", "engine", "steps", "seed", "decode", "device"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_gives_settings(raw: object) -> None:
    settings, complaints = read_settings(raw)
    assert isinstance(settings, Settings)
    assert all(sentence.endswith(".") for sentence in complaints)


def test_what_is_above_wins_at_every_level_and_null_says_nothing() -> None:
    below = {"engine": {"preload": False, "device": "cpu"}, "fill": {"seed": 1}, "show": "both"}
    above = {"engine": {"device": "cuda"}, "fill": None, "drafts": {"enabled": True}}
    assert merged(below, above) == {
        "engine": {"preload": False, "device": "cuda"},
        "fill": {"seed": 1},
        "show": "both",
        "drafts": {"enabled": True},
    }
    assert merged({"fill": 1}, {"fill": {"seed": 2}}) == {"fill": {"seed": 2}}
    assert merged(None, None) is None


@pytest.mark.parametrize(
    ("before", "now"),
    [("ghost only", "ghostText"), ("popup only", "popup"), ("popup", "popup"), ("both", "both")],
)
def test_a_value_is_understood_by_its_older_name_too(before: str, now: str) -> None:
    assert read_settings({"show": before}) == (Settings(show=now), ())


@pytest.mark.parametrize(
    ("show", "ghost", "popup"),
    [("both", True, True), ("ghostText", True, False), ("popup", False, True)],
)
def test_one_setting_switches_the_kinds_of_suggestions(show: str, ghost: bool, popup: bool) -> None:
    settings, _ = read_settings({"show": show})
    assert (settings.ghost_text, settings.popup) == (ghost, popup)
