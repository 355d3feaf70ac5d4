"""Map sheets for paper: the whole city, one zone, one facility. Gathers frames, ``maps/paper.py`` draws."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import crs as systems
from geo.region import Region
from layers._layer import Layer, Style
from layers._rows import rows_where
from maps.paper import Areas, Sheet, pdf
from rules._find import load_rules
from rules._verdict import NOT_APPLICABLE, TITLES
from services.assess import Assessment
from services.facilities import FacilityPage, board, facility_page
from services.mapdata import base_geojson
from services.overview import in_force
from services.scope import Principal, layer_for, visible_layers
from services.zones import ZonePage, zone_page

CITY_LAYERS = ("towns", "built_up_areas", "no_burn_zones", "nrmm_zones", "mines", "construction_sites")
NAMED = frozenset({"towns", "no_burn_zones", "nrmm_zones"})
FACILITY_REACH_M = 1500.0
"""Half the width of the ground that a facility's sheet must show."""
ZONE_MARGIN = 0.12
CITY_MARGIN_M = 50.0

_OUTLINE = Style(line="#1B2733", fill=None, weight=2.2)
_WORDS = {
    "zh": {
        "language": "zh", "legend": "图例", "north": "北", "scale": "比例尺", "demo": "示例", "near": "边界疑似",
        "crs": "坐标系：CGCS2000 / 3° 高斯-克吕格（{crs}）", "as_of": "判定日期 {day}",
        "example": "示例数据，非正式成果", "run": "{product} · 计算编号 {run}",
        "attribution": "边界 © 天地图（概化，仅供示例）；水系、道路示意",
        "city": "{region}蓝天一张图", "zone": "{name}（{layer}）", "facility": "{name} 位置图",
        "code": "编号", "town": "乡镇街道", "cell": "责任网格", "place": "经纬度", "accuracy": "坐标精度",
        "loose": "（基准未核实：北京 54 / 西安 80）",
        "verdict": "最严判定", "findings": "判定依据", "version": "版本", "area": "图上面积", "inside": "区内设施",
        "due": "期限 {day}", "edge": "距边界 {metres} 米", "nowhere": "没有坐标，图中未标出",
    },
    "en": {
        "language": "en", "legend": "Legend", "north": "N", "scale": "Scale", "demo": "EXAMPLE", "near": "Near the edge",
        "crs": "CGCS2000 / 3-degree Gauss-Kruger ({crs})", "as_of": "As of {day}",
        "example": "Example data, not official", "run": "{product} · run {run}",
        "attribution": "Boundary © Tianditu (generalised, example only); water and roads sketched",
        "city": "{region} Blue-Sky Map", "zone": "{name} ({layer})", "facility": "Location of {name}",
        "code": "Code", "town": "Town", "cell": "Grid cell", "place": "Lon, lat", "accuracy": "Accuracy",
        "loose": "(datum unverified: Beijing 54 or Xi'an 80)",
        "verdict": "Worst verdict", "findings": "Findings", "version": "Version", "area": "Mapped area", "inside": "Inside",
        "due": "due {day}", "edge": "{metres} m from the edge", "nowhere": "No position: not on this map",
    },
}  # fmt: skip


def city_pdf(assessment: Assessment, region: Region, principal: Principal, language: str = "zh") -> bytes:
    """The whole city on one page.

    Raises:
        FontMissing: there is no Chinese font on this computer.
    """
    press = _Press(assessment, region, principal, language)
    title = press.words["city"].format(region=region.name if language == "zh" else region.name_en)
    return pdf(press.sheet(title, CITY_LAYERS, press.county()))


def zone_pdf(
    assessment: Assessment, region: Region, layer: str, code: str, principal: Principal, language: str = "zh"
) -> bytes:
    """One zone on one page, with its legal record beside the map.

    Raises:
        FeatureMissing: no such zone. FontMissing: no Chinese font.
    """
    found = zone_page(assessment, layer, code, principal)
    press = _Press(assessment, region, principal, language)
    title = press.words["zone"].format(name=found.name, layer=press.title(found.layer))
    shown = [name for name in ("towns", "no_burn_zones", layer, "mines", "construction_sites")]
    return pdf(press.sheet(title, shown, press.metres(found.bounds, ZONE_MARGIN), press.zone_facts(found)))


def facility_pdf(
    assessment: Assessment, region: Region, layer: str, key: str, principal: Principal, language: str = "zh"
) -> bytes:
    """One facility on one page, with its findings beside the map.

    Raises:
        FeatureMissing: no such facility. FontMissing: no Chinese font.
    """
    found = facility_page(assessment, layer, key, principal)
    press = _Press(assessment, region, principal, language)
    title = press.words["facility"].format(name=found.name)
    place = press.around(found.row["lon"], found.row["lat"])
    touched = dict.fromkeys(f["zone_layer"] for f in found.findings if f["zone_layer"] not in ("", "grid_cells"))
    shown = ["towns", "no_burn_zones", *touched, "mines", "mine_faces", "construction_sites"]
    return pdf(press.sheet(title, shown, place, press.facility_facts(found), (layer, key)))


@dataclass(frozen=True)
class Drawn:
    """A zone that is drawn and may not be law: geometry in degrees, canonical texts of its record, a word for its state."""

    layer: Layer
    code: str
    title: str
    geometry: Any
    props: dict[str, str]
    state: str


def drawn_pdf(
    assessment: Assessment, region: Region, principal: Principal, language: str, drawn: Drawn, paper: str
) -> bytes:
    """A drawn zone on one page in place of the one in force.

    Args:
        paper: ``A4`` or ``A3``.
    Raises:
        FontMissing: no Chinese font.
    """
    press = _Press(assessment, region, principal, language)
    title = press.words["zone"].format(name=drawn.title, layer=press.title(drawn.layer))
    shown = [name for name in ("towns", "no_burn_zones", drawn.layer.name, "mines", "construction_sites")]
    extent = press.metres(drawn.geometry.bounds, ZONE_MARGIN)
    sheet = press.sheet(title, list(dict.fromkeys(shown)), extent, press.drawn_facts(drawn))
    areas = tuple(press.with_drawn(areas, drawn) if areas.layer.name == drawn.layer.name else areas for areas in sheet.areas)
    return pdf(dataclasses.replace(sheet, areas=(*areas, press.outlined(drawn)), paper=paper, notes=(*sheet.notes, drawn.state)))


class _Press:
    """What the sheets of one assessment and reader have in common."""

    def __init__(self, assessment: Assessment, region: Region, principal: Principal, language: str) -> None:
        self.assessment, self.region, self.principal = assessment, region, principal
        self.english = language == "en"
        self.words = _WORDS["en" if self.english else "zh"]
        self.verdicts = {key: titles[self.english] for key, titles in TITLES.items()} | {"near": self.words["near"]}

    def title(self, layer: Layer) -> str:
        """Name of a layer in the reader's language."""
        return layer.title_en if self.english else layer.title

    def sheet(
        self, title: str, layers: Sequence[str], extent: tuple[float, float, float, float],
        facts: tuple[tuple[str, str], ...] = (), chosen: tuple[str, str] | None = None,
    ) -> Sheet:  # fmt: skip
        """Everything a page shows."""
        demo = self.example(layers)
        notes = [self.words["crs"].format(crs=self.region.judging_crs), self.words["as_of"].format(day=self.assessment.as_of)]
        product = self.region.product_en if self.english else self.region.product
        return Sheet(
            title=title, notes=(*notes, *([self.words["example"]] if demo else [])), extent=extent, crs=self.region.judging_crs,
            base=self.base(), areas=tuple(self.areas(layers)), points=self.points(chosen), verdicts=self.verdicts,
            words=self.words, facts=facts, demo=demo,
            footer=self.words["run"].format(product=product, run=self.assessment.run_hash[:16]),
        )  # fmt: skip

    def example(self, layers: Sequence[str]) -> bool:
        """Whether a zone that may be drawn is marked as example data."""
        frames = [self.assessment.frames[name] for name in layers]
        return any("yes" in set(frame["is_demo"]) for frame in frames if "is_demo" in frame)

    def metres(self, bounds: tuple[float, float, float, float], margin: float) -> tuple[float, float, float, float]:
        """A box in degrees as one in judging metres, widened by a share of its size."""
        box = np.array([shapely.box(*bounds)], dtype=object)
        moved = systems.transform(box, self.region.map_crs, self.region.judging_crs)
        west, south, east, north = shapely.bounds(moved)[0].tolist()
        dx, dy = (east - west) * margin, (north - south) * margin
        return west - dx, south - dy, east + dx, north + dy

    def county(self) -> tuple[float, float, float, float]:
        """The box of the county in judging metres, with a narrow margin."""
        base = self.base()
        west, south, east, north = base[base["kind"] == "county"].total_bounds.tolist()
        return west - CITY_MARGIN_M, south - CITY_MARGIN_M, east + CITY_MARGIN_M, north + CITY_MARGIN_M

    def around(self, lon: float, lat: float) -> tuple[float, float, float, float]:
        """The ground around a facility; the whole county where it has no position."""
        if not np.isfinite(lon):
            return self.county()
        at = systems.transform_xy(np.array([lon]), np.array([lat]), self.region.map_crs, self.region.judging_crs)
        x, y = np.asarray(at, dtype=np.float64).ravel()[:2].tolist()
        reach = FACILITY_REACH_M
        return x - reach, y - reach, x + reach, y + reach

    def frame(self, columns: dict[str, list[Any]], shapes: Sequence[Any], crs: str) -> gpd.GeoDataFrame:
        """A frame in judging metres."""
        found: list[Any] = []
        if len(shapes):
            found = list(systems.transform(np.asarray(shapes, dtype=object), crs, self.region.judging_crs))
        return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(found), crs=self.region.judging_crs)

    def base(self) -> gpd.GeoDataFrame:
        """County, neighbours, rivers and roads."""
        features = base_geojson(self.region)["features"]
        wanted = (("kind", ""), ("name", ""), ("width", 1.0))
        columns = {name: [f["properties"].get(name, default) for f in features] for name, default in wanted}
        return self.frame(columns, [shapely.geometry.shape(f["geometry"]) for f in features], self.region.map_crs)

    def areas(self, names: Sequence[str]) -> list[Areas]:
        """Layers in force on the day, in drawing order; points of facilities are drawn by their verdicts instead."""
        wanted = [layer for name, layer in visible_layers(self.principal).items() if name in names]
        return [self.area(layer) for layer in wanted]

    def area(self, layer: Layer) -> Areas:
        """One layer as areas."""
        rows = in_force(self.assessment.frames[layer_for(self.principal, layer.name).name], self.assessment)
        rows = rows_where(rows, (shape is not None and shapely.get_dimensions(shape) == 2 for shape in rows["geometry"]))
        columns = {
            "label": [name or key for name, key in zip(rows[layer.label], rows[layer.key], strict=True)],
            "style": rows[layer.style_by].tolist() if layer.style_by else [None] * len(rows),
        }
        frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(rows["geometry"].tolist()), crs=self.region.judging_crs)
        return Areas(layer, frame, layer.name in NAMED or layer.zone)

    def points(self, chosen: tuple[str, str] | None) -> gpd.GeoDataFrame:
        """Facilities with a position, by their worst verdict."""
        table = board(self.assessment).facilities
        table = table[np.isfinite(table["lon"].to_numpy(dtype=np.float64))]
        kinds = ["near" if near else verdict for near, verdict in zip(table["near"], table["verdict"], strict=True)]
        ringed = [pair == chosen for pair in zip(table["layer"], table["key"], strict=True)]
        labels = [name if mark else "" for name, mark in zip(table["name"], ringed, strict=True)]
        points = shapely.points(table[["lon", "lat"]].to_numpy(dtype=np.float64))
        return self.frame({"kind": kinds, "label": labels, "chosen": ringed}, list(points), self.region.map_crs)

    def zone_facts(self, zone: ZonePage) -> tuple[tuple[str, str], ...]:
        """The legal record of a zone, its area, and the facilities inside by verdict."""
        columns = {c.name: c for c in zone.layer.columns}
        rows = []
        for name, text, unit in zone.record:
            column = columns[name]
            words = column.vocabulary
            said = "、".join(words.title(v, self.words["language"]) for v in text.split(";")) if words else text
            rows.append((column.title_en if self.english else column.title, f"{said} {unit.replace('km2', 'km²')}".strip()))
        rows.append((self.words["area"], f"{zone.area_km2:.2f} km²"))
        counts = [f"{self.verdicts[v]} {zone.counts[v]}" for v in TITLES if zone.counts.get(v) and v != NOT_APPLICABLE]
        rows.append((self.words["inside"], "、".join(counts) or "0"))
        return (*rows, (self.words["version"], zone.version))

    def with_drawn(self, areas: Areas, drawn: Drawn) -> Areas:
        """A layer with a drawn zone in place of the one of its code."""
        rows = in_force(self.assessment.frames[drawn.layer.name], self.assessment)
        placed = rows_where(rows, (shape is not None and shapely.get_dimensions(shape) == 2 for shape in rows["geometry"]))
        kept = [code != drawn.code for code in placed[drawn.layer.key]]
        named = drawn.props.get(drawn.layer.label) or drawn.title
        columns: dict[str, list[Any]] = {"label": [named], "style": [drawn.props.get(drawn.layer.style_by or "")]}
        mine = self.frame(columns, [drawn.geometry], self.region.map_crs)
        return Areas(areas.layer, pd.concat([areas.frame[kept], mine], ignore_index=True), areas.labelled)

    def outlined(self, drawn: Drawn) -> Areas:
        """The outline the sheet is about, seen in every class."""
        line = dataclasses.replace(
            drawn.layer, title="本图划定范围", title_en="Area of this sheet", style=_OUTLINE, style_by=None, styles={}
        )
        return Areas(line, self.frame({"label": [""], "style": [None]}, [drawn.geometry], self.region.map_crs))

    def drawn_facts(self, drawn: Drawn) -> tuple[tuple[str, str], ...]:
        """The record of a drawn zone, and its area."""
        rows = [(self.words["code"], drawn.code)]
        for column in drawn.layer.columns:
            text = drawn.props.get(column.name)
            if text:
                words = column.vocabulary
                said = "、".join(words.title(v, self.words["language"]) for v in text.split(";")) if words else text
                title = column.title_en if self.english else column.title
                rows.append((title, f"{said} {column.unit.replace('km2', 'km²')}".strip()))
        metres = systems.to_judging(np.array([drawn.geometry], dtype=object), self.region.map_crs, self.region.judging_crs)
        return (*rows, (self.words["area"], f"{shapely.area(metres)[0] / 1e6:.3f} km²"), (self.words["version"], drawn.state))

    def facility_facts(self, facility: FacilityPage) -> tuple[tuple[str, str], ...]:
        """Where a facility lies and what was found, the worst first."""
        row = facility.row
        placed = bool(np.isfinite(row["lon"]))
        accuracy = next((f["accuracy_m"] for f in facility.findings if f["accuracy_m"]), "")
        loose = self.words["loose"] if facility.unverified else ""
        rows = [
            (self.words["code"], facility.key), (self.words["town"], row["town"]), (self.words["cell"], row["cell"]),
            (self.words["place"], f"{row['lon']:.6f}, {row['lat']:.6f}" if placed else self.words["nowhere"]),
            (self.words["accuracy"], f"{accuracy} m {loose}".strip() if accuracy else loose),
            (self.words["verdict"], self.verdicts["near" if row["near"] else row["verdict"]]),
        ]  # fmt: skip
        found = [(self.verdicts["near" if f["near"] else f["verdict"]], self.finding(f)) for f in facility.findings]
        kept = tuple((word, value) for word, value in rows if value)
        return (*kept, *((("", self.words["findings"]), *found) if found else ()))

    def finding(self, finding: dict[str, Any]) -> str:
        """One finding in a line: rule, zone, distance, deadline."""
        rule = load_rules()[finding["rule"]]
        title = f"{rule.clause}{rule.title_en if self.english else rule.title}"
        parts = [title, finding["subject_code"], self.zone_name(finding)]
        if finding["edge_distance_m"]:
            parts.append(self.words["edge"].format(metres=finding["edge_distance_m"]))
        if finding["due_on"]:
            parts.append(self.words["due"].format(day=finding["due_on"]))
        return (", " if self.english else "，").join(part for part in parts if part)

    def zone_name(self, finding: dict[str, Any]) -> str:
        """Name of the zone a finding was reported for."""
        if not finding["zone_code"]:
            return ""
        layer = visible_layers(self.principal)[finding["zone_layer"]]
        frame: pd.DataFrame = self.assessment.frames[layer.name]
        names = frame.loc[frame["version"] == finding["zone_version"], layer.label]
        return str(names.iloc[0] if len(names) and names.iloc[0] else finding["zone_code"])
