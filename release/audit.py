"""Says what is known against the packages of our locks: `python release/audit.py`, by `make audit`.

Exit status 0: nothing is known. 1: something is, and each is printed. 2: a database could not be
asked about all of them, so nothing can be said of the rest.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PIP_AUDIT = Path(sys.executable).parent / "pip-audit"
PYTHON = [PIP_AUDIT, "--requirement", "constraints.txt", "--disable-pip", "--no-deps", "-f", "json"]
NPM = ["npm", "audit", "--json"]
NPM_FOLDER = Path("editors", "vscode")
KNOWN, NO_DATA = 1, 2


@dataclass(frozen=True, slots=True)
class Said:
    """What a database said: how many packages it knows, what is known against them, one sentence
    each, and why it said nothing of others, "" where it knew all."""

    asked: int
    known: tuple[str, ...] = ()
    missing: str = ""


def main() -> int:
    """Ask both and print; gives the exit status."""
    answers = {
        "Python packages": of_pip_audit(_printed(PYTHON, ROOT)),
        "npm packages": of_npm(_printed(NPM, ROOT / NPM_FOLDER)),
    }
    for packages, said in answers.items():
        for sentence in said.known:
            print(f"{packages}: {sentence}")
        if said.missing:
            print(f"{packages}: NO DATA. {said.missing}")
        elif not said.known:
            print(f"{packages}: nothing is known against any of {said.asked}.")
    if any(said.missing for said in answers.values()):
        return NO_DATA
    return KNOWN if any(said.known for said in answers.values()) else 0


def of_pip_audit(printed: str) -> Said:
    """What pip-audit's JSON says."""
    try:
        packages: Sequence[Mapping[str, Any]] = json.loads(printed)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Said(0, missing="pip-audit ended without an answer.")
    known = tuple(
        f"{package['name']} {package['version']}: {weakness['id']}"
        for package in packages
        for weakness in package.get("vulns", ())
    )
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if not skipped:
        return Said(len(packages), known)
    why = (
        f"The database did not answer for {len(skipped)} of {len(packages)}, such as {skipped[0]}."
    )
    return Said(len(packages) - len(skipped), known, why)


def of_npm(printed: str) -> Said:
    """What npm's JSON says."""
    try:
        report = json.loads(printed)
        counted = report["metadata"]["dependencies"]["total"]
        known = tuple(
            f"{name}: {weakness['severity']}"
            for name, weakness in report["vulnerabilities"].items()
        )
    except ValueError:
        return Said(0, missing="npm ended without an answer.")
    except (KeyError, TypeError, AttributeError):
        status = report.get("statusCode", "?") if isinstance(report, dict) else "?"
        return Said(0, missing=f"The registry takes no such question (HTTP status {status}).")
    return Said(counted, known)


def _printed(command: Sequence[str | Path], folder: Path) -> str:
    # both end with status 1 where they know something, and where they know nothing at all
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
