"""Changed verdicts by name: the facility, its equipment and the zones, as people call them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from layers._find import load_layers
from rules._find import load_rules
from services._board import Subject, board, label_of
from services.assess import Assessment


def named_facilities(found: Assessment) -> dict[Subject, tuple[str, str]]:
    """Facility (layer, key) → its name and town."""
    table = board(found).facilities
    rows = zip(table["layer"], table["key"], table["name"], table["town"], strict=True)
    return {(layer, key): (name, town) for layer, key, name, town in rows}


def owner_of(row: dict[str, str]) -> Subject:
    """The facility a row of a difference belongs to: its enterprise, or the subject itself."""
    owner = row["enterprise_code"]
    return ("enterprises", owner) if owner else (row["subject_layer"], row["subject_code"])


def with_names(found: Assessment, rows: Iterable[dict[str, str]], drawn: dict[str, str]) -> list[dict[str, Any]]:
    """Rows of a difference with ``name``, ``town``, ``subject_name``, ``zone_name_before`` and ``zone_name_after``.

    Args:
        drawn: code → name of a zone that is only drawn yet.
    """
    facilities, labels = named_facilities(found), _Labels(found)
    told = []
    for row in rows:
        name, town = facilities.get(owner_of(row), (row["enterprise_code"] or row["subject_code"], ""))
        names: dict[str, str] = {"name": name, "town": town}
        names["subject_name"] = labels.of(row["subject_layer"], row["subject_code"])
        for side in ("before", "after"):
            code = row[f"zone_{side}"]
            names[f"zone_name_{side}"] = (drawn.get(code) if side == "after" else None) or labels.zone(row["rule"], code)
        told.append(row | names)
    return told


class _Labels:
    """Names of rows by layer and code, each layer read once."""

    def __init__(self, found: Assessment) -> None:
        self._found = found
        self._made: dict[str, dict[str, str]] = {}

    def of(self, layer: str, code: str) -> str:
        """The name of a row; its code where it has none."""
        if layer not in self._made:
            frame, key = self._found.frames[layer], load_layers()[layer].key
            pairs = zip(frame[key], frame[label_of(layer)], strict=True)
            self._made[layer] = {str(code): str(name) for code, name in pairs if name is not None}
        return self._made[layer].get(code, code)

    def zone(self, rule: str, code: str) -> str:
        """The name of a zone or cell a rule reported; empty for none."""
        layer = load_rules()[rule].zone_layer
        if not code or not layer:
            return code
        name = self.of(layer, code)
        return name if name != code or layer == "grid_cells" else self.of("grid_cells", code)
