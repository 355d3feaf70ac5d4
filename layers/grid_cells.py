"""Grid cells 网格: who is responsible where (责任网格), hot spots (热点网格) and patrols (巡查网格)."""

from __future__ import annotations

from layers._layer import Column, Layer, Style
from layers._vocabulary import GRID_LEVEL, GRID_SYSTEM

LAYER = Layer(
    title="网格",
    title_en="Grid cells",
    group="base",
    geometry="polygon",
    key="cell_code",
    label="cell_name",
    clause="（十四）",
    columns=(
        Column("cell_code", ("网格编号", "编号"), "Cell code", required=True, example="G1"),
        Column("cell_name", ("网格名称", "名称"), "Cell name", example="示例一网格"),
        Column(
            "grid_system",
            ("网格体系", "网格类型"),
            "Grid system",
            "enum",
            vocabulary=GRID_SYSTEM,
            empty_means="responsibility",
            example="responsibility",
        ),
        Column("level", ("级别", "层级"), "Level", "enum", vocabulary=GRID_LEVEL, example="park"),
        Column("head_name", ("网格长",), "Grid head", personal=True, example="张三"),
        Column("member_names", ("网格员",), "Grid members", "text_list", personal=True, example="李四;王五"),
        Column("phone", ("电话", "联系电话"), "Phone", personal=True),
        Column("parent_code", ("上级", "上级网格"), "Parent cell", links_to="grid_cells"),
    ),
    style=Style(line="#0F4C81", fill=None, weight=1.0),
    on_by_default=False,
    order=40,
)
