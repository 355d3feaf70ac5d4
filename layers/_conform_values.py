"""Reads the cells of a column into canonical values (dictionary §1.2, §2.1)."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pandas as pd

from layers._cells import plain
from layers._conform_faults import Sheet
from layers._layer import Column, Remark, Vocabulary

UTC_OFFSET = dt.timedelta(hours=8)
"""Times with a zone of their own are brought to local time (dictionary §1.2)."""

_MISSING = frozenset({"", "-", "/", "无数据", "null", "nan", "<na>", "nat", "—", "——", "--"})
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DATE = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})年(\d{1,2})月(\d{1,2})日", re.ASCII)
_NEARLY = re.compile(r"((?:19|20)\d{2})(?:[-/.年]?([01]\d)[-/.月]?([0-3]\d)?日?|[-/.年](\d)月?)", re.ASCII)
_AMOUNT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([A-Za-z一-鿿/³μ]+[A-Za-z0-9/³一-鿿]*)")
_UNITS = {
    "t/h": {"t/h", "t", "吨", "吨/时", "吨/小时", "蒸吨", "蒸吨/小时", "蒸吨/时"}, "mw": {"mw", "兆瓦"}, "kw": {"kw", "千瓦"},
    "m": {"m", "米"}, "mg/m3": {"mg/m3", "mg/m³", "毫克/立方米"}, "km2": {"km2", "km²", "平方公里", "平方千米"}, "°": {"度"},
    "t/year": {"t/year", "t/a", "吨/年", "t", "吨"}, "%": {"%", "％"}, "m-1": {"m-1", "1/m"},
}  # fmt: skip
_CONVERTED = {
    ("mw", "t/h"): Decimal(1) / Decimal("0.7"), ("t/h", "mw"): Decimal("0.7"),
    ("kw", "mw"): Decimal("0.001"), ("mw", "kw"): Decimal(1000),
}  # fmt: skip
_FORMULA = re.compile(r"[=＝]\s*[A-Za-z(+\-\d]|[+@＠-]\s*[A-Za-z(]")
_MARKUP = re.compile(r"<\s*/?\s*[A-Za-z!][^>]*>|\{\{|\{%|\$\{|javascript:", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_EXCEL_ZERO = dt.datetime(1899, 12, 30)
_SERIALS = (20_000, 80_000)
_YEARS = (1900, 2100)
_LIST_MARKS = re.compile(r"[;、+]")
_LONGEST_NUMBER = 40
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Reader = Callable[[Column, Any], tuple[Any, Remark | None]]


def is_missing(cell: Any) -> bool:
    """Whether a raw cell holds nothing: empty, ``-``, ``/``, ``无数据``, ``null`` (and NaN)."""
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return True
    return isinstance(cell, str) and half_width(cell).casefold() in _MISSING


def half_width(cell: Any) -> str:
    """The text of a cell: full-width forms as half-width, outer spaces gone."""
    text = str(cell)
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def read_column(sheet: Sheet, column: Column) -> None:
    """Read one column of the sheet into ``sheet.values``; faults are warnings (equal cells are read once)."""
    cells = sheet.cells.get(column.name)
    if cells is None:
        return
    read = _READERS[column.kind]
    known: dict[tuple[type, Any], tuple[Any, Remark | None]] = {}
    values = []
    for position, cell in enumerate(cells):
        handle = (type(cell), cell)
        answer = known.get(handle)
        if answer is None:
            answer = known[handle] = (None, None) if is_missing(cell) else read(column, cell)
        values.append(answer[0])
        if answer[1] is not None:
            lost = column.strict and answer[0] is None
            remark = _held_back(answer[1]) if lost else answer[1]
            sheet.report(position, column.name, cell, remark, "quarantined" if lost else "warning")
    sheet.values[column.name] = values


def _held_back(remark: Remark) -> Remark:
    """The same remark where the row is held back instead."""
    zh, en = remark.zh.replace("按缺失处理", "该行不入库"), remark.en.replace("taken as missing", "the row is held back")
    return replace(remark, zh=zh, en=en)


def _read_text(column: Column, cell: Any) -> tuple[Any, Remark | None]:
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" "), None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell)), None
    text = _CONTROL.sub("", str(cell)).strip().encode("utf-8", "replace").decode("utf-8")
    if column.required or column.links_to:
        text = half_width(text)
    if column.pattern and not re.fullmatch(column.pattern, half_width(text)):
        return text, Remark(
            f"“{column.title}”的写法不符合规定（{column.pattern}），已按原样保留",
            f"“{column.title_en}” does not have the prescribed form ({column.pattern}); kept as it is",
            "请核对",
            "bad_form",
        )
    if not text:
        return None, None
    return text, column.check(text) if column.check else _harmless(column, text)


def _harmless(column: Column, text: str) -> Remark | None:
    """Formulas and markup are kept as the text they are, and told."""
    if _FORMULA.match(text) and to_decimal(text) is None:
        zh, en = f"“{column.title}”像公式，按文字保存", f"“{column.title_en}” looks like a formula; kept as text"
        return Remark(zh, en, "请核对", "formula_text")
    if ("<" in text or "{" in text or ":" in text) and _MARKUP.search(text[:2000]):
        zh, en = f"“{column.title}”含代码或标记，按文字保存", f"“{column.title_en}” holds markup; kept as text"
        return Remark(zh, en, "请核对", "markup_text")
    return None


def _read_texts(column: Column, cell: Any) -> tuple[Any, Remark | None]:
    text, _ = _read_text(column, cell)
    parts = re.split(r"[;；、+＋]", text or "")
    return tuple(part.strip() for part in parts if not is_missing(part.strip())) or None, None


def _word(text: Any) -> str:
    return "".join(half_width(text).split()).casefold()


@cache
def _lexicon(words: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value, synonyms in words:
        for word in (value, *synonyms):
            found.setdefault(_word(word), value)
    return found


def _look_up(vocabulary: Vocabulary, cell: Any) -> tuple[str | None, str | None]:
    """The canonical value of a word, else a proposal."""
    lexicon = _lexicon(tuple(vocabulary.words.items()))
    word = _word(cell)
    word = re.sub(r"^(\d+)\.0+$", r"\1", word)
    if word in lexicon:
        return lexicon[word], None
    near = difflib.get_close_matches(word, list(lexicon), n=1, cutoff=0.5)
    return None, lexicon[near[0]] if near else None


def _not_listed(column: Column, word: str, proposal: str | None) -> Remark:
    words = column.vocabulary.words if column.vocabulary else {}
    if proposal is not None and column.vocabulary is not None:
        hint = f"是否为“{column.vocabulary.title(proposal)}”（{proposal}）？"
    else:
        hint = "可用：" + "、".join(words)
    return Remark(
        f"“{word[:40]}”不在“{column.title}”的取值范围内，按未知处理",
        f"“{word[:40]}” is not one of the values of “{column.title_en}”; taken as unknown",
        hint,
        "unknown_value",
        {column.name: proposal} if proposal is not None else None,
    )


def _read_enum(column: Column, cell: Any) -> tuple[Any, Remark | None]:
    assert column.vocabulary is not None  # layers/_find.py refuses a layer without it
    value, proposal = _look_up(column.vocabulary, cell)
    return value, None if value is not None else _not_listed(column, str(cell).strip(), proposal)


def _read_enums(column: Column, cell: Any) -> tuple[Any, Remark | None]:
    """A list; beside listed words an unlisted one stays as ``unknown`` where the vocabulary has that word."""
    assert column.vocabulary is not None  # layers/_find.py refuses a layer without it
    whole, _ = _look_up(column.vocabulary, cell)
    if whole is not None:
        return (whole,), None
    found: list[str] = []
    strange: Remark | None = None
    listed = False
    for part in _LIST_MARKS.split(half_width(cell)):
        if is_missing(part):
            continue
        value, proposal = _look_up(column.vocabulary, part)
        listed = listed or value is not None
        if value is None:
            strange = strange or _not_listed(column, part.strip(), proposal)
            value = "unknown" if "unknown" in column.vocabulary.words else None
        if value is not None and value not in found:
            found.append(value)
    return tuple(found) if listed else None, strange


def to_decimal(cell: Any) -> Decimal | None:
    """A number as written (full-width digits too), or None; trailing zeros of the fraction go."""
    text = half_width(cell).replace("−", "-")
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return plain(number) if abs(number.adjusted()) <= _LONGEST_NUMBER else None


def _read_number(column: Column, cell: Any) -> tuple[Any, Remark | None]:
    text = half_width(cell)
    number = to_decimal(text.rstrip("% ") if column.unit == "%" else text)
    if number is None:
        comma = re.fullmatch(r"([+-]?\d+),(\d+)", text)
        return None, Remark(
            f"“{column.title}”读不出数字，按缺失处理",
            f"“{column.title_en}” is no number; taken as missing",
            *_number_meant(column, text, comma),
        )
    if column.above is not None and number <= Decimal(str(column.above)):
        return None, _outside(column, f"大于 {column.above:g}", f"above {column.above:g}")
    if column.minimum is not None and number < Decimal(str(column.minimum)):
        return None, _outside(column, f"不小于 {column.minimum:g}", f"at least {column.minimum:g}")
    if column.maximum is not None and number > Decimal(str(column.maximum)):
        return None, _outside(column, f"不大于 {column.maximum:g}", f"at most {column.maximum:g}")
    return number, None


def _number_meant(column: Column, text: str, comma: re.Match[str] | None) -> tuple[str, str, dict[str, str] | None]:
    """What to do about a text that is no number: suggestion, code, repair."""
    if comma:
        meant = f"{comma.group(1)}.{comma.group(2)}"
        return f"请填数字，例如 {meant}", "bad_number", {column.name: meant}
    amount = _AMOUNT.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if amount is None:
        return "请只填数字，不带单位", "bad_number", None
    said, wanted = _unit(amount.group(2)), column.unit.casefold()
    number = Decimal(amount.group(1))
    if amount.group(2).casefold() in _UNITS.get(wanted, {wanted}):
        return f"单位应写在表头，请填 {amount.group(1)}", "unit_in_value", {column.name: amount.group(1)}
    if (said, wanted) in _CONVERTED:
        meant = format(plain(round(number * _CONVERTED[said, wanted], 3)), "f")
        return f"按 {column.unit} 应为 {meant}", "bad_unit", {column.name: meant}
    return f"本列单位为 {column.unit}，请换算后填写" if column.unit else "请只填数字，不带单位", "bad_unit", None


def _unit(word: str) -> str:
    return next((unit for unit, words in _UNITS.items() if word.casefold() in words), "")


def _outside(column: Column, zh: str, en: str) -> Remark:
    return Remark(
        f"“{column.title}”应{zh}，按缺失处理", f"“{column.title_en}” must be {en}; taken as missing", "请核对", "out_of_range"
    )


def _read_percent(column: Column, cell: Any) -> tuple[Any, Remark | None]:
    if _word(cell) in ("na", "不涉及"):
        return "na", None
    value, remark = _read_number(column, cell)
    if value is not None and 0 < value <= 1 and "%" not in half_width(cell):
        remark = Remark(
            f"“{column.title}”为 {value}，按 {value}% 处理",
            f"“{column.title_en}” is {value}; taken as {value} %",
            "如果是比例（1 表示 100%），请改填百分数",
            "share_or_percent",
        )
    return value, remark


def to_datetime(cell: Any) -> dt.datetime | None:
    """A day or a moment in local time in any accepted spelling, Excel's included; None otherwise."""
    moment = cell if isinstance(cell, dt.datetime) else _moment(half_width(cell))
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        moment = dt.datetime(cell.year, cell.month, cell.day)
    if moment is None or not _YEARS[0] <= moment.year <= _YEARS[1]:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.timezone(UTC_OFFSET)).replace(tzinfo=None)
    return moment.replace(microsecond=0)


def _moment(text: str) -> dt.datetime | None:
    if _SERIAL.fullmatch(text):
        days = Decimal(text)
        seconds = round(days * 86_400)
        return _EXCEL_ZERO + dt.timedelta(seconds=seconds) if _SERIALS[0] <= days <= _SERIALS[1] else None
    day = _DATE.match(text)
    if day is None:
        return None
    year, month, date = (int(group) for group in day.groups() if group and group not in "-/.")
    rest = text[day.end() :].strip().removeprefix("T").strip()
    clock = _CLOCK.fullmatch(rest)
    if rest and clock is None:
        return None
    hour, minute, second = (int(part or 0) for part in clock.groups()[:3]) if clock else (0, 0, 0)
    try:
        moment = dt.datetime(year, month, date, hour, minute, second)
    except ValueError:
        return None
    return moment.replace(tzinfo=_zone(clock.group(4))) if clock and clock.group(4) else moment


def _zone(text: str) -> dt.tzinfo:
    if text == "Z":
        return dt.UTC
    digits = text.replace(":", "")
    shift = dt.timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return dt.timezone(min(shift, dt.timedelta(hours=23)) * (-1 if digits[0] == "-" else 1))


def _date_meant(text: str) -> str | None:
    """``20210701`` and months without a day, as the date they may have meant."""
    found = _NEARLY.fullmatch(text)
    if found is None:
        return None
    year, month, day, single = found.groups()
    try:
        return dt.date(int(year), int(month or single), int(day or 1)).isoformat()
    except ValueError:
        return None


def _no_date(column: Column, cell: Any, example: str) -> Remark:
    meant = _date_meant(half_width(cell))
    return Remark(
        f"“{column.title}”读不出日期，按缺失处理",
        f"“{column.title_en}” is no date; taken as missing",
        f"是否为 {meant}？" if meant else f"请写成 {example}",
        "bad_date",
        {column.name: meant} if meant else None,
    )


def _read_date(column: Column, cell: Any) -> tuple[Any, Remark | None]:
    moment = to_datetime(cell)
    return (moment.date(), None) if moment else (None, _no_date(column, cell, "2021-07-01"))


def _read_datetime(column: Column, cell: Any) -> tuple[Any, Remark | None]:
    moment = to_datetime(cell)
    return (moment, None) if moment else (None, _no_date(column, cell, "2021-07-01 09:30"))


_READERS: dict[str, Reader] = {
    "text": _read_text,
    "text_list": _read_texts,
    "enum": _read_enum,
    "enum_list": _read_enums,
    "number": _read_number,
    "percent": _read_percent,
    "date": _read_date,
    "datetime": _read_datetime,
}
