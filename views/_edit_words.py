"""Words and fields of the edit form, made from the layer's declaration."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from geo.region import Region
from layers._layer import Column
from services._edit_row import GROUPS, Row, Told, columns_of, group_of
from services.scope import Principal
from views._request import language
from views._words import column_word, unit_word, value_word

LONG_TEXT = 60
CHOICE, BOXES, DAY, LINES, LINE = "choice", "boxes", "day", "lines", "line"
"""How a column is filled in."""


@dataclass(frozen=True)
class Field:
    """One field of the form.

    Attributes:
        control: one of ``CHOICE``, ``BOXES``, ``DAY``, ``LINES``, ``LINE``. options: (value, word). chosen: of boxes.
        now: what is recorded, in words, where something else is typed.
    """

    column: Column
    name: str
    title: str
    unit: str
    control: str
    text: str
    options: list[tuple[str, str]]
    chosen: frozenset[str]
    hint: str
    now: str
    faults: list[str]
    remarks: list[str]


def group_word(group: str) -> str:
    """The title of a part of the form."""
    words = {
        "basic": gettext("登记信息"), "place": gettext("位置"), "state": gettext("状况"), "numbers": gettext("数值"),
        "dates": gettext("日期"), "people": gettext("人员"),
    }  # fmt: skip
    return words[group]


def told(sentences: list[Told]) -> list[str]:
    """Sentences in the language of the page."""
    return [one.zh if language() == "zh" else one.en for one in sentences]


def fields_of(
    row: Row, typed: dict[str, str], principal: Principal, region: Region,
    faults: dict[str, list[Told]] | None = None, remarks: dict[str, list[Told]] | None = None,
) -> list[tuple[str, list[Field]]]:  # fmt: skip
    """Every part of the form with its fields, in the layer's order."""
    columns = columns_of(row, principal)
    parts: list[tuple[str, list[Field]]] = []
    for group in GROUPS:
        made = [
            _field(row, column, typed.get(column.name, row.texts[column.name]), region,
                   told((faults or {}).get(column.name, [])), told((remarks or {}).get(column.name, [])))
            for column in columns if group_of(column) == group
        ]  # fmt: skip
        made.sort(key=lambda one: one.control == BOXES)  # wide ones below, so that no row has a gap
        if made:
            parts.append((group, made))
    return parts


def _field(row: Row, column: Column, text: str, region: Region, faults: list[str], remarks: list[str]) -> Field:
    layer, stored = row.layer.name, row.texts[column.name]
    options = _options(row, column, region)
    now = "" if row.is_new or text == stored else value_word(layer, column.name, stored) or gettext("空")
    return Field(
        column, f"f_{column.name}", column_word(layer, column.name), unit_word(column), _control(column, text, options), text,
        options, frozenset(text.split(";")), _hint(row, column), now, faults, remarks,
    )  # fmt: skip


def _options(row: Row, column: Column, region: Region) -> list[tuple[str, str]]:
    if column.name == "crs":
        return [(name, name) for name in dict.fromkeys([*region.plane_crs, *filter(None, [row.texts["crs"]])])]
    if column.vocabulary is None:
        return []
    return [(value, column.vocabulary.title(value, language())) for value in column.vocabulary.words]


def _control(column: Column, text: str, options: list[tuple[str, str]]) -> str:
    """Texts a narrower control could not show are shown in a wider one, so that nothing typed gets lost."""
    if column.kind == "enum_list":
        return BOXES
    if options and text in ("", *(value for value, _ in options)):
        return CHOICE
    if column.kind == "date" and (not text or _is_day(text)):
        return DAY
    return LINES if "\n" in text or len(text) > LONG_TEXT or column.name == "address" else LINE


def _is_day(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-" and text.replace("-", "").isdigit() and text.isascii()


def _hint(row: Row, column: Column) -> str:
    """What an empty cell means, and how a value is written."""
    if column.empty_means:
        return gettext("留空按“%(word)s”判定", word=value_word(row.layer.name, column.name, column.empty_means))
    if column.name in ("lon", "lat"):
        return gettext("可写小数度或度分秒")
    if column.kind == "percent":
        return gettext("0–100，不涉及写 na")
    return {"datetime": "2021-07-01 09:30", "text_list": gettext("多个用分号隔开")}.get(column.kind, "")


def rows_word(layer: str) -> str:
    """What a new row of a layer is called."""
    words = {
        "enterprises": gettext("新建企业"), "combustion_units": gettext("新建设备"), "construction_sites": gettext("新建工地"),
        "yards": gettext("新建堆场"), "machines": gettext("新建机械"), "petrol_stations": gettext("新建加油站"),
        "air_stations": gettext("新建空气站"),
    }  # fmt: skip
    return words.get(layer, gettext("新建"))
