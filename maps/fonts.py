"""Chinese fonts of this computer for printed maps: the first one found, cut down to the characters used.

The characters of a sheet become a small TrueType font of their own: outlines in quadratic curves, one weight,
the simplified-Chinese face of a collection. PDF readers take that without exception, whatever kind of font
the computer has (collections, OpenType with cubic outlines, variable fonts).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from geo.errors import Unavailable

SANS: tuple[tuple[str, str], ...] = (
    ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"),
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf"),
    ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"),
    ("SourceHanSansSC-Regular.otf", "SourceHanSansSC-Bold.otf"),
    ("SourceHanSansCN-Regular.otf", "SourceHanSansCN-Bold.otf"),
    ("SourceHanSans-Regular.ttc", "SourceHanSans-Bold.ttc"),
    ("NotoSansCJK-VF.ttf.ttc", ""),
    ("NotoSansCJK-VF.otf.ttc", ""),
    ("NotoSansSC-VF.ttf", ""),
    ("NotoSansSC[wght].ttf", ""),
    ("msyh.ttc", "msyhbd.ttc"),
    ("msyh.ttf", "msyhbd.ttf"),
    ("PingFang.ttc", ""),
    ("Hiragino Sans GB.ttc", ""),
    ("STHeiti Medium.ttc", ""),
    ("Deng.ttf", "Dengb.ttf"),
    ("simhei.ttf", ""),
    ("wqy-microhei.ttc", ""),
    ("wqy-zenhei.ttc", ""),
    ("DroidSansFallbackFull.ttf", ""),
    ("simsun.ttc", ""),
)
"""File names of the fonts looked for, best first, each with its bold companion."""

REGULAR, BOLD = 400, 700
MISSING_MARK = "〓"
"""Stands for a character the font does not have (the printers' geta), if it has that one."""
UNITS = 1000
FIXED_TIME = 3_786_912_000
"""Date written into the font (seconds since 1904): always the same, so that equal sheets are equal bytes."""


class FontMissing(Unavailable):
    """No Chinese font on this computer: a sheet with boxes is not written."""

    zh = "没有找到中文字体，未生成 PDF；请安装字体包 fonts-noto-cjk（Debian/Ubuntu：apt install fonts-noto-cjk）。"
    en = "No Chinese font was found and no PDF was written; install the package fonts-noto-cjk (apt install fonts-noto-cjk)."


@dataclass(frozen=True)
class Font:
    """Files of one family: the regular weight, and the bold one where there is a file of its own."""

    regular: Path
    bold: Path

    @property
    def name(self) -> str:
        """What ``check`` shows."""
        return self.regular.name


def folders(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> list[Path]:
    """Where a system keeps its fonts, the user's own first."""
    home = Path.home()
    if platform == "win32":
        local = environment.get("LOCALAPPDATA", str(home / "AppData" / "Local"))
        windows = environment.get("WINDIR") or environment.get("SYSTEMROOT", r"C:\Windows")
        return [Path(local) / "Microsoft" / "Windows" / "Fonts", Path(windows) / "Fonts"]
    if platform == "darwin":
        return [home / "Library" / "Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [data / "fonts", home / ".fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts")]


def find_font(places: tuple[Path, ...] | None = None) -> Font:
    """The best Chinese font of this computer.

    Args:
        places: folders to look in (with everything below); None for the system's, which are looked at once.
            ``BLUESKY_FONT`` names a file that goes before all.
    Raises:
        FontMissing: there is none; the sentence says which package to install.
    """
    named = os.environ.get("BLUESKY_FONT")
    if named and Path(named).is_file():
        return Font(Path(named), Path(named))
    return _find(tuple(folders()) if places is None else places)


@lru_cache(maxsize=8)
def _find(places: tuple[Path, ...]) -> Font:
    there: dict[str, Path] = {}
    for file in _files(places):
        there.setdefault(file.name.lower(), file)
    for regular, bold in SANS:
        if regular.lower() in there:
            found = there[regular.lower()]
            return Font(found, there.get(bold.lower(), found))
    raise FontMissing()


def _files(places: tuple[Path, ...]) -> Iterator[Path]:
    for place in places:
        for folder, _, names in os.walk(place):
            yield from (Path(folder) / name for name in names if name.lower().endswith((".ttf", ".otf", ".ttc")))


def cut(file: Path, text: str, weight: int, target: Path) -> dict[str, str]:
    """Write a TrueType font holding the characters of a text.

    Args:
        file: any font file; of a collection the simplified-Chinese face is taken.
        text: the characters wanted. weight: of a variable font. target: the ``.ttf`` to write.
    Returns:
        Characters the font does not have, each with what is to be written in its place.
    """
    with _face(file) as face:
        known = face.getBestCmap()
        wanted = sorted(set(text) | {" "})
        present = {ord(c): known[ord(c)] for c in wanted if ord(c) in known}
        stand_in = MISSING_MARK if ord(MISSING_MARK) in known else " "
        absent = {c: stand_in for c in wanted if ord(c) not in known}
        if absent and stand_in == MISSING_MARK:
            present[ord(MISSING_MARK)] = known[ord(MISSING_MARK)]
        _write(face, present, weight, target)
    return absent


def _face(file: Path) -> Any:
    """The font of a file; of a collection its simplified-Chinese face, else the first."""
    from fontTools.ttLib import TTCollection, TTFont

    if file.suffix.lower() != ".ttc":
        return TTFont(file, lazy=True)
    with TTCollection(file, lazy=True) as collection:
        names = [str(face["name"].getDebugName(1) or "") for face in collection.fonts]
    chosen = next((i for i, name in enumerate(names) if " SC" in name and "Mono" not in name), 0)
    return TTFont(file, fontNumber=chosen, lazy=True)


def _write(face: Any, present: dict[int, str], weight: int, target: Path) -> None:
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.recordingPen import DecomposingRecordingPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    glyphs = face.getGlyphSet(location={"wght": weight} if "fvar" in face else None)
    scale = UNITS / face["head"].unitsPerEm
    order = [".notdef", *sorted(set(present.values()) - {".notdef"})]
    outlines, widths = {}, {}
    for name in order:
        pen = TTGlyphPen(None)
        whole = DecomposingRecordingPen(glyphs)
        glyphs[name].draw(whole)
        curves = Cu2QuPen(pen, 0.6, reverse_direction="glyf" not in face)
        whole.replay(TransformPen(curves, (scale, 0, 0, scale, 0, 0)))
        outlines[name], widths[name] = pen.glyph(), round(glyphs[name].width * scale)
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(present)
    builder.setupGlyf(outlines)
    table = builder.font["glyf"]
    builder.setupHorizontalMetrics({name: (widths[name], getattr(table[name], "xMin", 0)) for name in order})
    rise, fall = round(face["hhea"].ascent * scale), round(face["hhea"].descent * scale)
    builder.setupHorizontalHeader(ascent=rise, descent=fall)
    style = "Bold" if weight >= BOLD else "Regular"
    builder.setupNameTable({"familyName": "Sheet", "styleName": style, "psName": f"Sheet-{style}", "fullName": f"Sheet {style}"})
    builder.setupOS2(sTypoAscender=rise, sTypoDescender=fall, usWinAscent=rise, usWinDescent=-fall, usWeightClass=weight)
    builder.setupPost()
    builder.updateHead(created=FIXED_TIME, modified=FIXED_TIME)
    builder.font.recalcTimestamp = False
    builder.save(target)
