"""Cells of a workbook that hold a formula's error (#N/A, #DIV/0! …): they read as empty, so they are told."""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as Xml

SHOWN = 10
_ERROR = re.compile(rb"""<c\b(?=[^>]*\bt=["']e["'])[^>]*\br=["']([A-Z]{1,3}\d{1,7})["']""")
_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def error_notes(path: Path, sheet: str) -> list[str]:
    """One sentence naming such cells of a sheet; nothing for workbooks that are no XLSX."""
    try:
        with zipfile.ZipFile(path) as archive:
            cells = [cell.decode() for cell in _ERROR.findall(archive.read(_part(archive, sheet)))]
    except (zipfile.BadZipFile, KeyError, Xml.ParseError, DefusedXmlException, StopIteration, RuntimeError):
        return []
    if not cells:
        return []
    shown = "、".join(cells[:SHOWN]) + ("…" if len(cells) > SHOWN else "")
    zh = f"{len(cells)} 个单元格是公式错误（#N/A 等），按空处理：{shown}"
    return [f"{zh} / {len(cells)} cells hold formula errors and read as empty: {shown}"]


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """Which member of the archive holds a sheet."""
    book = Xml.fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
    link = next(one.get(_LINK) for one in book.iter(f"{_SPACE}sheet") if one.get("name") == sheet)
    links = Xml.fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    target = next(str(one.get("Target")) for one in links if one.get("Id") == link)
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
