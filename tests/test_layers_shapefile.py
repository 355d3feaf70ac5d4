"""Every column of every layer has a shapefile field name that leads back to it."""

from __future__ import annotations

import pytest

from layers._conform_headers import match
from layers._find import load_layers
from layers._shapefile import field_names

LAYERS = load_layers()


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
@pytest.mark.parametrize("name", LAYERS)
def test_names_fit_and_lead_back(name: str, encoding: str) -> None:
    names = field_names(LAYERS[name], encoding)
    assert list(names) == [column.name for column in LAYERS[name].columns]
    assert max(len(field.encode(encoding)) for field in names.values()) <= 10
    found = match(list(names.values()), LAYERS[name], cut=True)
    assert found.columns == names
    assert found.unknown == found.ambiguous == {}


def test_short_names_stay() -> None:
    names = field_names(LAYERS["no_burn_zones"])
    assert names["zone_code"] == "zone_code"
    assert names["zone_class"] == "zone_class"
    assert len({names["effective_from"], names["effective_to"]}) == 2
