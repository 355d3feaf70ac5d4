"""A table as it came out of a file: nothing interpreted yet."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.base_mark import BaseMark


@dataclass(frozen=True)
class RowRemark:
    """What the reader found odd about one record.

    Attributes:
        position: of the record, from 0. code: stable name of what is odd. zh, en: one sentence.
        lost: its geometry could not be used.
    """

    position: int
    code: str
    zh: str
    en: str
    lost: bool = False


@dataclass(frozen=True)
class RawTable:
    """Rows of one file.

    Attributes:
        frame: object columns under the headers of the file (stripped); cells str, datetime or None.
        rows: source row number of each record, as the user sees it.
        geometry: shapely geometries (None where a record has none), or None for a plain table.
        crs: ``EPSG:…`` when recognised, else the WKT of the file, or None.
        crs_declared: the file itself says so (False: the format's default).
        encoding, driver, source_layer: how it was read. notes: remarks of the reader, Chinese / English.
        remarks: of single records. marks: what the file says it was made from, layer by layer.
    """

    frame: pd.DataFrame
    rows: list[int]
    geometry: npt.NDArray[np.object_] | None = None
    crs: str | None = None
    crs_declared: bool = False
    encoding: str | None = None
    driver: str = ""
    source_layer: str | None = None
    notes: list[str] = field(default_factory=list)
    remarks: list[RowRemark] = field(default_factory=list)
    marks: list[BaseMark] = field(default_factory=list)
