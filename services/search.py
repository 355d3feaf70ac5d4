"""One search box: enterprises, units, zones, cells and towns by code or name."""

from __future__ import annotations

from typing import Any

from services.assess import Assessment
from services.facilities import FACILITY_LAYERS, NAMES
from services.scope import Principal, visible_layers

MOST = 40
SEARCHED = (*FACILITY_LAYERS, "combustion_units", "no_burn_zones", "nrmm_zones", "built_up_areas", "heat_networks",
            "mixing_ban_areas", "development_zones", "grid_cells", "towns")  # fmt: skip


def search(assessment: Assessment, text: str, principal: Principal) -> list[dict[str, Any]]:
    """Matches by code or name, exact codes first, then beginnings, then the rest.

    Returns:
        At most ``MOST`` rows: layer, layer_title, key, label, url kind (``facility``, ``zone``, ``list``).
    """
    needle = text.strip().casefold()
    if not needle:
        return []
    found: list[tuple[int, dict[str, Any]]] = []
    layers = visible_layers(principal)
    for name in SEARCHED:
        if name not in layers:
            continue
        layer, frame = layers[name], assessment.frames[name]
        label = NAMES.get(name, layer.label)
        owners = frame["enterprise_code"] if name == "combustion_units" else [None] * len(frame)
        seen = set()
        for key, title, owner in zip(frame[layer.key], frame[label], owners, strict=True):
            score = _score(needle, str(key).casefold(), str(title or "").casefold())
            if score is not None and key not in seen:
                seen.add(key)
                found.append((score, {"layer": name, "key": str(key), "label": str(title or key), "owner": owner}))
    found.sort(key=lambda item: (item[0], SEARCHED.index(item[1]["layer"]), item[1]["key"]))
    return [row for _, row in found[:MOST]]


def _score(needle: str, key: str, title: str) -> int | None:
    if needle in (key, title):
        return 0
    if key.startswith(needle) or title.startswith(needle):
        return 1
    return 2 if needle in key or needle in title else None
