"""`fillwright eval calibrate`: fits how sure a checkpoint may be of its fills to what was right.

Logistic regression on a few features (Platt 1999), by Newton's method with a small ridge. Knows
pauses and numbers; no model runs.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.scores import exact
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.infill.ranking.calibration import (
    FILE,
    Calibration,
    Calibrations,
    PrecedentCalibration,
    features,
    precedent_features,
)
from fillwright.engine.request import Certainty

RIDGE = 1.0
"""Against weights that a few hundred pauses would blow up; it does not touch the bias."""
FEWEST = 100
ROUNDS = 50

Numbers = NDArray[np.float64]


def fit(pauses: Sequence[TypedPause], precedent: PrecedentCalibration | None = None) -> Calibration:
    """The calibration that these pauses ask for, with what precedents say. Raises BadRequest when
    they are too few to tell, or all alike."""
    precedent = precedent or PrecedentCalibration()
    known = [
        (certainty, p.would_be_right)
        for p in pauses
        if (certainty := p.certainty) and p.fill.strip()
    ]
    rows = [
        features(one.drafted, one.margin, one.near, precedent.standing(one.same, one.other))
        for one, _ in known
    ]
    return Calibration(*_weights(rows, [is_right for _, is_right in known], "fills"))


def fit_precedents(
    pauses: Sequence[TypedPause], known: PrecedentCalibration
) -> PrecedentCalibration:
    """How much it says that a text stood between such contexts; what is `known` of that where these
    pauses have too few of them. Raises BadRequest as `fit` does."""
    found = [
        (precedent_features(c.same, c.other), exact(p.first, p.gold))
        for p in pauses
        if (c := p.first_certainty) and c.same and p.first.strip()
    ]
    if len(found) < FEWEST:
        return known
    rows, right = [row for row, _ in found], [is_right for _, is_right in found]
    return PrecedentCalibration(*_weights(rows, right, "texts that stood before"))


def fit_all(
    pauses: Sequence[TypedPause], precedent: PrecedentCalibration | None = None
) -> Calibrations:
    """The calibrations that pauses with and without the project's other files ask for, with what is
    known of precedents already; bodies that are to come have no say. Raises BadRequest as `fit`
    does."""
    known = [p for p in pauses if p.certainty and p.kind != "body"]
    alone = [p for p in known if p.certainty and not p.certainty.knows_project]
    with_project = [p for p in known if p.certainty and p.certainty.knows_project]
    precedent = fit_precedents(pauses, precedent or PrecedentCalibration())
    return Calibrations(fit(alone, precedent), fit(with_project, precedent), precedent)


def fit_engine(pauses: Sequence[TypedPause]) -> Calibrations:
    """What a model server's fills ask for, whose certainties know nothing of precedents. Raises
    BadRequest as `fit` does."""
    every = fit([p for p in pauses if p.kind != "body"])
    return Calibrations(every, every)


def _weights(
    rows: Sequence[Sequence[float]], right: Sequence[bool], what: str
) -> tuple[float, ...]:
    outcomes = np.array(right, dtype=np.float64)
    if len(rows) < FEWEST or outcomes.min() == outcomes.max():
        raise BadRequest(
            f"{len(rows)} {what} with a certainty are too few to fit to, or all of them are alike; "
            "type more lines, with --memory file,on."
        )
    return tuple(round(float(weight), 4) for weight in _logistic(np.array(rows), outcomes))


def recalibrated(pauses: Sequence[TypedPause], calibrations: Calibrations) -> list[TypedPause]:
    """The pauses as these calibrations would have said them; what was shown stays."""
    return [
        replace(p, certainty=replace(c, whole=_whole(c, calibrations))) if (c := p.certainty) else p
        for p in pauses
    ]


def _whole(certainty: Certainty, calibrations: Calibrations) -> float:
    calibration = calibrations.of(certainty.knows_project)
    standing = calibrations.precedent.standing(certainty.same, certainty.other)
    return calibration.probability(certainty.drafted, certainty.margin, certainty.near, standing)


def write(calibrations: Calibrations, projects: Sequence[str], pauses: int, folder: Path) -> Path:
    """Put the weights into the folder of a checkpoint or an engine, with where they come from."""
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    record = asdict(calibrations) | {"fitted_on": list(projects), "pauses": pauses}
    path.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    return path


def _logistic(rows: Numbers, right: Numbers) -> Numbers:
    ridge = RIDGE * np.diag([1.0] * (rows.shape[1] - 1) + [0.0])
    weights = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        said = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (said - right) + ridge @ weights
        bend = rows.T @ (rows * (said * (1 - said))[:, None]) + ridge
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    return weights
