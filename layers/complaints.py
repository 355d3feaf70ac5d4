"""Complaints 信访投诉 about the air, with their place."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._sets import POSITION_COLUMNS

LAYER = Layer(
    title="信访投诉",
    title_en="Complaints",
    group="monitoring",
    geometry="point",
    key="complaint_code",
    label="kind",
    clause="（三十八）",
    columns=(
        Column("complaint_code", ("投诉编号", "信访编号", "编号"), "Complaint code", required=True, example="C0001"),
        Column(
            "received_at",
            ("受理时间", "投诉时间", "收到时间"),
            "Received",
            "datetime",
            required=True,
            strict=True,
            example="2021-06-04 09:11",
        ),
        Column("kind", ("投诉类型", "类型"), "Kind", example="废气异味"),
        Column("text", ("投诉内容", "内容"), "Text", personal=True),
        *POSITION_COLUMNS,
    ),
    style=Style(line="#8A5A00", fill="#F2C14E", fill_opacity=0.9, weight=1.2, symbol="square"),
    on_by_default=False,
    order=86,
)
