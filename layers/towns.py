"""Towns and sub-districts 乡镇街道, the units of the monthly ranking."""

from __future__ import annotations

from layers._layer import Column, Layer, Style

LAYER = Layer(
    title="乡镇街道",
    title_en="Towns",
    group="base",
    geometry="polygon",
    key="town_code",
    label="town_name",
    clause="（四十四）",
    columns=(
        Column(
            "town_code",
            ("乡镇代码", "区划代码"),
            "Town code",
            required=True,
            pattern=r"\d{9}",
            example="330781001",
        ),
        Column("town_name", ("乡镇", "乡镇名称", "街道名称"), "Town", required=True, example="兰江街道"),
    ),
    style=Style(line="#8A7F6A", fill=None, weight=1.2, dash="5 4"),
    order=10,
)
