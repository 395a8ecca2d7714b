"""The language of a foreign request, and what is said in its answer."""

import pytest

from fillwright.engine.daemon.dialects.place import PromptPlace, Said

PYTHON = "def f(x):\n    return "


@pytest.mark.parametrize(
    ("path", "body", "language"),
    [
        ("/v1/completions", {"prompt": PYTHON, "suffix": "\n"}, "python"),
        ("/v1/completions", {"prompt": PYTHON, "language": "lua"}, "lua"),
        ("/v1/completions", {"prompt": PYTHON, "language": "plaintext"}, "plaintext"),
        ("/v1/completions", {"prompt": "# language: ruby\nx = "}, "ruby"),
        ("/v1/fim/completions", {"prompt": "", "suffix": "\nfn f() -> u8 {\n    1\n}\n"}, "rust"),
        ("/infill", {"input_prefix": "", "input_suffix": PYTHON}, "python"),
        (
            "/infill",
            {"input_prefix": "x = ", "input_extra": [{"text": "y", "filename": "w/shelf.lua"}]},
            "lua",
        ),
        (
            "/completion",
            {"prompt": "<file_sep>a.rs\n<fim_prefix>x<fim_suffix><fim_middle>"},
            "rust",
        ),
    ],
)
async def test_a_language_that_is_not_said_is_guessed(http, infiller, path, body, language) -> None:
    assert (await http.post(path, json=body)).status_code == 200
    [request] = infiller.requests
    assert request.language == language


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ([], Said("a\r\nb; c", "")),
        (["; ", "\n"], Said("a", "\n")),
        (["\r\n"], Said("a", "\r\n")),
        (["", "c", "b"], Said("a\r\n", "b")),
    ],
)
def test_a_fill_is_said_up_to_the_first_stop_string_in_the_files_line_ends(stop, said) -> None:
    assert PromptPlace("x\r\n", "", "python").said("a\nb; c<|fim_middle|>d", stop) == said
