"""The OpenAPI 3.0 description of the OGC API, made from the layers somebody may see."""

from __future__ import annotations

from typing import Any

from layers._layer import Layer
from services._ogc_asked import CRS84, DEFAULT_LIMIT, MOST, offered, queryable
from services._ogc_text import json_schema
from services.ogc import BOTH, GEOJSON, HTML, JSON, OPENAPI, Door
from services.scope import visible_layers

PROBLEM = "application/problem+json"
VERSION = "1.0.0"
_PARAMETERS = {
    "bbox": (
        "范围；数的次序同 bbox-crs 的坐标轴次序。压在边上的记录也算。",
        "Box; its numbers in the order of the axes of bbox-crs. Features on its edge belong.",
    ),
    "bbox-crs": ("bbox 的坐标系。", "Coordinate system of bbox."),
    "crs": (
        "返回数据的坐标系，坐标轴次序按官方登记。",
        "Coordinate system of the answer; axes in the order of the registry.",
    ),
    "datetime": (
        "日期、时刻或区间：区域取其间有效的版本（不写为今日），监测值和投诉取其间的；其他记录总是选中。",
        "A day, an instant or an interval: the versions of zones in force then (today's without it), the measurements and "
        "complaints of then. Other features are always selected.",
    ),
    "limit": ("每页条数；超过上限按上限。", "Features on a page; more than the maximum is taken as the maximum."),
    "next": ("从哪里开始；用上一页给出的链接。", "Where a page begins; take it from the link of the page before."),
    "f": ("返回的形式，先于 Accept。", "Form of the answer; goes before the Accept header."),
    "as_of": ("没有 datetime 时区域取哪一日。", "The day zones are shown of where datetime is not given."),
    "lang": ("标题和提示的语言。", "Language of titles and sentences."),
}
_ERRORS = {"400": "BadRequest", "401": "NotLoggedIn", "404": "NotFound"}


def description(door: Door) -> dict[str, Any]:
    """The whole document; every collection has its addresses with the columns it can be filtered by."""
    layers = visible_layers(door.principal)
    paths: dict[str, Any] = {
        "/": _path("getLandingPage", ("入口", "Landing page"), JSON, "Document", door),
        "/conformance": _path("getConformance", ("符合的标准", "Conformance classes"), JSON, "Conformance", door),
        "/api": _path("getApi", ("接口说明", "This description"), OPENAPI, "Document", door),
        "/collections": _path("getCollections", ("图层", "Collections"), JSON, "Collections", door),
    }
    for layer in layers.values():
        paths |= _of_layer(door, layer)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"{door.said(door.region.product, door.region.product_en)} · OGC API – Features", "version": VERSION,
            "description": door.said(
                "用账号登录后的会话，或在“账号”页制作的接口令牌（Bearer；也可作为 Basic 的密码）。",
                "A session after logging in, or a key made on the account page (Bearer, or as the password of Basic).",
            ),
        },
        "servers": [{"url": door.root}],
        "security": [{"token": []}, {"basic": []}, {"session": []}],
        "tags": [{"name": "server"}, *({"name": layer.name, "description": door.title(layer)} for layer in layers.values())],
        "paths": paths,
        "components": _components(door),
    }  # fmt: skip


def _path(
    name: str, summary: tuple[str, str], kind: str, schema: str, door: Door, more: tuple[Any, ...] = (), tag: str = "server",
) -> dict[str, Any]:  # fmt: skip
    shown = {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}, HTML: {"schema": {"type": "string"}}}
    parameters = [*more, *({"$ref": f"#/components/parameters/{one}"} for one in BOTH)]
    found = {"description": summary[1], "content": shown}
    if kind == GEOJSON:
        found["headers"] = {"Content-Crs": {"schema": {"type": "string"}, "description": "Coordinate system, in angle brackets"}}
    errors = {status: {"$ref": f"#/components/responses/{answer}"} for status, answer in _ERRORS.items()}
    return {
        "get": {
            "operationId": name, "summary": door.said(*summary), "tags": [tag], "parameters": parameters,
            "responses": {"200": found, "304": {"description": "The client has this state already (ETag)"}, **errors},
        }
    }  # fmt: skip


def _of_layer(door: Door, layer: Layer) -> dict[str, Any]:
    base, name = f"/collections/{layer.name}", layer.name
    common = ["bbox", "bbox-crs", "crs", "datetime", "limit", "next"]
    filters = [
        {
            "name": column.name, "in": "query", "required": False, "description": f"{column.title} / {column.title_en}",
            "schema": {"type": json_schema(column)["type"]}, "style": "form", "explode": False,
        }
        for column in queryable(layer, door.principal).values()
    ]  # fmt: skip
    asked = (*({"$ref": f"#/components/parameters/{one}"} for one in common), *filters)
    feature = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}, "description": layer.key}
    title = (layer.title, layer.title_en)
    one = (feature, {"$ref": "#/components/parameters/crs"})
    return {
        base: _path(f"describe_{name}", title, JSON, "Collection", door, tag=name),
        f"{base}/items": _path(f"items_{name}", title, GEOJSON, "FeatureCollection", door, asked, name),
        f"{base}/items/{{featureId}}": _path(f"item_{name}", title, GEOJSON, "Feature", door, one, name),
    }


def _query(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    made = {"name": name, "in": "query", "required": False, "schema": schema, "description": text}
    return made | ({"style": "form", "explode": False} if name in ("bbox", "datetime", "limit") else {})


def _parameters(door: Door) -> dict[str, Any]:
    uris = [system.uri for system in offered(door.region)]
    box = {"type": "array", "items": {"type": "number"}, "oneOf": [{"minItems": n, "maxItems": n} for n in (4, 6)]}
    number = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}
    system = {"type": "string", "format": "uri", "enum": uris, "default": CRS84}
    day = {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"}
    text = {"type": "string"}
    schemas: dict[str, dict[str, Any]] = {
        "bbox": box, "bbox-crs": system, "crs": system, "datetime": text, "limit": number, "next": text,
        "f": {"type": "string", "enum": ["json", "html"]}, "as_of": day, "lang": {"type": "string", "enum": ["zh", "en"]},
    }  # fmt: skip
    made = [_query(name, schema, door.said(*_PARAMETERS[name])) for name, schema in schemas.items()]
    return {one["name"]: one for one in made}


def _components(door: Door) -> dict[str, Any]:
    problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}, HTML: {"schema": {"type": "string"}}}
    told = {"BadRequest": "What was asked for cannot be understood", "NotLoggedIn": "Log in, or show a key",
            "NotFound": "It does not exist, or may not be seen"}  # fmt: skip
    return {
        "schemas": _schemas(),
        "parameters": _parameters(door),
        "responses": {name: {"description": text, "content": problem} for name, text in told.items()},
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic", "description": "Name of the account, the key as password"},
            "session": {"type": "apiKey", "in": "cookie", "name": "bluesky"},
        },
    }


def _schemas() -> dict[str, Any]:
    text, whole = {"type": "string"}, {"type": "integer", "minimum": 0}
    links = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
    shape = {"type": "object", "nullable": True, "properties": {"type": text}}

    def needs(**properties: Any) -> dict[str, Any]:
        return {"type": "object", "required": list(properties), "properties": properties}

    feature = needs(type={"type": "string", "enum": ["Feature"]}, id=text, geometry=shape, properties={"type": "object"})
    many = {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}}
    uris = {"type": "array", "items": text}
    return {
        "Link": needs(href=text, rel=text, type=text, title=text),
        "Document": {"type": "object"},
        "Conformance": needs(conformsTo=uris),
        "Collection": needs(id=text, title=text, links=links, crs=uris, storageCrs=text, itemType=text),
        "Collections": needs(links=links, collections={"type": "array", "items": {"$ref": "#/components/schemas/Collection"}}),
        "Feature": feature,
        "FeatureCollection": needs(
            type={"type": "string", "enum": ["FeatureCollection"]}, timeStamp={"type": "string", "format": "date-time"},
            numberMatched=whole, numberReturned=whole, links=links, features=many,
        ),
        "Problem": needs(type=text, title=text, status={"type": "integer"}, detail=text),
    }  # fmt: skip
