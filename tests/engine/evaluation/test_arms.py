from fillwright.engine.evaluation.arms import Arm, answer, arms_of
from fillwright.engine.evaluation.question import Question
from fillwright.engine.infill.infiller import Infiller

QUESTION = Question("q", "g", "line", "python", "x = 1\n", "y = 2", "\n", "line")


def test_a_sweep_is_every_combination_once() -> None:
    arms = arms_of(["ar", "diffusion", "draft", "denoise"], [1, 4], ["auto", "search"])
    assert [arm.name for arm in arms] == [
        "draft",
        "denoise 1",
        "denoise 1 search",
        "denoise 4",
        "denoise 4 search",
    ]
    assert arms_of(["auto"], [None], ["auto"]) == [Arm("auto")]


def test_baselines_are_answered_without_a_model() -> None:
    def absent() -> Infiller:
        raise AssertionError("no model is needed")

    assert answer(QUESTION, Arm("gold"), absent, None, 0).fill == "y = 2"
    assert answer(QUESTION, Arm("empty"), absent, None, 0).fill == ""


def test_a_question_is_asked_as_the_arm_says() -> None:
    request = QUESTION.request(decode="denoise", length="search", steps=4, tokens=9, seed=5)
    assert (request.decode, request.length, request.seed) == ("denoise", "search", 5)
    assert (request.budget.steps, request.budget.tokens) == (4, 9)
    assert (request.shape, request.document_key) == ("line", "")
    assert request.document[: request.holes[0].start] == "x = 1\n"
