"""The repository's own rules: import names, packaging, file sizes, what an editor pays.

Knows nothing of what the code does.
"""

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from pathlib import Path

import pytest

from fillwright.kernels.cpu.compiling import LIBRARY, CannotCompileError, any_compiler

ROOT = Path(__file__).parent.parent
LAYERS = ["kernels", "engine", "lsp_server"]
PLUGIN = [f"editors/nvim/{folder}" for folder in ("doc", "lsp", "lua", "plugin")]
MAX_LINES = 400
MAX_PARAMETERS = 7
MAX_WORDS = 30
CPU_KERNELS = Path("kernels", "cpu")
COMPILED = {".cpp", ".h"}
WRITTEN = ("engine", "kernels", "lsp_server", "tests", "docs", "editors/nvim", "editors/vscode")
PROSE = {".py", ".md", ".lua", ".ts", ".txt", ".scm", ".cpp", ".h", ".toml"}
AT_INITIALIZE = {
    *("engine", "engine.daemon", "engine.daemon.logs"),
    *("engine.allocator", "engine.errors", "engine.extras", "engine.version"),
    *("lsp_server", "lsp_server.cli", "lsp_server.cli.arguments", "lsp_server.cli.examples"),
    *("lsp_server.cli.main", "lsp_server.cli.serve"),
    *("lsp_server.lsp", "lsp_server.lsp.announced", "lsp_server.lsp.editor_protocol"),
    *("lsp_server.lsp.protocol", "lsp_server.lsp.server"),
    *("lsp_server.session", "lsp_server.session.document_changed"),
    "lsp_server.session.editor_process",
}
"""What an editor waits for when it starts; all else is loaded after `initialize`."""
# words that nobody uses: again, wrong, repair, anyone
UNUSUAL = re.compile(r"(?<![a-z])(anew|amiss|mend(ed|s|ing|able)?|whoever)(?![a-z])", re.IGNORECASE)


def files(*folders: str, suffixes: set[str]) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in suffixes
    )


def python_files(*folders: str) -> list[Path]:
    return files(*folders, suffixes={".py"})


def imported_names(path: Path) -> set[str]:
    """Absolute dotted names of everything the file imports, wherever in it."""
    package = ("fillwright", *path.parent.relative_to(ROOT).parts)
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.slow
def test_layers_are_imported_by_their_full_name() -> None:
    bare = {
        (str(path.relative_to(ROOT)), name)
        for path in python_files(*LAYERS, "tests")
        for name in imported_names(path)
        if name.split(".")[0] in LAYERS
    }
    assert not bare


@pytest.mark.parametrize("layer", LAYERS)
def test_bare_layers_cannot_be_imported(layer: str) -> None:
    assert importlib.util.find_spec(layer) is None, "run pytest, not python -m pytest"


def test_files_stay_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files(*LAYERS, "tests", suffixes={".py", *COMPILED})
    }
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Without `self` and `cls`."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return [each.arg for each in every if each and each.arg not in ("self", "cls")]


def test_functions_take_few_parameters() -> None:
    """Those that Triton compiles may take more: it passes pointers and sizes, no structures. What
    the C library's functions take is a matter of its header."""
    crowded = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in python_files(*LAYERS)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and len(parameters(node)) > MAX_PARAMETERS
        and "triton.jit" not in {ast.unparse(each) for each in node.decorator_list}
    }
    assert crowded == set()


def test_every_package_is_declared() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {
        ".".join(("fillwright", *path.parent.relative_to(ROOT).parts))
        for path in python_files(*LAYERS)
    }
    packages.add("fillwright.editors.nvim")
    assert set(settings["tool"]["setuptools"]["packages"]) == packages


@pytest.mark.slow
@pytest.mark.parametrize("with_kernels", [True, False])
def test_the_wheel_holds_the_layers_and_the_neovim_plugin_and_nothing_else(
    tmp_path: Path, with_kernels: bool
) -> None:
    source, unwanted = tmp_path / "source", shutil.ignore_patterns("__pycache__", LIBRARY)
    for layer in (*LAYERS, *PLUGIN):
        shutil.copytree(ROOT / layer, source / layer, ignore=unwanted)
    for path in ROOT.glob("*.*"):
        if path.is_file():
            shutil.copy(path, source)
    shutil.copy(ROOT / "LICENSE", source)
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    environment = os.environ | {"FILLWRIGHT_WITHOUT_KERNELS": "" if with_kernels else "1"}
    command = [sys.executable, "-P", "-c", build]
    subprocess.run(command, cwd=source, env=environment, check=True, capture_output=True)
    [wheel] = (source / "dist").glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl") is not with_kernels

    expected = {
        f"fillwright/{path.relative_to(source)}"
        for layer in (*LAYERS, *PLUGIN)
        for path in (source / layer).rglob("*")
        if path.is_file() and path.suffix not in {*COMPILED, ".pyc"}
    }
    # the library instead of what it is made of
    if with_kernels and can_compile():
        expected.add(f"fillwright/{CPU_KERNELS / LIBRARY}")
    names = zipfile.ZipFile(wheel).namelist()
    shared = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    assert {
        name for name in names if ".dist-info/" not in name and ".data/" not in name
    } == expected
    assert "share/man/man1/fillwright.1" in shared
    assert {name.split("/")[1] for name in shared} == {"bash-completion", "fish", "man", "zsh"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def can_compile() -> bool:
    try:
        any_compiler()
    except CannotCompileError:
        return False
    return True


def test_the_language_server_loads_no_torch() -> None:
    modules = [
        ".".join(("fillwright", *path.relative_to(ROOT).with_suffix("").parts))
        for path in python_files("lsp_server")
        if path.name != "__main__.py"
    ]
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    if 'torch' in sys.modules: sys.exit(f'{name} loads torch')\n"
    )
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", script, *modules], capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr


def test_initialize_is_answered_before_more_is_loaded() -> None:
    script = textwrap.dedent(
        """
        import sys
        # what Python itself has at its start: finders of installed packages
        already = set(sys.modules)
        from fillwright.lsp_server.cli import main, serve
        from fillwright.lsp_server.lsp.server import FillwrightServer

        class Writer:
            def write(self, data): print(*sys.modules.keys() - already)
            def close(self): pass

        server = FillwrightServer()
        server.protocol.set_writer(Writer())
        params = {"processId": 1, "rootUri": None, "capabilities": {}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
        server.protocol.handle_message(message)
        """
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    ours = {name.removeprefix("fillwright.") for name in loaded if name.startswith("fillwright.")}
    assert ours <= AT_INITIALIZE
    others = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    pygls = {"pygls", "lsprotocol", "cattrs", "attrs", "attr", "typing_extensions"}
    assert others - pygls <= {"fillwright"}


@pytest.mark.slow
def test_serving_needs_no_torch() -> None:
    """Every way to fill with the embedded checkpoint, in a process that has no torch."""
    script = textwrap.dedent(
        """
        import sys
        sys.modules["torch"] = None
        import fillwright.engine.daemon.server
        from fillwright.engine.checkpoint_path import embedded_checkpoint
        from fillwright.engine.infill.loading import load_infiller
        from fillwright.engine.request import Budget, FileText, Hole, InfillRequest

        infiller = load_infiller(embedded_checkpoint(), "auto")
        text = "def area(width, height):\\n    return \\n"
        infiller.remembered.take("w", FileText("b.py", text + "width"))
        place = len(text) - 1
        for shape, decode, length in [
            ("line", "draft", "auto"),
            ("block", "draft", "auto"),
            ("free", "draft+denoise", "end-mark"),
            ("free", "denoise", "search"),
            ("free", "denoise", "contract"),
        ]:
            request = InfillRequest(
                text, (Hole(place, place),), "python", shape=shape, decode=decode, length=length,
                budget=Budget(tokens=12, steps=4), candidates=2, workspace="w",
            )
            *drafts, fill = infiller.infill(request, lambda: False)
            assert drafts and fill.texts[0], (shape, decode, length)
        """
    )
    filled = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=False
    )
    assert filled.returncode == 0, filled.stderr


def test_every_test_that_the_behaviour_page_names_exists() -> None:
    page = (ROOT / "docs" / "behaviour.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)(?:\[(\S+?)\])?`", page)
    assert len(named) > 60
    for file, test, document in named:
        source = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert f"def {test}(" in source, (file, test)
        assert not document or (ROOT / "fixtures" / "edits" / f"{document}.txt").exists(), document
    rows = re.findall(r"^\| (\d+) \|(.*)$", page, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 38))
    assert all("::test_" in row for _, row in rows)


def test_the_words_are_plain() -> None:
    written = [
        path
        for path in [*files(*WRITTEN, suffixes=PROSE), *ROOT.glob("*.md"), ROOT / "Makefile"]
        if "node_modules" not in path.parts and path != Path(__file__)
    ]
    written += [ROOT / "editors" / "vscode" / name for name in ("package.json", "package.nls.json")]
    assert len(written) > 500
    unusual = {
        str(path.relative_to(ROOT))
        for path in written
        if UNUSUAL.search(path.read_text(encoding="utf-8"))
    }
    assert unusual == set()


def sentences(text: str) -> list[str]:
    """Of the paragraphs that are not indented, which are formulas and tables."""
    paragraphs = re.split(r"\n\s*\n", re.sub(r"(?m)^ {4,}.*$", "", text))
    return [s for each in paragraphs for s in re.split(r"(?<=[.!?;:])\s+", " ".join(each.split()))]


def test_the_sentences_are_short() -> None:
    docstrings = [
        (path.relative_to(ROOT), node.value.value)
        for path in python_files(*LAYERS)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    assert len(docstrings) > 1000
    long = [
        (str(path), sentence)
        for path, text in docstrings
        for sentence in sentences(text)
        if len(sentence.split()) > MAX_WORDS
    ]
    assert long == []


def pages() -> list[Path]:
    """What is written for developers and users; a log may name files that are gone."""
    log = ROOT / "docs" / "measurements-log.md"
    return [path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")] if path != log]


@pytest.mark.parametrize("page", pages(), ids=lambda path: path.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    roots = "|".join(["kernels", "engine", "lsp_server", "editors", "tests", "docs", "fixtures"])
    named = set(re.findall(rf"`((?:{roots})/[\w./-]*)`", text))
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert page.name != "ARCHITECTURE.md" or len(named) > 40
