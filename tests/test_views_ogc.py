"""OGC API – Features: our own suite, its names those of the classes of the abstract tests; Part 1 core, Part 2 systems."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pyproj
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

import app as product
from geo.region import Region
from layers._find import load_layers
from services import _ogc_rows
from services.accounts import Profile as Person
from services.accounts import create, make_token
from services.retire import retire
from store.open import Store, open_store
from tests._often import often
from tests._store_rows import put, square, table, zone, zones

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
E0001 = (119.466712345, 29.214212345)
"""Where the enterprise stands whose place the tests know."""
CODES = [f"E{number:02d}" for number in range(1, 31)]


def _enterprises(codes: list[str]) -> Any:
    return table(*(
        {"enterprise_code": code, "enterprise_name": f"示例{code}", "town_name": "兰江街道" if int(code[1:]) % 3 else "云山街道",
         "contact": "示例某", "lon": f"{E0001[0] + (int(code[1:]) - 1) * 0.001:.9f}", "lat": f"{E0001[1]:.9f}"}
        for code in codes
    ))  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = open_store(tmp_path_factory.mktemp("ogc") / "ogc.sqlite", create=True)
    put(made, "enterprises", _enterprises(CODES))
    odd = {"enterprise_code": "A/B <b>&?#%", "enterprise_name": "{{7*7}}", "lon": "119.6", "lat": "29.3"}
    put(made, "enterprises", table(odd, {"enterprise_code": "Z9", "enterprise_name": "没有坐标", "lon": "", "lat": ""}))
    put(made, "no_burn_zones", zones(
        zone("A", "2019-01-01", exemptions="chp;central_heating"), zone("A", "2020-01-01", place=1),
        zone("B", None, "2018-12-31", place=2),
    ))  # fmt: skip
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(store: Store, region: Region) -> FlaskClient:
    return keyed(store, region, "admin")


def keyed(store: Store, region: Region, role: str, *permissions: str, town: str = "") -> FlaskClient:
    """A program with a key of an account of that role."""
    name = f"{role}-{len(town)}-{'-'.join(permissions)}"
    create(store, Person(name, name, (role,), town, is_demo=True), "test")
    made = product.create_app(store, region).test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_token(store, name, 'test', permissions, 1, 'test')}"
    return made


def got(client: FlaskClient, path: str, status: int = 200) -> Any:
    """What an address answers, as JSON."""
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.get_data(as_text=True))
    return json.loads(answer.data)


def items(client: FlaskClient, query: str = "", layer: str = "enterprises") -> Any:
    return got(client, f"/ogc/collections/{layer}/items?{query}")


def ids(found: Any) -> list[str]:
    return [feature["id"] for feature in found["features"]]


def linked(found: Any) -> dict[str, str]:
    return {one["rel"]: urlsplit(one["href"]).path + "?" + urlsplit(one["href"]).query for one in found["links"]}


def walked(client: FlaskClient, query: str) -> list[str]:
    """The ids of all pages."""
    found, seen = items(client, query), []
    while True:
        seen += ids(found)
        if "next" not in linked(found):
            return seen
        found = got(client, linked(found)["next"])


# --- /conf/core: what there is ------------------------------------------------------------------------------------


def test_conf_core_root_success(client: FlaskClient) -> None:
    found = got(client, "/ogc")
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} == set(linked(found))
    for address in linked(found).values():
        assert client.get(address).status_code == 200
    assert got(client, "/ogc/")["title"] == found["title"]


def test_conf_core_conformance_success(client: FlaskClient) -> None:
    names = got(client, "/ogc/conformance")["conformsTo"]
    assert [name.rsplit("/", 1)[1] for name in names] == ["core", "oas30", "html", "geojson", "crs"]


def test_conf_oas30_the_description_names_every_collection_and_column_and_is_sound(client: FlaskClient) -> None:
    answer = client.get("/ogc/api")
    assert answer.content_type == "application/vnd.oai.openapi+json;version=3.0"
    told = json.loads(answer.data)
    named = re.findall(r'"\$ref": ?"#/([^"]+)"', answer.get_data(as_text=True))
    for pointer in named:
        found: Any = told
        for part in pointer.split("/"):
            found = found[part]
    operations = [one["get"]["operationId"] for one in told["paths"].values()]
    assert len(set(operations)) == len(operations) == 4 + 3 * len(load_layers())
    filters = {one.get("name") for one in told["paths"]["/collections/enterprises/items"]["get"]["parameters"]}
    assert {"town_name", "contact"} <= filters and "crs" not in filters
    limit = told["components"]["parameters"]["limit"]["schema"]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 10000, "default": 100}
    for path, one in told["paths"].items():
        wanted = set(re.findall(r"{(\w+)}", path))
        assert wanted == {p["name"] for p in one["get"]["parameters"] if p.get("in") == "path"}
        assert {"200", "400", "401", "404"} <= set(one["get"]["responses"])


def test_conf_core_fc_md_success(client: FlaskClient) -> None:
    found = got(client, "/ogc/collections")
    assert [one["id"] for one in found["collections"]] == list(load_layers())
    one = next(one for one in found["collections"] if one["id"] == "no_burn_zones")
    assert one == got(client, "/ogc/collections/no_burn_zones")
    assert one["extent"]["temporal"]["interval"] == [[None, None]] and one["itemType"] == "feature"
    assert one["extent"]["spatial"]["bbox"] == [pytest.approx([119.46, 29.2, 119.49, 29.21])]
    assert {link["type"] for link in one["links"] if link["rel"] == "items"} == {"application/geo+json", "text/html"}


def test_conf_core_f_success(client: FlaskClient) -> None:
    """A feature by its id: the key, of zones with the first day in force, and the code alone for the version of today."""
    found = got(client, "/ogc/collections/enterprises/items/E01")
    assert (found["id"], found["geometry"]) == ("E01", {"type": "Point", "coordinates": list(E0001)})
    assert set(linked(found)) == {"self", "alternate", "collection"}
    assert got(client, "/ogc/collections/enterprises/items/Z9")["geometry"] is None
    assert got(client, "/ogc/collections/no_burn_zones/items/A@2019-01-01")["properties"]["valid_to"] == "2019-12-31"
    assert got(client, "/ogc/collections/no_burn_zones/items/A")["id"] == "A@2020-01-01"
    assert got(client, "/ogc/collections/no_burn_zones/items/A?as_of=2019-06-01")["id"] == "A@2019-01-01"
    assert got(client, "/ogc/collections/no_burn_zones/items/B@always")["id"] == "B@always"
    got(client, "/ogc/collections/no_burn_zones/items/B", 404)


def test_conf_core_f_an_id_of_any_letters_has_an_address(client: FlaskClient) -> None:
    name = "A/B <b>&?#%"
    kept = name.replace("/", "%2F")  # as our server hands it on
    for text in (quote(name, safe=""), quote(name), quote(kept, safe="")):
        assert got(client, f"/ogc/collections/enterprises/items/{text}")["id"] == name
    page = client.get(f"/ogc/collections/enterprises/items/{quote(name, safe='')}?f=html").get_data(as_text=True)
    assert "A/B &lt;b&gt;&amp;?#%" in page and "<b>&?" not in page and "{{7*7}}" in page


# --- /conf/core: items ---------------------------------------------------------------------------------------------


def test_conf_core_fc_response(client: FlaskClient) -> None:
    answer = client.get("/ogc/collections/enterprises/items")
    found = json.loads(answer.data)
    assert answer.content_type == "application/geo+json" and answer.headers["Content-Crs"] == f"<{CRS84}>"
    assert (found["numberMatched"], found["numberReturned"], len(found["features"])) == (32, 32, 32)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["timeStamp"])
    assert ids(found) == sorted(ids(found)) and set(linked(found)) == {"self", "alternate", "collection"}
    first = next(feature for feature in found["features"] if feature["id"] == "E01")
    assert first["properties"]["lon"] == E0001[0] and first["properties"]["town_name"] == "兰江街道"
    assert len({tuple(feature["properties"]) for feature in found["features"]}) == 1, "every feature has every property"


@pytest.mark.parametrize(("limit", "returned"), [("1", 1), ("7", 7), ("10000", 32), ("10001", 32), ("9" * 40, 32), ("007", 7)])
def test_conf_core_fc_limit_response(client: FlaskClient, limit: str, returned: int) -> None:
    found = items(client, f"limit={limit}")
    assert (found["numberReturned"], found["numberMatched"]) == (returned, 32)
    assert ("next" in linked(found)) == (returned < 32)


@pytest.mark.parametrize("size", [1, 7, 16, 31, 32, 33])
def test_conf_core_fc_links_pages_give_every_feature_once(client: FlaskClient, size: int) -> None:
    assert walked(client, f"limit={size}") == ids(items(client))


@pytest.mark.parametrize(("box", "found"), [
    ("119.466712345,29.214212345,119.467712345,29.22", ["E01", "E02"]),  # on its corner and on its edge
    ("119.466712346,29.2,119.4677,29.3", []),  # between two
    ("119.466712345,29.214212345,119.466712345,29.214212345", ["E01"]),  # a point
    ("119.46,29.214212345,119.468,29.214212345", ["E01", "E02"]),  # a line
    ("119.466,29.2,-5,119.467,29.3,9999", ["E01"]),  # heights are not looked at
    ("-10,-10,-5,-5", []),
    ("170,-90,119.467,90", ["E01"]),  # across the antimeridian, as far as here
])  # fmt: skip
def test_conf_core_fc_bbox_response(client: FlaskClient, box: str, found: list[str]) -> None:
    answer = items(client, f"bbox={box}")
    assert ids(answer) == found and answer["numberMatched"] == len(found)


def test_conf_core_fc_bbox_response_of_areas_their_edges_and_corners_belong(client: FlaskClient) -> None:
    def inside(box: str) -> list[str]:
        return ids(items(client, f"bbox={box}&datetime=../..", "no_burn_zones"))

    assert inside("119.40,29.1,119.46,29.2") == ["A@2019-01-01"]  # only the corner touches
    assert inside("119.40,29.1,119.4599999,29.2") == []
    assert inside("119.48,29.205,119.48,29.205") == ["A@2020-01-01", "B@always"]  # the edge between two
    assert inside("119.461,29.201,119.462,29.202") == ["A@2019-01-01"]  # a box within an area


@pytest.mark.parametrize(("when", "found"), [
    ("2018-12-31", ["B@always"]), ("2019-01-01", ["A@2019-01-01"]), ("2019-12-31", ["A@2019-01-01"]),
    ("2020-01-01", ["A@2020-01-01"]), ("2019-12-31T15:59:59Z", ["A@2019-01-01"]), ("2019-12-31T16:00:00Z", ["A@2020-01-01"]),
    ("2020-01-01T00:00:00%2B08:00", ["A@2020-01-01"]), ("2020-01-01T00:00:00+08:00", ["A@2020-01-01"]),
    ("2018-01-01/2019-06-01", ["A@2019-01-01", "B@always"]), ("../2018-01-01", ["B@always"]), ("/2018-01-01", ["B@always"]),
    ("2019-12-31/..", ["A@2019-01-01", "A@2020-01-01"]), ("2020-01-01/", ["A@2020-01-01"]),
    ("../..", ["A@2019-01-01", "A@2020-01-01", "B@always"]),
])  # fmt: skip
def test_conf_core_fc_time_response(client: FlaskClient, when: str, found: list[str]) -> None:
    assert ids(items(client, f"datetime={when}", "no_burn_zones")) == found
    assert items(client, f"datetime={when}")["numberMatched"] == 32, "what has no time is always selected"


def test_conf_core_fc_time_without_it_zones_are_those_in_force_today(client: FlaskClient) -> None:
    assert ids(items(client, "", "no_burn_zones")) == ["A@2020-01-01"]
    assert ids(items(client, "as_of=2019-05-01", "no_burn_zones")) == ["A@2019-01-01"]


@pytest.mark.parametrize(("query", "count"), [
    ("town_name=云山街道", 10), ("town_name=云山街道&enterprise_code=E03", 1), ("town_name=nowhere", 0),
    ("enterprise_name=没有坐标", 1),
    ("lat=29.214212345", 30), ("lat=29.2142123450", 30), ("lat=", 1), ("enterprise_code=%22';--", 0),
])  # fmt: skip
def test_conf_core_fc_filters_by_property(client: FlaskClient, query: str, count: int) -> None:
    assert items(client, query)["numberMatched"] == count == len(items(client, query)["features"])


def test_conf_core_fc_filters_a_list_holds_a_word(client: FlaskClient) -> None:
    assert ids(items(client, "exemptions=chp&datetime=../..", "no_burn_zones")) == ["A@2019-01-01"]
    assert ids(items(client, "zone_class=II&effective_from=2020-01-01", "no_burn_zones")) == ["A@2020-01-01"]


BAD = (
    "bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=a,b,c,d", "bbox=", "bbox=NaN,1,2,3", "bbox=1,2,inf,4",
    "bbox=119,30,120,29", "bbox=29,119,30,120",
    f"bbox=454562,3233414,454562,3233413&bbox-crs={EPSG}4549", f"bbox=119,29,120,30&bbox-crs={EPSG}4490",
    "limit=0", "limit=-1", "limit=1.5", "limit=ten", "limit=", "limit=٣", "limit=1&limit=2",
    "datetime=2021", "datetime=2021-02-30", "datetime=2021-07-01/2020-07-01", "datetime=a/b", "datetime=..",
    "datetime=", "datetime=1/2/3",
    "datetime=0001-01-01T00:00:00%2B14:00", "crs=EPSG:4490", f"crs={EPSG}3857", f"bbox-crs={EPSG}3857",
    "next=x", "next=AAAA", "next=" + "A" * 5000, "next=é", "nosuch=1", "f=xml", "lang=fr", "as_of=x", "lat=north", "status=none",
    "f=json&f=html", "bbox=1,2,3,4&bbox=1,2,3,4",
)  # fmt: skip


@pytest.mark.parametrize("query", BAD)
def test_conf_core_query_param_invalid(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/ogc/collections/enterprises/items?{query}")
    told = json.loads(answer.data)
    assert (answer.status_code, answer.content_type, told["status"]) == (400, "application/problem+json", 400), told
    assert re.search(r"[一-鿿]", told["detail"]) and len(told["detail"]) < 900
    client.set_cookie("lang", "en")
    english = json.loads(client.get(f"/ogc/collections/enterprises/items?{query}").data)["detail"]
    client.delete_cookie("lang")
    if "lang=" not in query:  # which goes before the cookie
        assert english != told["detail"]


@pytest.mark.parametrize("path", ["", "/conformance", "/api", "/collections", "/collections/towns", "/collections/towns/items",
                                  "/collections/enterprises/items/E01"])  # fmt: skip
def test_conf_core_query_param_unknown(client: FlaskClient, path: str) -> None:
    assert "nosuch" in got(client, f"/ogc{path}?nosuch=1", 400)["detail"]


def test_conf_core_http_what_there_is_not_is_a_problem_in_json_and_a_page_for_people(client: FlaskClient) -> None:
    for path in ("/ogc/x", "/ogc/collections/x", "/ogc/collections/x/items", "/ogc/collections/x/items/y",
                 "/ogc/collections/towns/items/y",
                 "/ogc/collections/enterprises/items/%2e%2e", "/ogc/collections/enterprises/items/{{7*7}}"):  # fmt: skip
        answer = client.get(path)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json"), path
        assert client.get(path, headers={"Accept": "text/html"}).content_type.startswith("text/html")
    assert client.get("/ogc/collections/enterprises/items?limit=0&f=html").status_code == 400
    assert client.post("/ogc/collections").status_code == 405
    assert "GET" in client.options("/ogc/collections").headers["Allow"]
    head = client.head("/ogc/collections/enterprises/items")
    assert head.status_code == 200 and not head.data and head.headers["Content-Crs"] == f"<{CRS84}>"


def test_conf_html_content_and_conf_geojson_content(client: FlaskClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for path in ("", "/conformance", "/api", "/collections", "/collections/enterprises", "/collections/enterprises/items",
                 "/collections/enterprises/items/E01", "/collections/station_values/items"):  # fmt: skip
        page = client.get(f"/ogc{path}", headers=browser)
        assert (page.status_code, page.mimetype) == (200, "text/html"), path
        assert client.get(f"/ogc{path}?f=json", headers=browser).mimetype.endswith("json")
        assert client.get(f"/ogc{path}?f=html").mimetype == "text/html"
        assert client.get(f"/ogc{path}", headers={"Accept": "*/*"}).mimetype.endswith("json")
        assert "Accept" in client.get(f"/ogc{path}").headers["Vary"]


def test_an_unchanged_layer_is_not_sent_again(store: Store, region: Region, client: FlaskClient) -> None:
    path = "/ogc/collections/enterprises/items?limit=3"
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["Content-Crs"]) == (304, b"", first.headers["Content-Crs"])
    viewer = keyed(store, region, "viewer")
    other = viewer.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200 and other.headers["ETag"] != first.headers["ETag"]
    assert client.get(path + "&f=html", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


# --- /conf/crs ------------------------------------------------------------------------------------------------------


def test_conf_crs_fc_md_crs_list_and_storage_crs(client: FlaskClient) -> None:
    one = got(client, "/ogc/collections/enterprises")
    assert one["crs"][:3] == [CRS84, EPSG + "4490", EPSG + "4549"] and one["storageCrs"] == EPSG + "4490"


@pytest.mark.parametrize("code", ["4490", "4549", "4528"])
def test_conf_crs_crs_parameter_axes_stand_as_the_registry_says(client: FlaskClient, code: str) -> None:
    """A known point: what pyproj, which keeps to the registry's order, makes of it."""
    registered = pyproj.Transformer.from_crs("OGC:CRS84", f"EPSG:{code}", always_xy=False).transform(*E0001)
    assert [axis.direction for axis in pyproj.CRS(f"EPSG:{code}").axis_info] == ["north", "east"]
    for path in ("/ogc/collections/enterprises/items?enterprise_code=E01&", "/ogc/collections/enterprises/items/E01?"):
        answer = client.get(f"{path}crs={EPSG}{code}")
        found = json.loads(answer.data)
        place = (found["features"][0] if "features" in found else found)["geometry"]["coordinates"]
        assert answer.headers["Content-Crs"] == f"<{EPSG}{code}>"
        assert place == pytest.approx(registered, abs=1e-9 if code == "4490" else 1e-3)
        north = {"4490": 29.2, "4549": 3_233_000, "4528": 3_233_000}[code]
        assert place[0] == pytest.approx(north, abs=2_000 if north > 90 else 0.1), "north comes first"


@pytest.mark.parametrize("code", ["4490", "4549", "4528"])
def test_conf_crs_bbox_crs_has_the_same_order_and_is_exact_in_the_numbers_served(client: FlaskClient, code: str) -> None:
    served = items(client, f"enterprise_code=E07&crs={EPSG}{code}")["features"][0]["geometry"]["coordinates"]
    box = ",".join(repr(value) for value in (*served, *served))
    assert ids(items(client, f"bbox={box}&bbox-crs={EPSG}{code}")) == ["E07"]
    beside = ",".join(repr(value) for value in (served[0], served[1] + 0.001, served[0] + 9, served[1] + 9))
    assert "E07" not in ids(items(client, f"bbox={beside}&bbox-crs={EPSG}{code}"))


def test_conf_crs_areas_are_turned_as_a_whole(client: FlaskClient) -> None:
    found = items(client, f"crs={EPSG}4490", "no_burn_zones")["features"][0]["geometry"]["coordinates"][0]
    assert sorted(map(tuple, found)) == sorted((y, x) for x, y in square(1).exterior.coords)


# --- who sees what ---------------------------------------------------------------------------------------------------


def test_without_an_account_programs_are_refused_and_people_log_in(store: Store, region: Region) -> None:
    nobody = product.create_app(store, region).test_client()
    answer = nobody.get("/ogc/collections/enterprises/items")
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Basic" in answer.headers["WWW-Authenticate"], "some programs show a key only when they are asked"
    browser = nobody.get("/ogc?f=json", headers={"Sec-Fetch-Mode": "navigate"})
    assert browser.headers["WWW-Authenticate"] == "Bearer", "nobody is asked for a password in a box of the browser's"
    assert nobody.get("/ogc", headers={"Accept": "text/html"}).headers["Location"].startswith("/login")


def test_a_key_also_works_as_the_password_of_its_account_to_read_here_and_nowhere_else(store: Store, region: Region) -> None:
    create(store, Person("basic", "basic", ("admin",)), "test", "Long-enough-9371-words")
    key = make_token(store, "basic", "test", ("view",), 1, "test")
    client = product.create_app(store, region).test_client()

    def status(name: str, password: str, path: str = "/ogc/collections", method: str = "GET") -> int:
        shown = base64.b64encode(f"{name}:{password}".encode()).decode()
        return client.open(path, method=method, headers={"Authorization": f"Basic {shown}"}).status_code

    assert status("basic", key) == status("BASIC", key) == 200
    assert status("other", key) == status("basic", "Long-enough-9371-words") == status("basic", key[:-1]) == status("", "") == 401
    assert status("basic", key, "/api/layers") == 401
    assert status("basic", key, "/grid/store", "POST") == 401


def test_personal_columns_are_neither_served_nor_asked_for_without_the_right(store: Store, region: Region) -> None:
    bare = keyed(store, region, "admin", "view")
    assert "contact" not in items(bare)["features"][0]["properties"]
    assert "contact" not in json.dumps(got(bare, "/ogc/api"))
    assert "contact" in got(bare, "/ogc/collections/enterprises/items?contact=示例某", 400)["detail"]
    for path in ("items", "items/E01"):
        assert "示例某" not in bare.get(f"/ogc/collections/enterprises/{path}?f=html").get_data(as_text=True)


def test_rows_outside_the_area_look_like_none(_demo_folder: Any, tmp_path: Any, region: Region) -> None:
    """A grid head: what the export holds, and nothing else, by every way."""
    from services.scope import ROLES, Area, Principal
    from services.seen import keys_seen
    from tests.conftest import _copy

    store = open_store(_copy(_demo_folder, tmp_path / "demo"))
    head = product.create_app(store, region).test_client()
    head.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_token(store, 'demo-head', 'test', (), 1, 'test')}"
    cells = frozenset({"P-20", "P-21", "P-25", "P-26"})
    layer = load_layers()["enterprises"]
    peer = Principal("h", ROLES["grid_head"].permissions, Area(False, frozenset(), cells))
    mine = keys_seen(store, region, layer, region.today(), peer)
    assert mine and set(walked(head, "limit=3")) == mine
    boss = product.create_app(store, region).test_client()
    boss.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_token(store, 'demo-admin', 'test', (), 1, 'test')}"
    everything = items(boss, "limit=10000")
    outside = next(name for name in ids(everything) if name not in mine)
    hidden, unknown = (head.get(f"/ogc/collections/enterprises/items/{name}") for name in (outside, "NOBODY"))
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.get_data(as_text=True).replace(outside, "NOBODY") == unknown.get_data(as_text=True)
    assert items(head, f"enterprise_code={outside}")["numberMatched"] == 0
    extents = [got(one, "/ogc/collections/enterprises")["extent"]["spatial"]["bbox"][0] for one in (head, boss)]
    assert extents[0][0] > extents[1][0] and extents[0][3] < extents[1][3], "an extent tells of no foreign rows"
    assert items(head, "", "station_values")["numberMatched"] == 0 < items(boss, "", "station_values")["numberMatched"]
    days = items(boss, "datetime=2020-05-01&limit=5", "station_values")["features"]
    assert {feature["properties"]["observed_at"][:10] for feature in days} == {"2020-05-01"}
    store.close()


# --- pages while others write ------------------------------------------------------------------------------------------


@given(size=st.integers(1, 9), turns=st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=6))
@often(4)
def test_what_exists_throughout_is_on_exactly_one_page_while_others_write(size: int, turns: list[tuple[bool, int]]) -> None:
    """Between any two pages a row is added, changed or taken out; the client only follows ``next``."""
    import tempfile
    from pathlib import Path

    from tests._store_rows import REGION

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "w.sqlite", create=True)
        put(store, "enterprises", _enterprises(CODES[::2]))
        client, steady, seen, waiting = keyed(store, REGION, "admin"), set(CODES[::2]), [], list(turns)
        there = set(steady)
        found = items(client, f"limit={size}")
        while True:
            seen += ids(found)
            if "next" not in linked(found):
                break
            if waiting:
                adds, number = waiting.pop()
                code = f"E{number:02d}"
                if adds:
                    put(store, "enterprises", _enterprises([code]))
                    there.add(code)
                elif code in there:
                    retire(store, "enterprises", code, "试验")
                    there.discard(code)
                    steady.discard(code)
            found = got(client, linked(found)["next"])
        store.close()
    assert len(seen) == len(set(seen)) and steady <= set(seen) and seen == sorted(seen)


def test_what_is_kept_has_bounds_and_forgets_what_a_layer_was(
    makers: Any, region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = makers.store()
    put(store, "enterprises", _enterprises(CODES))
    client, bare = keyed(store, region, "admin"), keyed(store, region, "viewer")

    def mine() -> list[Any]:
        return [one for one in _ogc_rows._kept if one[0] == store.place.identity and one[1] == "enterprises"]

    assert items(client)["numberMatched"] == items(bare)["numberMatched"] == 30
    assert len(mine()) == 2, "two views"
    put(store, "enterprises", _enterprises(["E31"]))
    assert items(client)["numberMatched"] == 31 and len(mine()) == 2
    monkeypatch.setattr(_ogc_rows, "MOST_ROWS", 40)
    assert items(bare)["numberMatched"] == 31 and len(_ogc_rows._kept) == 1
    got(client, "/ogc/collections")
    assert len(_ogc_rows._kept) <= len(load_layers()) and sum(map(len, _ogc_rows._kept.values())) <= 40


def test_a_correction_keeps_the_id_of_a_version(makers: Any, region: Region) -> None:
    store = makers.store()
    put(store, "no_burn_zones", zones(zone("A", "2020-01-01")))
    client = keyed(store, region, "admin")
    before = got(client, "/ogc/collections/no_burn_zones/items/A@2020-01-01")
    put(store, "no_burn_zones", zones(zone("A", "2020-01-01", place=3), zone("A", "2022-01-01", place=4)))
    after = got(client, "/ogc/collections/no_burn_zones/items/A@2020-01-01")
    assert before["id"] == after["id"] and before["geometry"] != after["geometry"]
    assert after["properties"]["valid_to"] == "2021-12-31"
