"""`make audit` tells "nothing is known" from "nobody could be asked"."""

import json
import runpy
from pathlib import Path
from typing import Any

AUDIT = runpy.run_path(str(Path(__file__).parents[2] / "release" / "audit.py"))


def python(*packages: dict[str, Any]) -> Any:
    return AUDIT["of_pip_audit"](json.dumps({"dependencies": packages, "fixes": []}))


def npm(**report: Any) -> Any:
    return AUDIT["of_npm"](json.dumps(report))


def test_packages_that_the_database_knows() -> None:
    fine = {"name": "h11", "version": "0.16", "vulns": []}
    weak = {"name": "h11", "version": "0.1", "vulns": [{"id": "CVE-1", "fix_versions": []}]}
    assert python(fine, fine) == AUDIT["Said"](2)
    assert python(fine, weak).known == ("h11 0.1: CVE-1",)
    total = {"dependencies": {"total": 7}}
    assert npm(metadata=total, vulnerabilities={}) == AUDIT["Said"](7)
    known = npm(metadata=total, vulnerabilities={"esbuild": {"severity": "moderate"}}).known
    assert known == ("esbuild: moderate",)


def test_packages_that_it_says_nothing_of() -> None:
    """As pip-audit 2.10 and npm 11 answered here, where no database can be reached."""
    skipped = {
        "name": "annotated-doc",
        "skip_reason": "Dependency not found on PyPI and could not be audited: annotated-doc",
    }
    said = python(skipped, {"name": "h11", "version": "0.16", "vulns": []})
    assert said.asked == 1
    assert "1 of 2, such as annotated-doc" in said.missing
    assert "405" in npm(message="405 Method Not Allowed", statusCode=405).missing


def test_an_answer_that_is_none_is_no_data() -> None:
    for read in (AUDIT["of_pip_audit"], AUDIT["of_npm"]):
        for printed in ("", "Traceback", "[]", "null"):
            assert read(printed).missing, (read, printed)
