"""What a request asks: the day, the language, the store, known parameters only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from flask import current_app, g, request

from geo.errors import WrongUsage
from geo.region import Region
from services.assess import Assessment, current
from services.scope import Principal, local_principal
from store.open import Store

LANGUAGES = ("zh", "en")
COMMON = ("as_of", "lang")


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
    return local_principal()


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
    try:
        if len(text) != 10:
            raise ValueError(text)
        return dt.date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(value=text, hint="日期请写成 2021-07-01 / write a date like 2021-07-01") from None


def assessment() -> Assessment:
    """The assessment of the day asked for, judged once a request."""
    if "assessment" not in g:
        g.assessment = current(store(), region(), as_of())
    found: Assessment = g.assessment
    return found


def only(names: Iterable[str]) -> dict[str, str]:
    """The request's parameters, of which none may be unknown.

    Raises:
        WrongUsage: an unknown parameter.
    """
    known = {*names, *COMMON}
    for name in request.args:
        if name not in known:
            raise WrongUsage(value=name[:60], hint="未知参数 / unknown parameter")
    return {name: ",".join(request.args.getlist(name)) for name in known}
