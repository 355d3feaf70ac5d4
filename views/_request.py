"""What a request asks: the day, the language, the store, known parameters only."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from flask import current_app, g, request, url_for
from flask_login import current_user

from geo.errors import WrongUsage
from geo.region import Region
from services.assess import Assessment, current
from services.scope import ANONYMOUS, Principal
from services.seen import seen_by
from store.open import Store

LANGUAGES = ("zh", "en")
COMMON = ("as_of", "lang")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST_PAGES = 1_000_000


def store() -> Store:
    """The store this application was made with."""
    found: Store = current_app.extensions["bluesky_store"]
    return found


def region() -> Region:
    """The region this application was made for."""
    found: Region = current_app.extensions["bluesky_region"]
    return found


def principal() -> Principal:
    """Who asks."""
    found: Principal = current_user.principal if current_user.is_authenticated else ANONYMOUS
    return found


def language() -> str:
    """``zh`` or ``en``: from the URL, else the cookie, else Chinese."""
    asked = request.args.get("lang") or request.cookies.get("lang") or "zh"
    return asked if asked in LANGUAGES else "zh"


def as_of() -> dt.date:
    """The day asked for in the URL; without one, the day the application shows first.

    Raises:
        WrongUsage: no date.
    """
    text = request.args.get("as_of", "").strip()
    if not text:
        day: dt.date | None = current_app.extensions["bluesky_day"]
        return day or region().today()
    return day_of(text)


def day_of(text: str) -> dt.date:
    """A day as somebody wrote it.

    Raises:
        WrongUsage: no date.
    """
    try:
        if not DAY.fullmatch(text):
            raise ValueError(text)
        return dt.date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(value=text[:60], hint="日期请写成 2021-07-01 / write a date like 2021-07-01") from None


def is_program() -> bool:
    """Whether errors are told to a program: under /api, and under /ogc where no page was asked for."""
    return request.path.startswith("/api/") or request.path == "/healthz" or (is_ogc() and not page_wanted())


def is_ogc() -> bool:
    """Whether the OGC API is asked, whose every address is a document for programs and a page for people."""
    return request.path == "/ogc" or request.path.startswith("/ogc/")


def page_wanted() -> bool:
    """Whether an address of the OGC API is to answer with a page: ``f`` says so, else the Accept header."""
    form = request.args.get("f", "")
    if form:
        return form == "html"
    return request.accept_mimetypes.best_match(("application/json", "application/geo+json", "text/html")) == "text/html"


def kept() -> dict[str, str]:
    """What every link takes along: the day, where one was asked for."""
    asked = request.args.get("as_of", "").strip()
    return {"as_of": asked} if DAY.fullmatch(asked) else {}


def assessment() -> Assessment:
    """What somebody sees of the assessment of the day asked for, worked out once a request."""
    if "assessment" not in g:
        g.assessment = seen_by(current(store(), region(), as_of()), principal())
    found: Assessment = g.assessment
    return found


def only(names: Iterable[str]) -> dict[str, str]:
    """The request's parameters, of which none may be unknown; one given several times is joined with commas.

    Raises:
        WrongUsage: an unknown parameter, a day that is none, a language there is not.
    """
    known = {*names, *COMMON}
    for name in request.args:
        if name not in known:
            raise WrongUsage(value=name[:60], hint="未知参数 / unknown parameter")
    if request.args.get("lang", "zh") not in LANGUAGES:
        raise WrongUsage(value=request.args["lang"][:60], hint=" ".join(LANGUAGES))
    as_of()
    return {name: ",".join(text for text in request.args.getlist(name) if text) for name in known}


def number(text: str, default: int = 1) -> int:
    """A whole number from 1, such as that of a page.

    Raises:
        WrongUsage: anything else.
    """
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MOST_PAGES:
        raise WrongUsage(value=text[:60], hint="请输入从 1 开始的整数 / a whole number from 1 is needed")
    return int(text)


def same_page(endpoint: str = "", **changes: str | int | None) -> str:
    """The address asked for with some parameters changed; None or empty takes one away.

    Args:
        endpoint: another page that takes the same parameters.

    From a page that tells an error it leads to the first one: what exists must not show there.
    """
    if g.get("failed"):
        return url_for("overview", **{k: v for k, v in changes.items() if v not in (None, "")})
    asked = {name: ",".join(texts) for name, texts in request.args.lists()}
    values = {**(request.view_args or {} if not endpoint else {}), **asked, **changes}
    return url_for(endpoint or request.endpoint or "overview", **{k: v for k, v in values.items() if v not in (None, "")})
