"""A table as it came out of a file: nothing interpreted yet."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class RawTable:
    """Rows of one file.

    Attributes:
        frame: object columns under the headers of the file (stripped); cells str, datetime or None.
        rows: source row number of each record, as the user sees it.
        geometry: shapely geometries (None where a record has none), or None for a plain table.
        crs: ``EPSG:…`` when recognised, else the WKT of the file, or None.
        crs_declared: the file itself says so (False: the format's default).
        encoding, driver, source_layer: how it was read. notes: remarks of the reader.
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
