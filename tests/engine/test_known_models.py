import pytest

from fillwright.engine.known_models import CPU_CHOICE, GPU_CHOICES, KNOWN_MODELS, choice_for


@pytest.mark.parametrize(
    ("gpus", "alias"),
    [
        ([], None),
        ([6.0], None),
        # what programs are told of a card of 8, 24 and 80 GB
        ([7.9], "dreamon"),
        ([4.0, 15.6], "dreamon"),
        ([23.6], "diffusiongemma"),
        ([79.2], "diffusiongemma"),
    ],
)
def test_the_largest_gpu_decides(gpus: list[float], alias: str | None) -> None:
    found = choice_for(gpus).model
    assert (found.alias if found else None) == alias


def test_what_is_recommended_fits_with_room_to_work_in() -> None:
    for choice in GPU_CHOICES:
        assert choice.model is not None
        eight = choice.model.eight_bits
        weights = {"bf16": choice.model.gigabytes, "int8": eight, "fp8": eight}
        needed = (weights | {"int4": choice.model.int4})[choice.form]
        assert needed * 1.2 <= choice.gigabytes
    assert CPU_CHOICE.model is None


@pytest.mark.parametrize(("gpu", "form"), [(7.9, "int4"), (11.6, "int8"), (15.6, "int8")])
def test_of_what_fits_the_least_rounded_form_is_chosen(gpu: float, form: str) -> None:
    assert choice_for([gpu]).form == form


def test_short_names_are_names_of_their_own() -> None:
    aliases = [each.alias for each in KNOWN_MODELS]
    assert len(set(aliases)) == len(aliases)
    assert not any("/" in alias for alias in aliases)
    assert all(each.hub_id.count("/") == 1 and each.licence for each in KNOWN_MODELS)
