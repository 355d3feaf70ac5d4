"""Shapefiles: read from a private copy, the index restored, the text decoded by our own rule."""

from __future__ import annotations

import codecs
import shutil
import struct
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo._decode import WESTERN_BELOW, chinese_share, decode_value
from geo._ogr_table import MOST_RECORDS, read_layer, refused, table_of
from geo.raw import RawTable, RowRemark
from geo.read import ReadOptions

_LATIN = ("latin", "iso88591", "cp1252", "windows1252", "1252", "88591", "iso885915", "88591")
_LATIN_BYTES = {0x01, 0x02, 0x03, 0x57, 0x58, 0x59}
"""Language bytes of a dBASE file that stand for Western text (0x57: the system's own)."""
_HEADER = 100
_CHINESE_ENOUGH = 0.9


def read(path: Path, options: ReadOptions) -> RawTable:
    """A shapefile with its attributes.

    Raises:
        FileUnreadable: the attributes are missing, or nothing can be read.
    """
    parts = {file.suffix.lower(): file for file in path.parent.glob(f"{_globbed(path.stem)}.*")}
    if ".dbf" not in parts:
        raise refused(path.name, "缺少同名 .dbf 文件，属性无法读取", "its .dbf with the attributes is missing")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        for suffix, file in parts.items():
            if suffix in (".shp", ".shx", ".dbf", ".prj"):
                shutil.copyfile(file, Path(folder) / f"part{suffix}")
        if ".shx" not in parts or parts[".shx"].stat().st_size < _HEADER:
            write_index(Path(folder) / "part.shp", _records(parts[".dbf"]))
        table = _read_copy(Path(folder) / "part.shp", path.name)
    said = parts[".cpg"].read_text("ascii", "replace").strip()[:40] if ".cpg" in parts else None
    frame, encoding, notes = _decoded(table.frame, options.encoding, said, _language_byte(parts[".dbf"]), path.name)
    if ".shx" not in parts:
        notes.append("缺少 .shx，已重建索引 / the missing .shx was restored")
    expected = _records(parts[".dbf"])
    if expected > len(frame):
        lost = expected - len(frame)
        notes.append(
            f"文件头写有 {expected} 条记录，实际读出 {len(frame)} 条，{lost} 条已损坏 / "
            f"the header says {expected} records, {len(frame)} could be read, {lost} are lost"
        )
    remarks = table.remarks + _cut_shapes(table, parts[".shp"])
    return replace(table, frame=frame, encoding=encoding, source_layer=path.stem, notes=table.notes + notes, remarks=remarks)


def _read_copy(path: Path, name: str) -> RawTable:
    """The copy as it is; where its index is of another file, with an index made anew."""
    try:
        return read_layer(path, name, None, "ESRI Shapefile", encoding="ISO-8859-1")
    except Exception:
        write_index(path, _records(path.with_suffix(".dbf")))
        return read_layer(path, name, None, "ESRI Shapefile", encoding="ISO-8859-1")


def write_index(shp: Path, records: int) -> None:
    """Make the index of a .shp anew, from record to record as far as the file goes; records cut off are listed, too.

    Args:
        records: how many the attributes have.
    """
    data = shp.read_bytes()
    if len(data) < _HEADER:
        return
    entries: list[bytes] = []
    place = _HEADER
    while place + 8 <= len(data) and len(entries) < MOST_RECORDS:
        words = int.from_bytes(data[place + 4 : place + 8], "big")
        if words > (len(data) << 1):
            break
        entries.append(struct.pack(">ii", place // 2, words))
        place += 8 + words * 2
    beyond = struct.pack(">ii", len(data) // 2 + 4, 10)
    entries += [beyond] * (min(records, MOST_RECORDS) - len(entries))
    length = struct.pack(">i", (_HEADER + 8 * len(entries)) // 2)
    shp.with_suffix(".shx").write_bytes(data[:24] + length + data[28:_HEADER] + b"".join(entries))


def _cut_shapes(table: RawTable, shp: Path) -> list[RowRemark]:
    """Records without a geometry in a file that is shorter than its header says: those were cut off."""
    with shp.open("rb") as file:
        stated = int.from_bytes(file.read(28)[24:28], "big") * 2
    if table.geometry is None or shp.stat().st_size >= stated:
        return []
    noted = {remark.position for remark in table.remarks}
    cut = np.flatnonzero([shape is None for shape in table.geometry]).tolist()
    words = ("geometry_cut", ".shp 文件被截断，图形丢失", "the .shp is cut off and the geometry is lost")
    return [RowRemark(position, *words, lost=True) for position in cut if position not in noted]


def _globbed(stem: str) -> str:
    return "".join(f"[{c}]" if c in "[]*?" else c for c in stem)


def _records(dbf: Path) -> int:
    with dbf.open("rb") as file:
        return int.from_bytes(file.read(8)[4:8], "little")


def _language_byte(dbf: Path) -> int:
    with dbf.open("rb") as file:
        head = file.read(30)
    return head[29] if len(head) > 29 else 0


def _decoded(
    frame: pd.DataFrame, wanted: str | None, said: str | None, language: int, name: str
) -> tuple[pd.DataFrame, str, list[str]]:
    """Bytes read as Latin-1 become text.

    The user's encoding, else the one the .cpg names where every value fits it, else strict UTF-8, else strict
    GB18030, value by value. A Western .cpg or language byte counts where the bytes are no pairs of Chinese.
    """
    texts = [v for column in frame.columns for v in (column, *frame[column]) if isinstance(v, str) and not v.isascii()]
    raw = [text.encode("latin-1") for text in dict.fromkeys(texts)]
    whole = wanted or _named(said, language, raw)
    seen: Counter[str] = Counter()
    known: dict[str, str] = {}

    def text(value: Any) -> Any:
        if not isinstance(value, str) or value.isascii():
            return value
        if value not in known:
            data = value.encode("latin-1")
            known[value], encoding = (_whole(data, whole), whole) if whole else decode_value(data)
            seen[encoding] += 1
        return known[value]

    try:
        headers = [str(text(header)) for header in frame.columns]
        columns = [[text(value) for value in frame[header]] for header in frame.columns]
    except (UnicodeDecodeError, LookupError) as fault:
        reasons = (
            "属性文字编码无法识别，请用 --encoding 指定",
            "the text encoding of its attributes is not known; name it with --encoding",
        )
        raise refused(name, *reasons) from fault
    found = whole or (seen.most_common(1)[0][0] if seen else "ascii")
    notes = []
    if said and not wanted and seen and family(said) != family(found):
        notes.append(f".cpg 写明 {said}，实际内容是 {found}，已按实际读取 / the .cpg says {said}, the bytes are {found}")
    return table_of(headers, columns, len(frame)), found, notes


def _whole(data: bytes, encoding: str) -> str:
    """Strictly decoded; a last character cut by the width of the field is dropped."""
    return codecs.getincrementaldecoder(encoding)().decode(data)


def _named(said: str | None, language: int, raw: list[bytes]) -> str | None:
    """The encoding the file names, where it can be believed; None to look at the bytes."""
    western = family(said) in _LATIN if said else language in _LATIN_BYTES
    if western:
        utf8 = all(_fits(data, "utf-8") for data in raw)
        return (
            None if not raw or utf8 or chinese_share(raw) >= _CHINESE_ENOUGH else "cp1252" if _all(raw, "cp1252") else "latin-1"
        )
    if not said or family(said) in ("utf8", "gb"):
        foreign = bool(raw) and not said and not _all(raw, "utf-8") and chinese_share(raw) < WESTERN_BELOW
        return "cp1252" if foreign and _all(raw, "cp1252") else None
    name = f"cp{said}" if said.isdigit() else said
    return codecs.lookup(name).name if _known(name) and _all(raw, name) else None


def _known(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)._is_text_encoding)  # hex and zip are codecs, too
    except LookupError:
        return False


def _all(raw: list[bytes], encoding: str) -> bool:
    return all(_fits(data, encoding) for data in raw)


def _fits(data: bytes, encoding: str) -> bool:
    try:
        _whole(data, encoding)
    except UnicodeDecodeError:
        return False
    return True


def family(encoding: str) -> str:
    """Names of one encoding as one: every GB is ``gb``."""
    name = encoding.lower().replace("-", "").replace("_", "").replace(" ", "")
    if name in ("cp1252", "windows1252", "1252", "latin1", "iso88591", "88591"):
        return "latin"  # one alphabet; Windows only adds dashes and quotes
    return "gb" if name.startswith("gb") or name in ("936", "cp936", "ansi936") else name
