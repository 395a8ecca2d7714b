"""The list of projects to type in: none of them learnt, and none both fitted to and reported on."""

import tomllib
from pathlib import Path
from typing import get_args

from fillwright.engine.evaluation.projects import LIST, ProjectSet, project_names
from fillwright.engine.sources.packages import normalised

PACKAGES = Path(__file__).parents[3] / "engine" / "training" / "packages.toml"


def test_names_come_without_their_versions() -> None:
    assert "beets" in project_names("fit")
    assert "@reduxjs/toolkit" in project_names("fit")
    assert "pdf-lib" in project_names("report")


def test_no_project_was_learnt_and_none_is_in_both_parts() -> None:
    learnt = tomllib.loads(PACKAGES.read_text("utf-8"))
    names = {normalised(name) for table in learnt.values() for name in table}
    parts = [{normalised(name) for name in project_names(part)} for part in get_args(ProjectSet)]
    assert not names & set.union(*parts)
    assert not set.intersection(*parts)


def test_each_project_has_a_fixed_version_and_a_licence() -> None:
    listed = tomllib.loads(LIST.read_text("utf-8"))
    assert set(listed) == set(get_args(ProjectSet))
    for part in listed.values():
        for name, licence in [*part["python"].items(), *part["npm"].items()]:
            assert name[-1].isdigit()
            assert licence in {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause"}
    # two of each language are reported on, at least
    assert len(listed["report"]["python"]) >= 2
    assert len(listed["report"]["npm"]) >= 4
