"""One table of outcomes, one policy of scope."""

from __future__ import annotations

import importlib
import pkgutil

import pandas as pd
import pytest

import geo
import layers
import maps
import rules
import services
import store
from geo.errors import BlueSkyError, Conflict, NotFound, Refused, Unavailable, WrongUsage
from layers._find import load_layers
from services._outcomes import OUTCOMES, Outcome, outcome_of
from services.scope import (
    ALL,
    LayerUnknown,
    Principal,
    layer_for,
    local_principal,
    may,
    restrict,
    visible_layers,
)


def _errors() -> list[type[BlueSkyError]]:
    """Every error class of the floors below the pages."""
    for package in (geo, layers, rules, store, maps, services):
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_reader"):
                importlib.import_module(f"{package.__name__}.{module.name}")
    found, todo = [], [BlueSkyError]
    while todo:
        kinds = todo.pop().__subclasses__()
        found += kinds
        todo += kinds
    return [kind for kind in found if kind.__module__.split(".")[0] != "tests"]


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (WrongUsage, Outcome(2, 400)),
        (NotFound, Outcome(1, 404)),
        (Conflict, Outcome(1, 409)),
        (Refused, Outcome(1, 422)),
        (Unavailable, Outcome(1, 503)),
        (BlueSkyError, Outcome(1, 500)),
    ],
)
def test_each_kind_has_its_outcome(kind: type[BlueSkyError], outcome: Outcome) -> None:
    assert outcome_of(kind(value="", hint="", what="", reason="")) == outcome


def test_every_error_is_of_a_kind_and_has_both_sentences() -> None:
    kinds = tuple(kind for kind, _ in OUTCOMES if kind is not BlueSkyError)
    errors = _errors()
    assert len(errors) > 25
    for error in errors:
        assert issubclass(error, kinds), error
        assert error.zh and error.en and error.zh != error.en, error
        assert any("\u4e00" <= letter <= "\u9fff" for letter in error.zh) or error.zh.startswith("{"), error


def test_the_local_principal_may_everything() -> None:
    assert all(may(local_principal(), permission) for permission in ALL)
    assert visible_layers(local_principal()) == load_layers()
    assert layer_for(local_principal(), "towns").name == "towns"


def test_without_rights_a_layer_looks_as_if_it_did_not_exist() -> None:
    nobody = Principal("nobody", frozenset())
    assert visible_layers(nobody) == {}
    sentences = set()
    for name in ("towns", "no_such_layer"):
        with pytest.raises(LayerUnknown) as refused:
            layer_for(nobody, name)
        sentences.add(str(refused.value).replace(name, "…"))
    assert len(sentences) == 1


def test_personal_and_extra_columns_are_emptied_in_a_copy() -> None:
    layer = load_layers()["grid_cells"]
    frame = pd.DataFrame({"cell_code": ["G1"], "head_name": ["张三"], "phone": ["138"], "extra": [{"手机": "139"}]}, dtype=object)
    viewer = Principal("viewer", frozenset({"view"}))
    shown = restrict(frame, layer, viewer)
    assert shown["cell_code"].tolist() == ["G1"]
    assert shown["head_name"].tolist() == shown["phone"].tolist() == [None]
    assert shown["extra"].tolist() == [{}]
    assert frame["head_name"].tolist() == ["张三"] and frame["extra"].tolist() == [{"手机": "139"}]
    assert restrict(frame, layer, local_principal()) is frame
