"""llama.cpp's own server, for the tests of the remote engine and of the daemon before one."""

import pytest

from tests.engine.remote.conftest import llama_server


@pytest.fixture(scope="session")
def llama_url(tmp_path_factory):
    with llama_server(tmp_path_factory.mktemp("llama")) as url:
        yield url
