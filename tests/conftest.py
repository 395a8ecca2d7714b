"""What every test has: one thread per process, an engine folder of its own, and slow tests last.

Tests of a language are skipped where its grammar cannot be had: some come in a bundle that there is
for Python below 3.13 only.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from fillwright.engine.syntax.grammars import GRAMMARS
from fillwright.engine.syntax.languages import (
    FILE_NAMES,
    GRAMMAR_NAMES,
    SUFFIXES,
    grammar_name,
    language_of_file,
)

# a busy machine is slow, not wrong
hypothesis.settings.register_profile("fillwright", deadline=None)
# chosen by --hypothesis-profile, which counts for more than what is loaded here
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
hypothesis.settings.load_profile("fillwright")
# read by torch when it is first imported, here and in the processes that tests start
os.environ["OMP_NUM_THREADS"] = "1"
# where there is no GPU, Triton's kernels run in its interpreter; read when triton is imported,
# which transformers may do too
if not Path("/dev/nvidiactl").exists():
    os.environ["TRITON_INTERPRET"] = "1"


LEARNT = Path(__file__).parent.parent / "fixtures/masked/learnt.safetensors"
BUNDLE = "tree_sitter_languages"
# in these folders a test with a language as its first parameter is about that language
OF_ONE_LANGUAGE = {"syntax", "carving", "fitting", "session"}
ON_A_GPU = {
    "test_gpu_network",
    "test_gpu_weights",
    "test_slot_cache",
    "test_gpu_denoise",
    "test_loading_gpu",
    "test_engine_bench",
}


@pytest.fixture(scope="session", autouse=True)
def engine_folder() -> Iterator[Path]:
    """The runtime folder of every engine that a test starts: never the user's own.

    A test that starts an engine stops it.
    """
    # a short path: a Unix socket's has about 100 bytes
    folder = Path(tempfile.mkdtemp(prefix="fw-"))
    before = os.environ.get("FILLWRIGHT_RUNTIME_DIR")
    os.environ["FILLWRIGHT_RUNTIME_DIR"] = str(folder)
    yield folder
    if before is None:
        del os.environ["FILLWRIGHT_RUNTIME_DIR"]
    else:
        os.environ["FILLWRIGHT_RUNTIME_DIR"] = before
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def mask_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small mask model, joined from fixtures/masked by the command for that."""
    folder = tmp_path_factory.mktemp("mask") / "small-masked"
    command = [str(Path(sys.executable).parent / "fillwright"), "train", "join", str(LEARNT)]
    subprocess.run([*command, str(folder)], check=True, capture_output=True)
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="write what came out into the fixture documents"
    )


class _ByFile(LoadFileScheduling):
    """A file's tests stay in one process, and those of all editors: they install what they need."""

    def _split_scope(self, nodeid: str) -> str:
        return "editors" if nodeid.startswith("tests/editors/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile:
    return _ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    has_bundle = importlib.util.find_spec(BUNDLE) is not None
    for item in items:
        language = "" if has_bundle else _language_of(item)
        if language and grammar_name(language) not in GRAMMARS:
            item.add_marker(pytest.mark.skip(reason=f"the grammar of {language} is in {BUNDLE}"))
        if item.path.parent.name == "gpu" or item.path.stem in ON_A_GPU:
            item.add_marker("gpu")
    items.sort(key=_lateness)


def _language_of(item: pytest.Item) -> str:
    """The language that a test's parameters begin with, by its name or by a file's; else ""."""
    if item.path.parent.name not in OF_ONE_LANGUAGE:
        return ""
    first = re.search(r"\[([\w+.-]+)", item.name)
    named = first[1] if first else ""
    if re.search(r"\.\w+$|^Makefile$", named):
        return language_of_file(Path(named))
    # the names of languages have hyphens too, as have the parameters that come after
    names = {*GRAMMAR_NAMES, *SUFFIXES.values(), *FILE_NAMES.values()}
    return max(
        (name for name in names if re.match(rf"{re.escape(name)}\b", named)), key=len, default=""
    )


def _lateness(item: pytest.Item) -> int:
    """What is quick comes first, what takes minutes last."""
    return 2 * _is_marked(item, "slow") + _is_marked(item, "e2e")


def _is_marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None
