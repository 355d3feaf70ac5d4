"""Papers 材料 for the file: vertex table, map sheets, who is hit, exchange formats, draft text of the notice.

Of a draft as it stands, or of a version that is law; both are told the same way.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from geo import crs as systems
from geo.errors import NotFound, WrongUsage
from geo.write import csv_text, geo_frame, write_vector, xlsx_bytes
from layers._layer import Layer
from layers._shapefile import field_names
from rules._verdict import TITLES
from services._drawing import not_valid
from services.assess import current
from services.draft_starts import facts_of, standing
from services.drafts import Table, drawn_layer
from services.impact import impact
from services.print import Drawn, drawn_pdf
from services.publication import NothingDrawn
from services.sketches import EXTRA_PROPS, area_km2, geojson
from store.drafts import Sketch
from store.errors import FeatureMissing
from store.records import file_of, keep_file

MEDIA = {
    "csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf", "txt": "text/plain; charset=utf-8", "geojson": "application/geo+json", "zip": "application/zip",
    "gpkg": "application/geopackage+sqlite3", "kml": "application/vnd.google-earth.kml+xml", "dxf": "image/vnd.dxf",
}  # fmt: skip
FORMATS = ("geojson", "zip", "gpkg", "kml", "dxf")


class PaperUnknown(NotFound):
    """A paper there is not."""

    zh = "没有材料“{what}”。"
    en = "There is no paper “{what}”."


@dataclass(frozen=True)
class Filed:
    """What the papers are about.

    Attributes:
        title: name of the draft or version. geometry: degrees EPSG:4490. props: column → canonical text.
        draft: number of the draft, None for a version. state: sentence on every paper.
    """

    layer: Layer
    code: str
    title: str
    geometry: shapely.Geometry
    props: dict[str, str]
    draft: int | None
    state: tuple[str, str]


def of_draft(table: Table, number: int) -> Filed:
    """A draft as it stands.

    Raises:
        DraftUnknown: there is none. NothingDrawn: nothing is drawn in it.
    """
    sheet = table.sheet(number)
    shape = sheet.now.sketch.geometry
    if shape is None:
        raise NothingDrawn()
    published = sheet.draft.state == "published"
    state = ("已发布", "published") if published else ("草案，未发布", "draft, not published")
    return Filed(sheet.layer, sheet.draft.code, sheet.draft.name, shape, sheet.now.sketch.props, number, state)


def of_zone(table: Table, layer_name: str, code: str, day: dt.date) -> Filed:
    """The version of a zone in force on a day, or the latest.

    Raises:
        FeatureMissing: there is none.
    """
    layer = drawn_layer(table.principal, layer_name)
    found = standing(table, layer, code, day)
    if found is None:
        raise FeatureMissing(layer=layer.title, what=code)
    dates = {name: str(found[name]) for name in ("effective_from", "effective_to", "doc_no") if layer.has(name) and found[name]}
    state = (f"版本 {found['version']}", f"version {found['version']}")
    props = facts_of(layer, found) | dates | found["extra"]
    return Filed(layer, code, str(found[layer.label] or code), found["geometry_map"], props, None, state)


def paper(table: Table, filed: Filed, kind: str, day: dt.date, language: str) -> tuple[bytes, str]:
    """One paper.

    Args:
        kind: such as ``vertices.csv``, ``map-a3.pdf``, ``affected.xlsx``, ``notice.txt``, ``shape.dxf``.
    Returns:
        Its bytes and media type.
    Raises:
        PaperUnknown: another kind. NotValid: a map or list of a zone that crosses itself.
    """
    stem, _, suffix = kind.rpartition(".")
    english = language == "en"
    if stem == "vertices" and suffix in ("csv", "xlsx"):
        heads, rows = vertex_table(table, filed, english)
        made = xlsx_bytes(heads, rows, "vertices") if suffix == "xlsx" else csv_text(heads, rows).encode("utf-8")
    elif stem in ("map-a3", "map-a4") and suffix == "pdf":
        if not shapely.is_valid(filed.geometry):
            raise not_valid(filed.geometry)
        drawn = Drawn(filed.layer, filed.code, filed.title, filed.geometry, filed.props, filed.state[english])
        assessment = current(table.store, table.region, day)
        made = drawn_pdf(assessment, table.region, table.principal, language, drawn, stem[-2:].upper())
    elif kind == "affected.xlsx" and filed.draft is not None:
        made = affected(table, filed, day, english)
    elif kind == "annex.pdf":
        made = _annexed(table, filed)
    elif kind == "notice.txt":
        made = notice(table, filed).encode("utf-8")
    elif stem == "shape" and suffix in FORMATS:
        made = _exchanged(table, filed, suffix)
    else:
        raise PaperUnknown(what=kind[:40])
    return made, MEDIA[suffix]


def _annexed(table: Table, filed: Filed) -> bytes:
    """The map annex as it was kept, by the hash that the record names."""
    place = file_of(table.store, filed.props.get("annex_sha256", "")) if filed.props.get("annex_sha256") else None
    if place is None:
        raise PaperUnknown(what="annex.pdf")
    return place.read_bytes()


def make_annex(table: Table, number: int, revision: int, day: dt.date) -> str:
    """Draw the map annex of a draft, keep it, and write its SHA-256 into the record; returns the hash.

    Raises:
        NothingDrawn, NotValid: there is no map to draw. DraftChanged, DraftClosed: see ``Table.save``.
    """
    sheet = table.sheet(number)
    content, _ = paper(table, of_draft(table, number), "map-a3.pdf", day, "zh")
    digest = keep_file(table.store, content)
    sketch = sheet.now.sketch
    table.save(number, revision, Sketch(sketch.geometry, sketch.props | {"annex_sha256": digest}, sketch.units), "props")
    return digest


def vertex_table(table: Table, filed: Filed, english: bool = False) -> tuple[list[str], list[list[object]]]:
    """Every vertex: part, ring, number, degrees CGCS2000, metres of the region's system (no closing vertex)."""
    region = table.region
    metres = region.judging_crs
    zh = ["图斑", "环", "拐点号", "经度(°)", "纬度(°)", f"Y 东坐标(m) {metres}", f"X 北坐标(m) {metres}"]
    en = ["part", "ring", "vertex", "longitude", "latitude", f"easting m {metres}", f"northing m {metres}"]
    rows: list[list[object]] = []
    for part, ring, points in rings(filed.geometry):
        planes = np.asarray(systems.transform_xy(points[:, 0], points[:, 1], region.map_crs, metres), dtype=np.float64)
        kind = ("outer" if english else "外环") if ring == 0 else (f"hole {ring}" if english else f"内环{ring}")
        for number, ((lon, lat), (east, north)) in enumerate(zip(points, planes, strict=True), 1):
            rows.append([part, kind, f"J{number}", round(lon, 9), round(lat, 9), round(float(east), 3), round(float(north), 3)])
    return en if english else zh, rows


def rings(shape: shapely.Geometry) -> Iterator[tuple[int, int, np.ndarray]]:
    """Part from 1, ring (0 the outer one), and its vertices without the closing one."""
    for part, polygon in enumerate(shapely.get_parts(shape), 1):
        for ring, line in enumerate((polygon.exterior, *polygon.interiors)):
            yield part, ring, shapely.get_coordinates(line)[:-1]


def affected(table: Table, filed: Filed, day: dt.date, english: bool = False) -> bytes:
    """Everybody whose verdict a drawn zone would change, as a workbook: what the live impact tells.

    Raises:
        DrawingRefused: it cannot be judged.
    """
    props = {name: text for name, text in filed.props.items() if name not in EXTRA_PROPS and filed.layer.has(name)}
    repeals = [code for code in filed.props.get("repeals", "").split(";") if code]
    body = {"layer": filed.layer.name, "code": filed.code, "geometry": geojson(filed.geometry)}
    asked = json.dumps(body | {"props": props | {"repeals": repeals}}).encode()
    found = impact(table.store, table.region, table.principal, asked, day)
    rows: list[list[object]] = []
    listed = [(word[int(english)], row) for kind, word in _KINDS.items() for row in found[kind]]
    for word, row in listed:
        verdicts = [TITLES[row[key]][int(english)] for key in ("verdict_before", "verdict_after")]
        told = [word, row["rule"], row["subject_code"], row["enterprise_code"], row["name"], row["town"]]
        what = [row["label"], row["fuel"], "" if row["t_h"] is None else row["t_h"], *verdicts]
        rows.append([*told, *what, row["zone_before"], row["zone_after"], row["due_on"], row["missing"]])
    return xlsx_bytes(_HEADS[int(english)], rows, "affected")


_KINDS = {"entering": ("新纳入", "entering"), "leaving": ("移出", "leaving"), "changed": ("判定有变", "changed")}
_HEADS = (
    (
        "变化", "规则", "设备编号", "企业编号", "名称", "乡镇", "设备", "燃料", "额定出力(t/h)", "现判定", "拟判定",
        "现区域", "拟区域", "期限", "须核实",
    ),
    (
        "change", "rule", "subject", "enterprise", "name", "town", "equipment", "fuel", "t/h", "verdict now", "verdict then",
        "zone now", "zone then", "due", "missing",
    ),
)  # fmt: skip


def notice(table: Table, filed: Filed) -> str:
    """A draft text of the notice in Chinese, filled from the record; blanks where it says nothing."""
    props, region = filed.props, table.region

    def told(name: str, blank: str = "________") -> str:
        text = props.get(name, "")
        column = next((c for c in filed.layer.columns if c.name == name), None)
        words = column.vocabulary if column else None
        return "、".join(words.title(value) for value in text.split(";")) if words and text else _day(text) or blank

    area = area_km2(filed.geometry, region)
    kind = next((name for name in ("zone_class", "smoke_class") if filed.layer.has(name)), "")
    lines = [
        f"{region.name}人民政府", f"关于划定（调整）{told(filed.layer.label, filed.title)}的通告（{filed.state[0]}）", "",
        f"文号：{told('doc_no')}", "",
        f"一、范围。{filed.layer.title}“{told(filed.layer.label, filed.title)}”（编号 {filed.code}），面积 {area:.2f} 平方公里，"
        f"以附图和拐点坐标表（CGCS2000）为准；边界线{told('edge', '含边界')}。",
    ]  # fmt: skip
    count = "二三四五六七八"
    clauses = []
    if kind:
        clauses.append(f"类别。{told(kind)}。")
    if filed.layer.has("existing_deadline"):
        clauses.append(f"期限。已建成的有关设施应于 {told('existing_deadline')} 前完成整改；施行之日起不得新建、扩建。")
        clauses.append(f"豁免。{told('exemptions', '无')}。")
    repealed = [text for text in (props.get("repeals", "").replace(";", "、"), props.get("repealed_docs", "")) if text]
    if repealed:
        clauses.append(f"废止。{'、'.join(repealed)}同时废止。")
    clauses.append(f"施行。本通告自 {told('effective_from')} 起施行。")
    lines += [f"{count[n]}、{text}" for n, text in enumerate(clauses)]
    annex = props.get("annex_sha256") or "________"
    lines += ["", f"附件：1. 范围图（SHA-256 {annex}）  2. 拐点坐标表", "", "（草稿由系统按法律记录填写，须经审核）"]
    return "\r\n".join(lines) + "\r\n"


def _day(text: str) -> str:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.year}年{day.month}月{day.day}日"


def _exchanged(table: Table, filed: Filed, suffix: str) -> bytes:
    """The shape with its record in an exchange format; DXF in metres, the others in degrees EPSG:4490."""
    if suffix not in FORMATS:
        raise WrongUsage(value=suffix, hint=" ".join(FORMATS))
    names = [filed.layer.key, *(c.name for c in filed.layer.columns if c.name in filed.props)]
    texts = {name: [filed.code if name == filed.layer.key else filed.props[name]] for name in names}
    crs, shape = table.region.map_crs, filed.geometry
    if suffix == "dxf":
        crs, texts = table.region.judging_crs, {"Layer": [filed.code]}
        shape = systems.transform(np.array([shape], dtype=object), table.region.map_crs, crs)[0]
    if suffix == "zip":
        short = field_names(filed.layer, "UTF-8")
        texts = {short[name]: column for name, column in texts.items()}
    with tempfile.TemporaryDirectory(prefix="bluesky-paper-") as folder:
        path = Path(folder) / f"shape.{suffix}"
        write_vector(geo_frame(texts, [shape], crs), path, "shape")
        return path.read_bytes()
