"""docs/wire.md and docs/openapi.json describe the routes that the engine serves, and no others."""

import json
import runpy
from pathlib import Path

from starlette.routing import Route

from fillwright.engine.daemon.app import build_app
from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.request import Hole, InfillRequest

DOCS = Path(__file__).parents[2] / "docs"
WRITER = runpy.run_path(str(DOCS / "write_wire.py"))


def test_the_files_are_current() -> None:
    for name, text in WRITER["write"]().items():
        written = (DOCS / name).read_text(encoding="utf-8")
        assert written == text, "run make pages"


def test_every_route_is_described_and_every_described_route_is_there() -> None:
    def no_model(progress: object) -> object:
        raise AssertionError("no model is wanted")

    app = build_app(Resident(no_model), Metrics())  # type: ignore[arg-type]
    served = {
        (route.path.replace(":path", ""), method.lower())
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served == set(WRITER["ROUTES"])


def test_the_description_has_the_defaults_of_the_code() -> None:
    described = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    fields = described["components"]["schemas"]["InfillRequest"]["properties"]
    plain = InfillRequest("", (Hole(0, 0),), "python")
    assert fields["seed"]["default"] == plain.seed
    assert fields["shape"]["enum"] == ["line", "block", "free"]
    assert described["paths"]["/v1/infill"]["post"]["requestBody"]["required"]
