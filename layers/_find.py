"""Finds every layer: one file of this folder, one layer."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from functools import cache

from geo.errors import Unavailable
from layers._layer import Column, Layer


class LayerMalformed(Unavailable):
    """A layer file does not declare what a layer needs: the start stops here."""

    zh = "图层文件“{file}”不完整：{what}，请补全后再启动。"
    en = "The layer file “{file}” is incomplete: {what}; complete it and start again."


def load_layers(package: str = "layers") -> dict[str, Layer]:
    """Every layer, by name, in drawing order.

    Args:
        package: the package to look in (tests give their own).
    Returns:
        A new dict (the layers in it are shared and frozen); reading the folder happens once.
    Raises:
        LayerMalformed: a file lacks something; names the file and what is missing.
    """
    return dict(_load(package))


@cache
def _load(package: str) -> dict[str, Layer]:
    folder = importlib.import_module(package)
    found = {}
    for module in pkgutil.iter_modules(folder.__path__):
        if not module.name.startswith("_"):
            found[module.name] = _load_one(package, module.name)
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def _load_one(package: str, name: str) -> Layer:
    file = f"{package.replace('.', '/')}/{name}.py"
    try:
        module = importlib.import_module(f"{package}.{name}")
    except Exception as fault:
        raise LayerMalformed(file=file, what=f"{type(fault).__name__}: {fault}") from fault
    layer = getattr(module, "LAYER", None)
    if not isinstance(layer, Layer):
        raise LayerMalformed(file=file, what="LAYER = Layer(...)")
    missing = list(_gaps(layer))
    if missing:
        raise LayerMalformed(file=file, what="; ".join(missing))
    return dataclasses.replace(layer, name=name)


def _gaps(layer: Layer) -> list[str]:
    gaps = [f for f in ("title", "title_en", "clause", "key", "label") if not getattr(layer, f)]
    names = [column.name for column in layer.columns]
    gaps += [f"columns: {name} twice" for name in sorted({n for n in names if names.count(n) > 1})]
    used = [layer.key, layer.label, *([layer.style_by] if layer.style_by else [])]
    used += [name for check in layer.checks for name in check.columns]
    gaps += [f"columns: {name}" for name in dict.fromkeys(used) if name and name not in names]
    if layer.zone:
        gaps += [
            f"columns: {name}" for name in ("effective_from", "effective_to", "edge") if name not in names
        ]
    if layer.key in names and not layer.column(layer.key).required:
        gaps.append(f"{layer.key}: required=True")
    gaps += [gap for column in layer.columns for gap in _column_gaps(column)]
    return gaps


def _column_gaps(column: Column) -> list[str]:
    gaps = []
    if not column.headers:
        gaps.append(f"{column.name}: headers")
    if not column.title_en:
        gaps.append(f"{column.name}: title_en")
    if column.kind in ("enum", "enum_list") and column.vocabulary is None:
        gaps.append(f"{column.name}: vocabulary")
    if column.empty_means and column.vocabulary and column.empty_means not in column.vocabulary.words:
        gaps.append(f"{column.name}: empty_means")
    return gaps
