"""What the daemon counts, of everybody and of each user, and the dashboard that draws it."""

import json
import re
from pathlib import Path

from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.errors import EngineFailed
from fillwright.engine.request import Infill

DASHBOARD = Path(__file__).parents[3] / "docs/team-dashboard.json"


def fill(finish="settled"):
    return Infill(("x",), ((1.0,),), finish, 1, 3, "draft", "model", "cpu")


def said(metrics):
    lines = metrics.text().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_each_users_requests_are_counted_and_the_owners_among_all_only():
    metrics = Metrics()
    metrics.finished(fill(), 1.0)
    metrics.finished(fill(), 0.5, "3f9a2c1b")
    metrics.finished(fill("cancelled"), 0.25, "3f9a2c1b")
    metrics.finished(EngineFailed("no"), 0.125, "7e11aa02")
    counted = said(metrics)
    assert counted['fillwright_requests_total{finish="settled"}'] == "2.0"
    of_user = 'fillwright_user_requests_total{finish="%s",user="%s"}'
    assert counted[of_user % ("settled", "3f9a2c1b")] == "1.0"
    assert counted[of_user % ("cancelled", "3f9a2c1b")] == "1.0"
    assert counted[of_user % ("failed", "7e11aa02")] == "1.0"
    # the time of those not cancelled
    assert counted['fillwright_user_seconds_total{user="3f9a2c1b"}'] == "0.5"
    assert not any('user=""' in name for name in counted)


def test_the_dashboard_draws_what_is_counted():
    metrics = Metrics()
    metrics.finished(fill(), 1.0, "3f9a2c1b")
    names = {re.split(r"[{]", name)[0] for name in said(metrics)}
    queries = [
        target["expr"]
        for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]
        for target in panel["targets"]
    ]
    drawn = {name for query in queries for name in re.findall(r"fillwright_\w+", query)}
    assert drawn
    assert drawn <= names
