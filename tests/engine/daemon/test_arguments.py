import argparse
from pathlib import Path

import pytest

from fillwright.engine.daemon.access import TOKEN_VARIABLE
from fillwright.engine.daemon.arguments import (
    add_engine_arguments,
    add_serving_arguments,
    network_of,
)
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.daemon.users import User
from fillwright.engine.errors import BadRequest


def parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_engine_arguments(parser)
    add_serving_arguments(parser)
    return parser.parse_args(argv)


def test_without_options_they_are_the_settings_own() -> None:
    arguments = parsed()
    settings = EngineSettings(arguments.model, arguments.device, None, arguments.idle_seconds)
    assert settings == EngineSettings()
    assert network_of(arguments) is None


def test_a_model_is_a_checkpoint() -> None:
    assert parsed("--model", "a").model == parsed("--checkpoint", "a").model == Path("a")


def test_an_engine_that_stays_for_ever() -> None:
    assert parsed("--idle-seconds", "inf").idle_seconds == float("inf")


@pytest.mark.parametrize("time", ["0", "-1", "nan", "soon"])
def test_no_time_is_refused(time: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed("--idle-seconds", time)


def test_a_network_has_its_token_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    with pytest.raises(BadRequest, match="token"):
        network_of(parsed("--host", "127.0.0.1"))
    (tmp_path / "token").write_text("x" * 40)
    network = network_of(parsed("--host", "127.0.0.1", "--token-file", str(tmp_path / "token")))
    assert network is not None
    assert (network.host, network.port, network.users) == ("127.0.0.1", 8411, (User("x" * 40),))
