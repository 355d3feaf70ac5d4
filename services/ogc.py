"""OGC API – Features 开放接口: the layers somebody may see, for QGIS and other programs.

Everything is worked out for one :class:`Door`: who asks, under which address, in which language. Rows and columns are
those the scope policy shows; a collection that may not be seen looks like one there is not.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np

from geo.region import Region
from layers._layer import Layer
from services._ogc_asked import (
    CRS84,
    ITEMS,
    CollectionUnknown,
    FeatureUnknown,
    System,
    Wish,
    after_of,
    box_of,
    filters_of,
    limit_of,
    offered,
    one_of,
    only_known,
    queryable,
    system_of,
    token_of,
    window_of,
)
from services._ogc_rows import EVER, NEVER, Rows, observed, rows_of
from services._ogc_text import feature_texts
from services.journal import secret
from services.scope import Principal, visible_layers
from store.open import Store

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
)
JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
BOTH = ("f", "lang", "as_of")
_encoded = json.JSONEncoder(ensure_ascii=False).encode
_TITLES = {JSON: "JSON", GEOJSON: "GeoJSON", HTML: "HTML", OPENAPI: "OpenAPI 3.0"}


@dataclass(frozen=True)
class Door:
    """Who asks, and how.

    Attributes:
        root: address of the landing page. language: ``zh`` or ``en``. today: the day zones are shown of without ``datetime``.
    """

    store: Store
    region: Region
    principal: Principal
    root: str
    language: str
    today: dt.date
    opened: dict[str, Rows] = field(default_factory=dict, compare=False, repr=False)

    def title(self, layer: Layer) -> str:
        """The name of a layer."""
        return layer.title if self.language == "zh" else layer.title_en

    def said(self, zh: str, en: str) -> str:
        """One of two sentences."""
        return zh if self.language == "zh" else en

    def layer(self, name: str) -> Layer:
        """A collection.

        Raises:
            CollectionUnknown: there is none, or it may not be seen.
        """
        found = visible_layers(self.principal).get(name)
        if found is None:
            raise CollectionUnknown(what=name[:60])
        return found

    def rows(self, layer: Layer) -> Rows:
        """What is seen of a layer: the same state of it, as long as this door is open."""
        if layer.name not in self.opened:
            self.opened[layer.name] = rows_of(self.store, self.region, layer, self.principal, self.today)
        return self.opened[layer.name]

    def key(self) -> bytes:
        """Seals the tokens of pages."""
        return secret(self.store, "ogc")

    def hidden(self, layer: Layer) -> frozenset[str]:
        """Columns that are not served to this principal."""
        if "personal" in self.principal.permissions:
            return frozenset()
        return frozenset(column.name for column in layer.columns if column.personal)


@dataclass(frozen=True)
class Page:
    """One page of features.

    Attributes:
        features: GeoJSON texts. matched: how many the request selects on all pages. after: token of the next page, if any.
    """

    layer: Layer
    system: System
    features: list[str]
    matched: int
    after: str | None = None
    name: str = ""


def link(href: str, rel: str, kind: str, title: str = "") -> dict[str, str]:
    """One link of a document."""
    return {"href": href, "rel": rel, "type": kind, "title": title or _TITLES[kind]}


def forms(address: str, own: str, asked: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """Links from a document to itself and to the same as a page.

    Args:
        own: media type of the document. asked: parameters besides the form.
    """
    texts = {name: text for name, text in (asked or {}).items() if name != "f"}
    return [
        link(f"{address}?{urlencode({**texts, 'f': 'json'})}", "self", own),
        link(f"{address}?{urlencode({**texts, 'f': 'html'})}", "alternate", HTML),
    ]


def landing(door: Door) -> dict[str, Any]:
    """What there is: the API's description, what it conforms to, its collections."""
    root = door.root
    return {
        "title": f"{door.said(door.region.product, door.region.product_en)} · OGC API",
        "description": door.said(
            "本平台各图层的 OGC API – Features 接口：QGIS、ArcGIS、GDAL 等可直接读取，权限与网页相同。",
            "The layers of this platform as OGC API – Features, for QGIS, ArcGIS, GDAL and others, with the rights of the pages.",
        ),
        "links": [
            *forms(root, JSON),
            link(f"{root}/api?f=json", "service-desc", OPENAPI),
            link(f"{root}/api?f=html", "service-doc", HTML),
            link(f"{root}/conformance", "conformance", JSON, door.said("符合的标准", "Conformance")),
            link(f"{root}/collections", "data", JSON, door.said("图层", "Collections")),
        ],
    }


def conformance(door: Door) -> dict[str, Any]:
    """The conformance classes."""
    return {"conformsTo": list(CONFORMANCE), "links": forms(f"{door.root}/conformance", JSON)}


def collections(door: Door) -> dict[str, Any]:
    """Every collection somebody may see."""
    layers = visible_layers(door.principal).values()
    return {"links": forms(f"{door.root}/collections", JSON), "collections": [collection(door, layer) for layer in layers]}


def collection(door: Door, layer: Layer) -> dict[str, Any]:
    """One collection: names, extent of what is seen of it, coordinate systems."""
    address = f"{door.root}/collections/{layer.name}"
    items = f"{address}/items"
    systems = offered(door.region)
    made = {
        "id": layer.name, "title": door.title(layer), "description": _described(door, layer), "itemType": "feature",
        "crs": [system.uri for system in systems], "storageCrs": systems[1].uri,
        "links": [
            *forms(address, JSON),
            link(f"{items}?f=json", "items", GEOJSON), link(f"{items}?f=html", "items", HTML),
        ],
    }  # fmt: skip
    extent = _extent(door, layer)
    return made | ({"extent": extent} if extent else {})


def _described(door: Door, layer: Layer) -> str:
    told = [door.said(f"计划条款 {layer.clause}。", f"Clause {layer.clause} of the plan.")] if layer.clause else []
    if layer.zone:
        told.append(door.said("不写 datetime 时为今日有效的版本。", "Without datetime: the versions in force today."))
    if layer.geometry == "none":
        told.append(door.said("没有几何，可作表格使用。", "It has no geometry and serves as a table."))
    return door.said("", " ").join(told)


def _extent(door: Door, layer: Layer) -> dict[str, Any]:
    """Where and when the rows of a layer lie; nothing of either where there is none."""
    rows = door.rows(layer)
    extent: dict[str, Any] = {}
    bounds = rows.placed(door.region.map_crs).bounds
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if len(bounds):
        box = [*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist()]
        extent["spatial"] = {"bbox": [box], "crs": CRS84}
    if len(rows) and (layer.zone or observed(layer)):
        first, last = int(rows.first.min()), int(rows.last.max())
        extent["temporal"] = {"interval": [[_instant(first, NEVER), _instant(last, EVER)]]}
    return extent


def _instant(ordinal: int, no_end: int) -> str | None:
    return None if ordinal == no_end else f"{dt.date.fromordinal(ordinal).isoformat()}T00:00:00Z"


def parameters(door: Door, layer: Layer) -> tuple[str, ...]:
    """What the items of a collection may be asked with."""
    return (*ITEMS, *BOTH, *queryable(layer, door.principal))


def check_words(given: Mapping[str, list[str]], known: Mapping[str, Sequence[str]]) -> None:
    """Refuse a parameter of few words that has another one.

    Raises:
        ParameterTwice, ParameterWrong: it was given twice, or is none of the known words.
    """
    for name, words in known.items():
        for text in given.get(name, ()):
            one_of(name, text, words)


def check(door: Door, layer: Layer, given: Mapping[str, list[str]]) -> Wish:
    """What a request for features wants, without looking for them.

    Raises:
        ParameterUnknown, ParameterTwice, ParameterWrong: it cannot be understood.
    """
    return _wish(door, layer, only_known(given, parameters(door, layer)))


def state_of_all(door: Door) -> str:
    """Changes whenever a collection does."""
    return "\n".join(door.rows(layer).state for layer in visible_layers(door.principal).values())


def page(door: Door, layer: Layer, wish: Wish) -> Page:
    """A page of features, as :func:`check` understood the request."""
    rows = door.rows(layer)
    chosen = rows.chosen(wish)
    start = rows.behind(chosen, wish.after)
    shown = chosen[start : start + wish.limit]
    texts = feature_texts(rows, shown, wish.system, door.hidden(layer))
    more = start + len(shown) < len(chosen) and len(shown)
    after = token_of(door.key(), layer.name, rows.ids[int(shown[-1])]) if more else None
    return Page(layer, wish.system, texts, len(chosen), after)


def _wish(door: Door, layer: Layer, asked: Mapping[str, str]) -> Wish:
    box = box_of(door.region, asked)
    window = window_of(door.region, asked.get("datetime"))
    if layer.zone and "datetime" not in asked:
        window = (door.today, door.today)
    return Wish(
        system_of(door.region, asked, "crs"), box, window, filters_of(layer, door.principal, asked),
        limit_of(asked.get("limit")), after_of(door.key(), layer.name, asked.get("next")),
    )  # fmt: skip


def items_text(door: Door, found: Page, asked: Mapping[str, str]) -> str:
    """A page of features as a GeoJSON document.

    Args:
        asked: the parameters of the request, for the links.
    """
    address = f"{door.root}/collections/{found.layer.name}"
    links = [*forms(f"{address}/items", GEOJSON, asked), link(f"{address}?f=json", "collection", JSON)]
    if found.after:
        following = urlencode({**asked, "f": "json", "next": found.after})
        links.insert(2, link(f"{address}/items?{following}", "next", GEOJSON, door.said("下一页", "Next page")))
    head = _encoded({
        "type": "FeatureCollection", "timeStamp": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberMatched": found.matched, "numberReturned": len(found.features), "links": links,
    })  # fmt: skip
    return f'{head[:-1]},"features":[{",".join(found.features)}]}}'


def item(door: Door, layer: Layer, name: str, given: Mapping[str, list[str]]) -> Page:
    """One feature.

    Raises:
        FeatureUnknown: there is none of that id, or it may not be seen. ParameterUnknown, ParameterTwice, ParameterWrong: else.
    """
    system = system_of(door.region, only_known(given, ("crs", *BOTH)), "crs")
    rows = door.rows(layer)
    at = rows.find(name, door.today)
    if at is None:
        raise FeatureUnknown(what=name[:60], layer=layer.name)
    return Page(layer, system, feature_texts(rows, np.array([at]), system, door.hidden(layer)), 1, name=rows.ids[at])


def item_text(door: Door, found: Page, asked: Mapping[str, str]) -> str:
    """One feature as a GeoJSON document."""
    address = f"{door.root}/collections/{found.layer.name}"
    links = [
        *forms(item_address(door, found.layer, found.name), GEOJSON, asked),
        link(f"{address}?f=json", "collection", JSON),
    ]
    return f'{found.features[0][:-1]},"links":{_encoded(links)}}}'


def item_address(door: Door, layer: Layer, name: str) -> str:
    """Where a feature is found; a slash in its id is encoded."""
    return f"{door.root}/collections/{layer.name}/items/{quote(name, safe='')}"
