"""Photos as evidence: kind by content, EXIF read, a clean thumbnail; the original is kept untouched under its hash."""

from __future__ import annotations

import datetime as dt
import io
import math
import threading
import warnings
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image, ImageOps

from geo.errors import Refused

LARGEST_BYTES, LARGEST_PIXELS = 15_000_000, 60_000_000
KINDS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
MEDIA = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
THUMB = (640, 640)
_EARTH_M = 6_371_000.0
_decoding = threading.BoundedSemaphore(2)
"""A picture of the largest size takes some 400 MB while it is read: not many at once."""


class PhotoUnfit(Refused):
    """A file that is no photo, or too large."""

    zh = "照片“{name}”不可用：只接受 15 MB 以内的 JPEG、PNG、WebP 图片。"
    en = "The photo “{name}” cannot be taken: JPEG, PNG or WebP up to 15 MB only."


@dataclass(frozen=True)
class Shot:
    """A photo as read. ``taken_at``: local time of the camera as ISO text, empty where it does not say."""

    content: bytes
    thumb: bytes
    kind: str
    width: int
    height: int
    taken_at: str
    lon: float | None
    lat: float | None


def read_photo(content: bytes, name: str) -> Shot:
    """Look at a photo.

    Raises:
        PhotoUnfit: no picture by its content, too many bytes or pixels, or broken.
    """
    if not 0 < len(content) <= LARGEST_BYTES:
        raise PhotoUnfit(name=name[:60])
    try:
        with _decoding, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(KINDS)) as picture:
                if picture.width * picture.height > LARGEST_PIXELS:
                    raise PhotoUnfit(name=name[:60])
                exif = picture.getexif()
                kind, size = KINDS[str(picture.format)], picture.size
                thumb = _thumb(picture)
                (lon, lat), taken = _place(exif), _taken(exif)
    except PhotoUnfit:
        raise
    except Exception as fault:  # Pillow's decoders raise nearly anything on a crafted file
        raise PhotoUnfit(name=name[:60]) from fault
    return Shot(content, thumb, kind, size[0], size[1], taken, lon, lat)


def _thumb(picture: Image.Image) -> bytes:
    """A small JPEG the right way up, with nothing of the original's metadata."""
    small = ImageOps.exif_transpose(picture).convert("RGB")
    small.thumbnail(THUMB)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=80)
    return written.getvalue()


def _taken(exif: Image.Exif) -> str:
    text = str(exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime) or "")
    try:
        return dt.datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        return ""


def _place(exif: Image.Exif) -> tuple[float | None, float | None]:
    tags = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps = ExifTags.GPS
    lon = _degrees(tags.get(gps.GPSLongitude), tags.get(gps.GPSLongitudeRef), "W", 180)
    lat = _degrees(tags.get(gps.GPSLatitude), tags.get(gps.GPSLatitudeRef), "S", 90)
    return (lon, lat) if lon is not None and lat is not None else (None, None)


def _degrees(parts: Any, side: Any, minus: str, limit: float) -> float | None:
    try:
        whole, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = whole + minutes / 60 + seconds / 3600
    if not 0 <= value <= limit:  # nor what is no number
        return None
    return round(-value if str(side).upper().startswith(minus) else value, 7)


def metres_between(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two (lon, lat) in degrees, on a sphere; good to 0.5 %, for telling whether somebody was there."""
    (lon1, lat1), (lon2, lat2) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(min(1.0, half)))
