"""What an import would do to the verdicts, before it is taken: its plan laid over what is recorded, and judged."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from geo.region import Region
from layers._conform import Conformed
from layers._layer import Layer
from rules._frames import frames_from
from rules._run import run
from services._recording import planned
from services.assess import current
from store import features
from store.open import Store

FOUND = "V"
MOST_ROWS = 200_000
"""Of a file whose verdicts are foreseen while somebody waits."""


def verdict_changes(store: Store, region: Region, layer: Layer, conformed: Conformed, day: dt.date) -> dict[str, int]:
    """Violations of a day that would come and go.

    Returns:
        ``added``, ``removed`` and ``before``: counts of rule and subject.
    """
    found = current(store, region, day)
    frames = dict(found.frames)
    with store.read() as connection:
        plan = planned(connection, layer, conformed)
        frames[layer.name] = features.foreseen(connection, plan)
    before, after = _violations(found.findings), _violations(run(frames_from(frames), day, region))
    return {"added": len(after - before), "removed": len(before - after), "before": len(before)}


def _violations(findings: pd.DataFrame) -> set[tuple[str, str, str]]:
    rows = findings[findings["verdict"] == FOUND]
    return set(zip(rows["rule"], rows["subject_layer"], rows["subject_code"], strict=True))
