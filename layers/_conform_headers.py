"""Which header of a file is which column of a layer (dictionary §1.1)."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from layers._layer import Column, Layer

_KEY_WORDS = (("编号", "编码", "代码"), ("code", "number"), ("序号",), ("id", "key"))
SHAPEFILE_BYTES = 10
"""Length in bytes to which a shapefile cuts its field names."""


@dataclass
class Matched:
    """Headers and columns of one file.

    Attributes:
        columns: canonical column → header of the file.
        unknown: header → the header it may have meant, or None.
        ambiguous: header → columns it could be (cut names, or a second header of a column taken already).
    """

    columns: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str | None] = field(default_factory=dict)
    ambiguous: dict[str, tuple[str, ...]] = field(default_factory=dict)


def plain(header: str) -> str:
    """A header as it is compared: half-width, lower case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", header).split()).casefold().strip("\ufeff\ufffd")


def match(headers: Sequence[str], layer: Layer, *, cut: bool, mapping: Mapping[str, str] | None = None) -> Matched:
    """Match the headers of a file.

    Args:
        headers: as in the file. cut: names may be cut to 10 bytes (shapefile, UTF-8 or GBK).
        mapping: header → canonical column as the user says, before everything else; empty keeps it as an extra attribute.
    Returns:
        Every header in exactly one of the three parts; a canonical name goes before a Chinese header,
        and an earlier Chinese header before a later one.
    """
    found = Matched()
    exact = {plain(word): (rank, column.name) for column in layer.columns for rank, word in _words(column)}
    claims: dict[str, list[tuple[int, int, str]]] = {}
    rest = []
    said = {header: name for header, name in (mapping or {}).items() if header in headers}
    for header, name in said.items():
        if name:
            found.columns[name] = header
        else:
            found.unknown[header] = None
    for place, header in enumerate(headers):
        if header in said:
            continue
        rank_name = exact.get(plain(header))
        if rank_name is None:
            rest.append(header)
        else:
            claims.setdefault(rank_name[1], []).append((rank_name[0], place, header))
    for name, claimants in claims.items():
        if name in found.columns:
            found.ambiguous.update((header, (name,)) for _, _, header in claimants)
            continue
        best, *others = sorted(claimants)
        found.columns[name] = best[2]
        found.ambiguous.update((header, (name,)) for _, _, header in others)
    _match_cut(rest, layer, found, cut)
    return found


def _words(column: Column) -> list[tuple[int, str]]:
    return list(enumerate((column.name, *column.headers)))


def _match_cut(headers: Sequence[str], layer: Layer, found: Matched, cut: bool) -> None:
    stumps = _stumps(layer) if cut else {}
    for header in headers:
        names = sorted(stumps.get(plain(header), set()) - set(found.columns))
        if len(names) == 1:
            found.columns[names[0]] = header
        elif names:
            found.ambiguous[header] = tuple(names)
        else:
            found.unknown[header] = _meant(header, layer)


def _stumps(layer: Layer) -> dict[str, set[str]]:
    """What each header looks like when cut to 10 bytes: stump → columns."""
    stumps: dict[str, set[str]] = {}
    for column in layer.columns:
        for _, word in _words(column):
            for encoding in ("utf-8", "gbk"):
                raw = word.encode(encoding, errors="ignore")
                if len(raw) > SHAPEFILE_BYTES:
                    stump = plain(raw[:SHAPEFILE_BYTES].decode(encoding, errors="ignore"))
                    stumps.setdefault(stump, set()).add(column.name)
    return stumps


def likely_key(headers: Sequence[str]) -> str | None:
    """The header that most probably holds the key of a file that names none."""
    for words in _KEY_WORDS:
        for header in headers:
            if any(word in plain(header) for word in words):
                return header
    return None


def _meant(header: str, layer: Layer) -> str | None:
    words = {plain(word): word for column in layer.columns for _, word in _words(column)}
    near = difflib.get_close_matches(plain(header), list(words), n=1, cutoff=0.75)
    return words[near[0]] if near else None
