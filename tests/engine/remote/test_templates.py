"""The prompts of families of models."""

import pytest

from fillwright.engine.remote.templates import FAMILIES, MOST_STOPS, family_for
from fillwright.engine.request import Snippet


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Qwen/Qwen2.5-Coder-7B", "qwen"),
        ("qwen3-coder:30b", "qwen"),
        ("bigcode/starcoder2-3b", "starcoder"),
        ("granite-3.3-8b-code", "granite-3"),
        ("ibm/granite-4.0-h-tiny", "granite-4"),
        ("CodeLlama-7b-hf", "codellama"),
        ("deepseek-ai/DeepSeek-Coder-V2-Lite-Base", "deepseek"),
        ("codestral:22b", "codestral"),
        ("google/codegemma-2b", "codegemma"),
        ("JetBrains/Mellum-4b-base", "mellum"),
        ("ByteDance-Seed/Seed-Coder-8B-Base", "seed-coder"),
        ("glm-4.5-air", "glm"),
        ("codegeex4-all-9b", "codegeex"),
        ("Falcon-H1-Tiny-Coder-90M", "falcon"),
        ("zed-industries/zeta-2", "zeta-2"),
        ("mercury-coder", "mercury"),
    ],
)
def test_a_family_is_guessed_from_the_models_name(model, name):
    assert family_for(model).name == name


def test_a_model_that_is_none_of_them_has_no_family():
    assert family_for("llama-3.1-8b-instruct") is None


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_prompt_holds_both_sides_once_and_few_stops(family):
    context = (Snippet("other.py", "OTHER"),)
    prompt = family.prompt("{suffix}BEFORE{prefix}", "AFTER{path}", context)
    assert prompt.count("{suffix}BEFORE{prefix}") == prompt.count("AFTER{path}") == 1
    assert prompt.count("OTHER") == bool(family.snippet)
    assert 0 < len(family.stops) <= MOST_STOPS


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("qwen", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
        ("codellama", "<PRE> P <SUF>S <MID>"),
        ("deepseek", "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>"),
        ("codestral", "[SUFFIX]S[PREFIX]P"),
        ("seed-coder", "<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>"),
        ("glm", "<|code_prefix|>P<|code_suffix|>S<|code_middle|>"),
    ],
)
def test_prompts_are_what_the_models_were_taught(name, prompt):
    [family] = [family for family in FAMILIES if family.name == name]
    assert family.prompt("P", "S") == prompt
