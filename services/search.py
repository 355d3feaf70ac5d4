"""One search box: enterprises, units, zones, cells and towns by code or name."""

from __future__ import annotations

from typing import Any

from layers._find import load_layers
from services.assess import Assessment
from services.facilities import board, facility_layers, label_of
from services.scope import Principal, visible_layers

MOST = 40
LAST = ("grid_cells", "towns")


def searched() -> tuple[str, ...]:
    """Layers looked through: facilities and what belongs to them, then zones, then cells and towns."""
    zones = [name for name, layer in load_layers().items() if layer.zone]
    return (*facility_layers(), *zones, *LAST)


def search(assessment: Assessment, text: str, principal: Principal) -> list[dict[str, Any]]:
    """Matches by code or name, exact ones first, then beginnings, then the rest.

    Returns:
        At most ``MOST`` rows: layer, key, label, and the facility (layer, key) it belongs to or None.
    """
    needle = " ".join(text.split()).casefold()
    if not needle:
        return []
    found: list[tuple[int, int, str, dict[str, Any]]] = []
    layers, owners = visible_layers(principal), board(assessment).owners
    for order, name in enumerate(searched()):
        if name not in layers:
            continue
        frame = assessment.frames[name]
        titles = dict(zip(frame[layers[name].key], frame[label_of(name)], strict=True))
        for key, title in titles.items():
            score = _score(needle, str(key).casefold(), str(title or "").casefold())
            if score is not None:
                subject = (name, str(key))
                owner = owners.get(subject, subject) if name in facility_layers() else None
                row = {"layer": name, "key": str(key), "label": str(title or key), "facility": owner}
                found.append((score, order, str(key), row))
    found.sort(key=lambda item: item[:3])
    return [item[3] for item in found[:MOST]]


def _score(needle: str, key: str, title: str) -> int | None:
    """How good a match is, 0 best; None for no match."""
    if needle in (key, title):
        return 0
    if key.startswith(needle) or title.startswith(needle):
        return 1
    return 2 if needle in key or needle in title else None
