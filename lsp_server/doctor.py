"""`fillwright doctor`: looks at each thing a fill needs, and names the remedy for what is amiss.

Knows where things are; starts no engine and changes nothing but a missing runtime folder.
"""

import asyncio
import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.daemon.runtime_dir import default_folder, private_folder
from fillwright.engine.errors import FillwrightError
from fillwright.engine.syntax.grammars import GRAMMARS, parser_for
from fillwright.lsp_server.engine_command import describe

TORCH_TIMEOUT_S = 120
_TORCH = """
import torch
devices = [f"cuda ({torch.cuda.get_device_name()})"] if torch.cuda.is_available() else []
print(torch.__version__, "on", ", ".join([*devices, f"cpu ({torch.get_num_threads()} threads)"]))
"""


class Ailment(Exception):  # noqa: N818 - a finding of the doctor
    """What is amiss, and the sentence that says what to do about it."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: well, or amiss with a remedy."""

    name: str
    well: bool
    found: str
    remedy: str | None = None


def doctor(settings: EngineSettings, *, as_json: bool) -> bool:
    """Print a finding for everything; true when nothing is amiss."""
    findings = []
    for finding in examine(settings):
        findings.append(finding)
        if not as_json:
            print(f"{'ok  ' if finding.well else 'FAIL'}  {finding.name}: {finding.found}")
            if finding.remedy:
                print(f"      {finding.remedy}")
    well = all(finding.well for finding in findings)
    if as_json:
        print(json.dumps({"well": well, "findings": [asdict(finding) for finding in findings]}))
    return well


def examine(settings: EngineSettings) -> Iterator[Finding]:
    """The findings, each as soon as it is known."""
    looks: dict[str, Callable[[], str]] = {
        "python": lambda: f"{platform.python_version()} ({sys.executable})",
        "grammars": _grammars,
        "checkpoint": lambda: _checkpoint(settings.checkpoint or embedded_checkpoint()),
        "runtime folder": lambda: _runtime_folder(settings),
        "engine": lambda: asyncio.run(_engine(settings)),
        # last, because loading it takes seconds
        "torch": _torch,
    }
    for name, look in looks.items():
        try:
            yield Finding(name, True, look())
        except Ailment as ailment:
            yield Finding(name, False, str(ailment), ailment.remedy)
        except FillwrightError as error:
            # its sentence already says what to do
            yield Finding(name, False, str(error))


def _torch() -> str:
    # a process of its own: this one stays small, and a broken installation may crash
    try:
        asked = subprocess.run(
            [sys.executable, "-P", "-c", _TORCH],
            capture_output=True,
            text=True,
            timeout=TORCH_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Ailment("torch takes minutes to load", "Look at the disk and memory.") from None
    if asked.returncode:
        reason = asked.stderr.strip().rpartition("\n")[2] or f"exit code {asked.returncode}"
        raise Ailment(f"torch does not load: {reason}", "Install Fillwright again with pip.")
    return asked.stdout.strip()


def _grammars() -> str:
    try:
        return ", ".join(name for name in GRAMMARS if parser_for(name))
    except (ImportError, ValueError) as error:
        raise Ailment(
            f"a grammar does not load: {error}", "Install Fillwright again with pip."
        ) from None


def _checkpoint(folder: Path) -> str:
    remedy = "Give --model a folder with config.json, tokenizer.json and safetensors files."
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except OSError as error:
        raise Ailment(f"{folder / 'config.json'}: {error.strerror}", remedy) from None
    except ValueError as error:
        raise Ailment(f"{folder / 'config.json'} is not JSON: {error}", remedy) from None
    if not (folder / "tokenizer.json").is_file():
        raise Ailment(f"{folder} has no tokenizer.json", remedy)
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    if not weights:
        raise Ailment(f"{folder} has no safetensors files", remedy)
    kind = config.get("model_type") if isinstance(config, dict) else None
    return f"{folder.name}: {kind}, {weights / 1e6:.1f} MB"


def _runtime_folder(settings: EngineSettings) -> str:
    return f"{private_folder(settings.runtime_dir or default_folder())}, for this user only"


async def _engine(settings: EngineSettings) -> str:
    client = EngineClient(settings)
    try:
        health = await client.health()
    finally:
        await client.aclose()
    if health.status == "failed":
        raise Ailment(describe(health), "Mend the reason, then run `fillwright engine start`.")
    return describe(health).removeprefix("engine ")
