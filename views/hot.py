"""热点网格: hot cells on a map and in three lists; the ranking of towns by their stations."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, make_response, render_template

from geo.errors import WrongUsage
from services.air import POLLUTANTS, month_of
from services.hot_papers import LIST_WORDS, SCHEMES, SHOWN, basis_words, hot_geojson, hot_xlsx
from services.hotcells import SIZES, SOURCES, HotGrid, Wish, hot_grid, months_with
from services.ranking import Ranking, ranking, ranking_xlsx, reason_word, rule_words
from views._map import page_map
from views._page import Page
from views._request import as_of, assessment, language, number, only, principal, region, store
from views.rasters import SHEET

ASKED = ("month", "size", "source", "limit", "show", "scheme")


def _wish(asked: dict[str, str]) -> Wish:
    source = asked["source"] or next((name for name in SOURCES if months_with(store(), name)), SOURCES[0])
    known = [month for month in months_with(store(), source) if month <= as_of()] or months_with(store(), source)
    try:
        limit = float(asked["limit"] or 15)
    except ValueError:
        raise WrongUsage(value=asked["limit"][:20], hint="limit=15") from None
    month = month_of(asked["month"], known[-1] if known else as_of())
    return Wish(month, number(asked["size"], SIZES[0]), source, limit)


def _made(asked: dict[str, str]) -> HotGrid:
    return hot_grid(store(), region(), principal(), as_of(), _wish(asked))


def _shown(asked: dict[str, str]) -> tuple[str, str]:
    return asked["show"] or SHOWN[0], asked["scheme"] or SCHEMES[0]


def show() -> str:
    """Hot cells of a month: map, three lists, who answers for them."""
    asked = only(ASKED)
    made = _made(asked)
    name, scheme = _shown(asked)
    return render_template(
        "hot.html", active="hot", made=made, wish=made.wish, show=name, scheme=scheme, shell=page_map("hot"),
        sizes=SIZES, sources=SOURCES, shown=SHOWN, schemes=SCHEMES, found=assessment(),
        lists=[(name_, words[_zh()], made.lists[name_]) for name_, words in LIST_WORDS.items()], basis=basis_words(made)[_zh()],
    )  # fmt: skip


def _zh() -> int:
    return 0 if language() == "zh" else 1


def api() -> Response:
    """Hot cells as GeoJSON (EPSG:4490) with ``month``, ``size``, ``source``, ``limit`` (km), ``show``, ``scheme``."""
    asked = only(ASKED)
    name, scheme = _shown(asked)
    return jsonify(hot_geojson(_made(asked), region(), name, scheme))


def workbook() -> Response:
    """The three lists and every cell as a workbook."""
    return _book(hot_xlsx(_made(only(ASKED)), language() == "en"), "hot-cells")


def _book(content: bytes, name: str) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = SHEET
    response.headers["Content-Disposition"] = f"attachment; filename={name}.xlsx"
    return response


def _ranking() -> Ranking:
    asked = only(("month", "pollutant"))
    pollutant = asked["pollutant"] or POLLUTANTS[0]
    if pollutant not in POLLUTANTS:
        raise WrongUsage(value=pollutant[:20], hint=" ".join(POLLUTANTS))
    known = [month for month in months_with(store(), "stations") if month <= as_of()] or months_with(store(), "stations")
    return ranking(store(), assessment().frames, month_of(asked["month"], known[-1] if known else as_of()), pollutant)


def towns() -> str:
    """Towns by the monthly means of their stations, and those left out with the reason."""
    made = _ranking()
    return render_template(
        "ranking.html", active="ranking", made=made, months=months_with(store(), "stations"), pollutants=POLLUTANTS,
        rule=rule_words(made)[_zh()],
        why={town.name: reason_word(town, made, bool(_zh())) for town in made.left_out},
    )  # fmt: skip


def api_towns() -> Any:
    """The same as JSON."""
    made = _ranking()
    rows = [town.__dict__ | {"share": town.share, "why": reason_word(town, made)} for town in made.towns]
    told = {"month": f"{made.month:%Y-%m}", "pollutant": made.pollutant, "covered": made.covered, "rule": rule_words(made)[0]}
    return jsonify(told | {"towns": rows})


def towns_file() -> Response:
    """The same as a workbook."""
    return _book(ranking_xlsx(_ranking(), language() == "en"), "town-ranking")


PAGES = [
    Page("/hot", "hot", show, "cases"),
    Page("/hot.xlsx", "hot_xlsx", workbook, "cases"),
    Page("/api/hot", "api_hot", api, "cases"),
    Page("/ranking", "ranking", towns, "view"),
    Page("/ranking.xlsx", "ranking_xlsx", towns_file, "export"),
    Page("/api/ranking", "api_ranking", api_towns, "view"),
]
