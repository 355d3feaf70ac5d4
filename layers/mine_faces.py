"""Working faces of open-pit mines 现状开采面, as surveyed."""

from __future__ import annotations

from layers._layer import Column, Layer, Style

LAYER = Layer(
    title="现状开采面",
    title_en="Mine faces",
    group="facilities",
    geometry="polygon",
    key="face_code",
    label="face_code",
    clause="（二十四）",
    columns=(
        Column("face_code", ("开采面编号", "编号"), "Face code", required=True, example="M01-F1"),
        Column("mine_code", ("矿山编号",), "Mine code", links_to="mines", example="M01"),
        Column("surveyed_on", ("测量日期",), "Surveyed on", "date", example="2021-05-01"),
    ),
    style=Style(line="#4E2E0A", fill="#B07A3A", fill_opacity=0.35, weight=1.2, dash="4 2"),
    on_by_default=False,
    order=52,
)
