"""The one scope policy: which layers, rows and columns somebody may see or change.

Until accounts exist there is one local principal with all rights, and ``serve`` binds to the
loopback only; every page, API route and export already asks here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geo.errors import NotFound
from layers._find import load_layers
from layers._layer import Layer

Permission = Literal["view", "personal", "export", "import", "assess", "admin"]
ALL: frozenset[Permission] = frozenset({"view", "personal", "export", "import", "assess", "admin"})


class LayerUnknown(NotFound):
    """A layer that does not exist, or that may not be seen: both look the same."""

    zh = "没有图层“{what}”，可用图层见 python app.py layers。"
    en = "There is no layer “{what}”; python app.py layers lists them."


@dataclass(frozen=True)
class Principal:
    """Somebody who asks: a name and what they may do."""

    name: str
    permissions: frozenset[Permission]


def local_principal() -> Principal:
    """The person at this machine: all rights."""
    return Principal("local", ALL)


def may(principal: Principal, permission: Permission) -> bool:
    """Whether somebody has a permission."""
    return permission in principal.permissions


def visible_layers(principal: Principal) -> dict[str, Layer]:
    """The layers somebody may see, in drawing order."""
    return load_layers() if may(principal, "view") else {}


def layer_for(principal: Principal, name: str) -> Layer:
    """A layer by name.

    Raises:
        LayerUnknown: it does not exist or may not be seen.
    """
    layer = visible_layers(principal).get(name)
    if layer is None:
        raise LayerUnknown(what=name)
    return layer


def restrict(frame: pd.DataFrame, layer: Layer, principal: Principal) -> pd.DataFrame:
    """The rows and columns of a layer somebody may see; without the right personal and extra ones are empty."""
    if may(principal, "personal"):
        return frame
    hidden = [c.name for c in layer.columns if c.personal]
    shown = frame.copy()
    for name in hidden:
        shown[name] = None
    if "extra" in shown:  # unknown columns of a file may say anything about anybody
        shown["extra"] = pd.Series([{} for _ in range(len(shown))], index=shown.index, dtype=object)
    return shown
