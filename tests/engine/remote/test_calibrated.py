"""What was counted of a server's model is that model's alone."""

from dataclasses import asdict
from pathlib import Path

import pytest

from fillwright.engine.evaluation.calibrate import write
from fillwright.engine.infill.ranking.calibration import Calibration, Calibrations
from fillwright.engine.remote.calibrated import calibration_of, folder_of
from tests.engine.remote.conftest import fill_of, request_for, serving


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def test_each_server_and_model_has_a_folder_below_the_users_own(home):
    places = [("a:80", "x"), ("a:80", "y"), ("b:80", "x"), ("a:80", "../../x/y")]
    folders = {folder_of(*place) for place in places}
    assert len(folders) == 4
    assert {folder.parent for folder in folders} == {home / ".cache/fillwright/engines"}


def test_a_fill_is_as_sure_as_was_counted(server, connected):
    serving(server, "len(x)", scores=[-0.5])
    before = connected(server.url)
    host, model = before.connection.host, before.model_name
    assert calibration_of(host, model) is None
    assert not before.is_calibrated
    doubtful = Calibration(0.5, 1.0, 0.0, 0.0, -1.0)
    write(Calibrations(doubtful, doubtful), ["p"], 200, folder_of(host, model))
    after = connected(server.url)
    assert asdict(after.calibration) == asdict(doubtful)
    sure, said = (fill_of(each, request_for("a = ‸\n")).certainty for each in (before, after))
    assert sure.whole == pytest.approx(0.6065, abs=1e-3)
    assert said.whole == pytest.approx(doubtful.probability(0.6065, 0.0, 1), abs=1e-3)
    # what is counted is what it was counted from
    assert (said.drafted, said.margin, said.near) == (sure.drafted, sure.margin, sure.near)
