"""Findings as files for reporting tools 报表: CSV and GeoJSON flow piece by piece, XLSX and Parquet are made whole."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.errors import Refused, WrongUsage
from geo.write import csv_text, geo_frame, xlsx_bytes
from rules._find import load_rules
from rules._verdict import TITLES
from services.finding_words import EVERY, NUMBERS, title

FINDING_FILES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
}
COLUMNS = ("rule_title", "verdict_title", *EVERY)
HEADERS = ("", "zh", "en")
MOST_XLSX = 200_000
_PIECE = 2000


class TooManyForWorkbook(Refused):
    """More findings than a workbook is made of."""

    zh = "共 {count} 项判定，超过一个工作簿的 {most} 项；请加筛选条件，或改用 CSV、Parquet。"
    en = "{count} findings are more than the {most} of one workbook; narrow the filter, or take CSV or Parquet."


def headers_of(text: str) -> str:
    """The language of headers: empty for the names of the contract.

    Raises:
        WrongUsage: a language there is not.
    """
    if text not in HEADERS:
        raise WrongUsage(value=text[:20], hint="headers=zh, headers=en")
    return text


def finding_file(kind: str, selected: pd.DataFrame, crs: str, headers: str = "") -> Iterable[bytes]:
    """Findings as a file.

    Args:
        kind: one of ``FINDING_FILES``. selected: rows of a board, in their order. crs: of its degrees.
        headers: ``zh`` or ``en`` for words, empty for names; words in cells are Chinese unless ``en``.
    Raises:
        TooManyForWorkbook: nothing was made.
    """
    shown = [title(name, headers) if headers else name for name in COLUMNS]
    if kind == "xlsx":
        if len(selected) > MOST_XLSX:
            raise TooManyForWorkbook(count=len(selected), most=MOST_XLSX)
        rows = [row for piece in _pieces(selected) for row in _rows(piece, headers)]
        return [xlsx_bytes(shown, rows, "findings")]
    if kind == "parquet":
        return [_parquet(selected, crs, headers, shown)]
    return _csv(selected, headers, shown) if kind == "csv" else _geojson(selected, headers, shown)


def _pieces(selected: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(selected), _PIECE):
        yield selected.iloc[start : start + _PIECE]


def _cells(piece: pd.DataFrame, headers: str) -> list[list[Any]]:
    """Cells by column: text, numbers as float, None for nothing."""
    word = 1 if headers == "en" else 0
    rules = {key: (rule.title, rule.title_en)[word] for key, rule in load_rules().items()}
    made: dict[str, list[Any]] = {
        "rule_title": [rules[key] for key in piece["rule"]],
        "verdict_title": [TITLES[letter][word] for letter in piece["verdict"]],
    }  # fmt: skip
    for name in EVERY:
        cells = piece[name].tolist()
        made[name] = [_number(cell) for cell in cells] if name in NUMBERS else [cell or None for cell in cells]
    return [made[name] for name in COLUMNS]


def _number(cell: Any) -> float | None:
    number = float(cell) if cell not in ("", None) else np.nan
    return None if np.isnan(number) else float(number)


def _rows(piece: pd.DataFrame, headers: str) -> list[tuple[Any, ...]]:
    return list(zip(*_cells(piece, headers), strict=True))


def _csv(selected: pd.DataFrame, headers: str, shown: Sequence[str]) -> Iterator[bytes]:
    yield csv_text(shown, []).encode("utf-8")
    for piece in _pieces(selected):
        plain = [["" if cell is None else cell for cell in row] for row in _rows(piece, headers)]
        _, _, body = csv_text([], plain).partition("\r\n")
        yield body.encode("utf-8")


def _geojson(selected: pd.DataFrame, headers: str, shown: Sequence[str]) -> Iterator[bytes]:
    yield b'{"type": "FeatureCollection", "features": ['
    mark = b"\n"
    for piece in _pieces(selected):
        for row, lon, lat in zip(_rows(piece, headers), piece["lon"].tolist(), piece["lat"].tolist(), strict=True):
            place = None if lon != lon or lat != lat else {"type": "Point", "coordinates": [lon, lat]}
            feature = {"type": "Feature", "geometry": place, "properties": dict(zip(shown, row, strict=True))}
            yield mark + json.dumps(feature, ensure_ascii=False).encode("utf-8")
            mark = b",\n"
    yield b"]}\n"


def _parquet(selected: pd.DataFrame, crs: str, headers: str, shown: Sequence[str]) -> bytes:
    """GeoParquet; columns of numbers are numbers."""
    cells = dict(zip(shown, _cells(selected, headers), strict=True))
    xy = selected[["lon", "lat"]].to_numpy(dtype=np.float64)
    shapes = np.empty(len(xy), dtype=object)
    known = np.isfinite(xy).all(axis=1)
    shapes[known] = shapely.points(xy[known])
    frame = geo_frame(cells, shapes.tolist(), crs)
    for name, told in zip(COLUMNS, shown, strict=True):
        frame[told] = frame[told].astype("float64" if name in NUMBERS else "string")
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()
