"""底图 base maps: files of tiles that the administrator laid beside the program, and Tianditu through this server.

Files are named by ``BLUESKY_BASEMAPS``. Tianditu is off unless both its address and a key are configured; the key never
reaches a browser, and no request can name another host.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from geo.errors import NotFound, Unavailable
from geo.tile_file import TileFile, TilesUnusable, open_tiles

SUFFIXES = (".mbtiles", ".pmtiles")
REMOTE = {
    "vec": ("天地图矢量", "Tianditu map"), "img": ("天地图影像", "Tianditu imagery"), "ter": ("天地图地形", "Tianditu relief"),
}  # fmt: skip
PREFIX = "tianditu-"
LARGEST, PATIENCE_SECONDS, DEEPEST = 2_000_000, 8, 18
IMAGES = ("image/png", "image/jpeg", "image/webp")
LOCAL_HOSTS = ("127.0.0.1", "localhost")


class BasemapUnknown(NotFound):
    """No such base map, or it is not configured."""

    zh = "没有底图“{what}”。"
    en = "There is no base map “{what}”."


class BasemapSilent(Unavailable):
    """The configured server did not answer with a picture."""

    zh = "底图服务没有返回图片（{detail}），请稍后再试或改用本地底图。"
    en = "The base map's server gave no picture ({detail}); try later, or use a local base map."


@dataclass(frozen=True)
class Basemap:
    """One base map: its name in addresses, its titles, the levels it has, where it lies, to whom it is owed."""

    name: str
    title: str
    title_en: str
    lowest: int
    highest: int
    bounds: tuple[float, float, float, float]
    attribution: str = ""


def files() -> list[Path]:
    """The files of tiles that are configured: those named, and those in folders named."""
    found: list[Path] = []
    for text in filter(None, os.environ.get("BLUESKY_BASEMAPS", "").split(os.pathsep)):
        place = Path(text)
        inside = sorted(place.iterdir()) if place.is_dir() else [place]
        found += [one for one in inside if one.suffix.lower() in SUFFIXES and one.is_file()]
    return found


@lru_cache(maxsize=16)
def _opened(path: Path, changed: int) -> TileFile:
    return open_tiles(path)


def _known() -> dict[str, TileFile]:
    """Name → file; one that cannot be used is left out here and told by ``faults``."""
    found: dict[str, TileFile] = {}
    for path in files():
        try:
            found[f"file-{len(found)}-{path.stem}"[:60]] = _opened(path, path.stat().st_mtime_ns)
        except TilesUnusable:
            continue
    return found


def faults() -> list[TilesUnusable]:
    """What is wrong with configured files."""
    found = []
    for path in files():
        try:
            _opened(path, path.stat().st_mtime_ns)
        except TilesUnusable as fault:
            found.append(fault)
    return found


def remote_address() -> str:
    """Where Tianditu is asked; empty unless an address and a key are configured."""
    address = os.environ.get("BLUESKY_TIANDITU_URL", "").strip().rstrip("/")
    parts = urlsplit(address)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
    return address if os.environ.get("BLUESKY_TIANDITU_KEY", "").strip() and parts.hostname and safe else ""


def basemaps() -> list[Basemap]:
    """Every base map there is."""
    local = [
        Basemap(name, file.path.stem, file.path.stem, file.lowest, file.highest, file.bounds, file.attribution)
        for name, file in _known().items()
    ]
    if not remote_address():
        return local
    world = (-180.0, -85.0, 180.0, 85.0)
    return local + [Basemap(PREFIX + key, *titles, 1, DEEPEST, world, titles[0]) for key, titles in REMOTE.items()]


def basemap_tile(name: str, z: int, x: int, y: int) -> tuple[bytes, str] | None:
    """A tile and its MIME type; None where there is none.

    Raises:
        BasemapUnknown, TilesUnusable, BasemapSilent.
    """
    if name.startswith(PREFIX) and name.removeprefix(PREFIX) in REMOTE and remote_address():
        if not (1 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
            return None
        return _asked(name.removeprefix(PREFIX), z, x, y)
    file = _known().get(name)
    if file is None:
        raise BasemapUnknown(what=name[:60])
    found = file.tile(z, x, y)
    return None if found is None else (found, file.media)


class _Still(urllib.request.HTTPRedirectHandler):
    """Redirects lead elsewhere: none is followed."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Refuse."""
        return


@lru_cache(maxsize=512)
def _asked(layer: str, z: int, x: int, y: int) -> tuple[bytes, str]:
    told = {
        "SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0", "LAYER": layer, "STYLE": "default", "TILEMATRIXSET": "w",
        "FORMAT": "tiles", "TILEMATRIX": z, "TILEROW": y, "TILECOL": x, "tk": os.environ["BLUESKY_TIANDITU_KEY"].strip(),
    }  # fmt: skip
    address = f"{remote_address()}/{layer}_w/wmts?{urlencode(told)}"
    try:
        request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0"})
        with urllib.request.build_opener(_Still).open(request, timeout=PATIENCE_SECONDS) as answer:
            media, content = answer.headers.get_content_type(), answer.read(LARGEST + 1)
    except (urllib.error.URLError, OSError, ValueError) as fault:
        reason = getattr(fault, "code", None) or type(fault).__name__
        raise BasemapSilent(detail=reason) from None  # the address in the fault holds the key
    if media not in IMAGES or len(content) > LARGEST:
        raise BasemapSilent(detail=media)
    return content, media
