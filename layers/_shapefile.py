"""Field names for shapefiles, which hold 10 bytes each: such that an import knows them again."""

from __future__ import annotations

from layers._conform_headers import SHAPEFILE_BYTES, match, plain
from layers._layer import Column, Layer


def field_names(layer: Layer, encoding: str = "utf-8") -> dict[str, str]:
    """A field name of at most 10 bytes for every column of a layer.

    Args:
        layer: the layer to be written. encoding: of the attribute table, ``utf-8`` or ``gbk``.
    Returns:
        Canonical column → field name: the canonical name where it fits or its stump is not
        another column's, else a Chinese header. Each name is matched to its column on import.
    """
    names: dict[str, str] = {}
    for column in layer.columns:
        names[column.name] = next(
            stump for stump in _stumps(column, encoding) if _leads_back(stump, column, layer, names)
        )
    return names


def _stumps(column: Column, encoding: str) -> list[str]:
    words = (column.name, *column.headers)
    bytes_of = [word.encode(encoding, errors="ignore") for word in words]  # such as µ, which GBK lacks
    cut = [text[:SHAPEFILE_BYTES].decode(encoding, errors="ignore") for text in bytes_of]
    return [stump for stump in cut if stump]


def _leads_back(stump: str, column: Column, layer: Layer, taken: dict[str, str]) -> bool:
    free = plain(stump) not in map(plain, taken.values())
    return free and match([stump], layer, cut=True).columns == {column.name: stump}
