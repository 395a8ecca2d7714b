"""The order of the rooms: every import points down, and no two files import each other in a circle.

Imports that only a type checker reads count too. Tests stand in the room of what they test.
"""

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ["kernels", "engine", "lsp_server"]
# from the bottom up; a file belongs to the longest name that it begins with
ROOMS = [
    *["kernels.gpu", "kernels.cpu", "kernels"],
    *["engine.errors", "engine.confidence", "engine.strict_json", "engine.checkpoint_path"],
    *["engine.description", "engine.known_models"],
    *["engine.allocator", "engine.cores", "engine.extras", "engine.version"],
    "engine.machine_memory",
    *["engine.request", "engine.filling", "engine.syntax", "engine.sources", "engine.memory"],
    *["engine.remote.settings", "engine.daemon.settings", "engine.prompt_format", "engine.pull"],
    *["engine.model", "engine.diffusion", "engine.quantize", "engine.benchmark"],
    *["engine.infill.stop", "engine.infill.text", "engine.infill.tokens", "engine.infill.prompts"],
    *["engine.infill.prefix_caches", "engine.infill.hypotheses", "engine.infill.plan"],
    *["engine.infill.form", "engine.infill.state"],
    *["engine.infill.ranking", "engine.infill.drafting", "engine.infill.denoising"],
    "engine.infill.constraint",
    *["engine.infill", "engine.infill.masked", "engine.loading", "engine.remote"],
    *["engine.daemon.runtime_dir", "engine.daemon.wire", "engine.daemon.metrics"],
    *["engine.daemon.resident", "engine.daemon.live_fill", "engine.daemon.dialects"],
    "engine.daemon",
    *["engine.evaluation", "engine.training", "engine.tuning"],
    *["lsp_server.settings", "lsp_server.text", "lsp_server.privacy", "lsp_server.carving"],
    *["lsp_server.fitting", "lsp_server.context", "lsp_server.project"],
    *["lsp_server.fills", "lsp_server.suggestions"],
    *["lsp_server.session", "lsp_server.lsp"],
    *["lsp_server.cli.arguments", "lsp_server.cli.engine_arguments"],
    *["lsp_server.cli.marks", "lsp_server.cli.diff"],
    *["lsp_server.cli.source_file", "lsp_server.cli.draft_view"],
    *["lsp_server.cli.terminal", "lsp_server.cli.editors", "lsp_server.cli.engine_probe"],
    *["lsp_server.cli.engine", "lsp_server.cli.memory"],
    *["lsp_server.cli.doctor", "lsp_server.cli.setup", "lsp_server.cli.typing", "lsp_server.cli"],
    "lsp_server",
]
# the only ones that know the protocol's library
WIRE = ["lsp_server.lsp"]


def modules(*folders: str) -> dict[str, Path]:
    """Every file by its dotted name below the root."""
    found = {}
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """The dotted names that a file imports, wherever in it: ours without their first word."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            base = node.module.removeprefix("fillwright.")
            inner = {f"{base}.{alias.name}" for alias in node.names}
            names |= {name if name in known else base for name in inner}
    return names


def room_of(module: str) -> int:
    """The place of a module's room in the order."""
    inside = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return ROOMS.index(max(inside, key=len))


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_down(layer: str) -> None:
    known = modules(*LAYERS)
    upward = {
        (module, name)
        for module, path in modules(layer).items()
        for name in imports(path, known)
        if name in known and room_of(name) > room_of(module)
    }
    assert not upward


def test_no_files_import_each_other() -> None:
    known = modules(*LAYERS)
    arrows = {module: imports(path, known) & set(known) for module, path in known.items()}
    # a package that gathers its files' names is no room of its own
    gathered = {name for name, path in known.items() if path.name == "__init__.py"}
    files = {name: found - gathered for name, found in arrows.items() if name not in gathered}
    graphlib.TopologicalSorter(files).prepare()


def test_every_room_is_there_and_says_what_it_is_for() -> None:
    known = modules(*LAYERS)
    assert {room for room in ROOMS if room not in known and room not in LAYERS} == set()
    rooms = [path for path in known.values() if path.name == "__init__.py"]
    assert [path for path in rooms if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_only_the_wire_knows_the_protocol() -> None:
    known = modules("lsp_server")
    outside = {
        module
        for module, path in known.items()
        if not any(module.startswith(room) for room in WIRE)
        and any(name.split(".")[0] in ("pygls", "lsprotocol") for name in imports(path, known))
    }
    assert outside == set()


def test_tests_stand_where_what_they_test_stands() -> None:
    known = modules(*LAYERS)
    strangers = []
    for path in modules(*(f"tests/{layer}" for layer in LAYERS)).values():
        folder, name = path.parent.relative_to(ROOT / "tests"), path.stem.removeprefix("test_")
        files = [p.stem for p in (ROOT / folder).glob("*.py")]
        fits = any(name == file or name.startswith(f"{file}_") for file in files)
        if path.stem.startswith("test_") and not fits:
            strangers.append(str(path.relative_to(ROOT)))
    assert known
    assert strangers == []
