"""What a layer is: a declaration of columns, words, style and source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "text_list", "enum", "enum_list", "number", "percent", "date", "datetime"]
Geometry = Literal["polygon", "point", "point_or_polygon", "none"]


@dataclass(frozen=True)
class Vocabulary:
    """The words a column may hold: canonical value → Chinese synonyms, the first one shown on pages."""

    words: Mapping[str, tuple[str, ...]]
    english: Mapping[str, str] = field(default_factory=dict)

    def title(self, value: str, language: str = "zh") -> str:
        """The word shown for a canonical value; an unlisted value is shown as it is."""
        if language == "zh":
            return self.words.get(value, (value,))[0] if self.words.get(value) else value
        return self.english.get(value, value.replace("_", " "))


@dataclass(frozen=True)
class Column:
    """One column of a layer.

    Attributes:
        name: canonical snake_case name.
        headers: Chinese headers accepted on import; the first is the title on pages.
        title_en: English title.
        kind: how values are read and compared (``percent`` is a number 0-100 or the word ``na``).
        unit: unit as shown, empty for none.
        vocabulary: for ``enum`` and ``enum_list``.
        required: a row without it is quarantined (the key: refused).
        empty_means: canonical value an empty cell is judged as, None for unknown.
        links_to: layer whose key this column holds.
        personal: personal data (names of people, phones): hidden from scopes without the right.
        minimum, maximum: inclusive limits of a number; outside is stored as null and reported.
        above: exclusive lower limit of a number (a capacity of 0 is missing).
        pattern: regular expression a text should match as a whole; another text is kept and reported.
        check: looks at a text as written; what it remarks is reported, the text is kept.
        strict: a value that cannot be read or lies outside its limits holds the whole row back.
    """

    name: str
    headers: tuple[str, ...]
    title_en: str
    kind: Kind = "text"
    unit: str = ""
    vocabulary: Vocabulary | None = None
    required: bool = False
    empty_means: str | None = None
    links_to: str | None = None
    personal: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    pattern: str | None = None
    check: Callable[[str], Remark | None] | None = None
    strict: bool = False
    example: str = ""

    @property
    def title(self) -> str:
        """Chinese title: the first accepted header."""
        return self.headers[0]


@dataclass(frozen=True)
class Style:
    """How features of a layer look on map, legend, list and print.

    Attributes:
        line: stroke colour ``#RRGGBB``. fill: fill colour or None. fill_opacity: 0 to 1.
        weight: stroke width in px. dash: SVG dash array or None.
        pattern: ``hatch`` draws diagonal lines, None a plain fill.
        symbol: for point layers: ``verdict`` (drawn by worst verdict), ``square``, ``triangle``, ``dot``.
    """

    line: str
    fill: str | None = None
    fill_opacity: float = 0.25
    weight: float = 1.6
    dash: str | None = None
    pattern: str | None = None
    symbol: str | None = None


@dataclass(frozen=True)
class Remark:
    """What is odd about a value or a row: one sentence in both languages, and what to do.

    Attributes:
        code: stable name of this kind of oddity. repair: column → text that would mend the row, where one offers itself.
    """

    zh: str
    en: str
    suggestion: str | None = None
    code: str = ""
    repair: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Check:
    """A look at several columns of one row, made on import.

    Attributes:
        columns: canonical names; the check runs on rows that have a value in every one.
        judge: called with these values in this order; a remark, or None when all is well.
        severity: ``warning`` keeps the row, ``quarantined`` holds it back.
    """

    columns: tuple[str, ...]
    judge: Callable[..., Remark | None]
    severity: Literal["warning", "quarantined"] = "warning"


@dataclass(frozen=True)
class Layer:
    """One layer of the one-map.

    Attributes:
        name: file stem and id; filled by ``layers/_find.py``.
        title, title_en: shown names. group: ``zones``, ``facilities``, ``base`` or ``monitoring`` in the layer list.
        geometry: what a row may carry. key: key column. label: column shown as the name of a row.
        columns: all columns, shared sets included, in dictionary order.
        clause: clause of the plan this layer comes from, such as （十一）.
        style: default style; ``style_by`` the column whose canonical value picks one of ``styles``.
        zone: a legal record with dates in force (versions by ``effective_from``).
        on_by_default: drawn when a page opens. order: drawing order, low first.
        checks: looks at several columns of a row on import.
        composed: columns the key is made of where a file does not state it.
        series: measurements over time: not read with every judgement, only where they are asked for.
    """

    title: str
    title_en: str
    group: Literal["zones", "facilities", "base", "monitoring"]
    geometry: Geometry
    key: str
    label: str
    columns: tuple[Column, ...]
    clause: str
    style: Style
    style_by: str | None = None
    styles: Mapping[str, Style] = field(default_factory=dict)
    zone: bool = False
    on_by_default: bool = True
    order: int = 50
    checks: tuple[Check, ...] = ()
    composed: tuple[str, ...] = ()
    series: bool = False
    name: str = ""

    def column(self, name: str) -> Column:
        """The column of that canonical name; KeyError where the layer has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def has(self, name: str) -> bool:
        """Whether the layer has that column."""
        return any(column.name == name for column in self.columns)

    @property
    def halves(self) -> tuple[str, ...]:
        """Names of its points and of its areas where a file keeps one kind of shape under a name; none of other layers."""
        return (f"{self.name}_point", f"{self.name}_polygon") if self.geometry == "point_or_polygon" else ()

    @property
    def positioned(self) -> bool:
        """Whether rows are points given by coordinate columns (set P of the dictionary)."""
        return self.has("lon")
