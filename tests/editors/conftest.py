"""What the tests in real editors share: the engine's end, and what is done without an editor."""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from fillwright.engine.daemon.lifecycle import stop_all
from fillwright.engine.daemon.settings import EngineSettings

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def editors_folder() -> Path:
    """Where editors are installed, each in a folder of its own; kept between runs."""
    return ROOT / ".cache" / "editors"


@pytest.fixture(scope="session")
def engine(engine_folder: Path) -> Iterator[EngineSettings]:
    """The engine that all editors share; it and others are stopped at the end."""
    settings = EngineSettings(runtime_dir=engine_folder)
    yield settings
    asyncio.run(stop_all(engine_folder))


@pytest.fixture(scope="session")
def give_up() -> Callable[[str], NoReturn]:
    """Ends a test for want of an editor: skipped where people work, failed in CI."""

    def end(sentence: str) -> NoReturn:
        if os.environ.get("CI"):
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)

    return end
