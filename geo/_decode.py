"""Which encoding bytes are in: strict UTF-8, then strict GB18030, never a silent replacement."""

from __future__ import annotations

import codecs

from geo.errors import FileUnreadable

WESTERN_BELOW = 0.2
"""Share of Chinese pairs below which text that is no UTF-8 is taken for Western."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class EncodingUnknown(FileUnreadable):
    """Bytes that are no text in any encoding we know."""

    zh = "文件“{name}”的文字编码无法识别（既不是 UTF-8 也不是 GBK），请另存为 UTF-8 或用 --encoding 指定。"
    en = "The text of “{name}” is neither UTF-8 nor GBK; save it as UTF-8 or name its encoding with --encoding."


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """Text and the encoding it was in.

    Args:
        data: the whole file. name: for the sentence. encoding: as the user says, tried alone.
    Raises:
        EncodingUnknown: no encoding fits every byte.
    """
    marked = [found for mark, found in _MARKS if data.startswith(mark)] or _unmarked_utf16(data)
    tried = [encoding] if encoding else marked or ["utf-8", *(["cp1252"] if _western(data) else []), "gb18030"]
    for candidate in tried:
        try:
            return data.decode(candidate), codecs.lookup(candidate).name
        except (UnicodeDecodeError, LookupError):
            continue
    raise EncodingUnknown(name=name)


def _western(data: bytes) -> bool:
    """Whether bytes above 127 stand alone among Western letters: read as GB 18030 they would give nonsense."""
    return not data.isascii() and chinese_share([data]) < WESTERN_BELOW


def _unmarked_utf16(data: bytes) -> list[str]:
    """UTF-16 without its mark: every other byte of Western digits and commas is nought."""
    head = data[:4000]
    if len(head) < 4 or b"\x00" not in head:
        return []
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 4 * even and odd * 10 > len(head):
        return ["utf-16-le"]
    return ["utf-16-be"] if even > 4 * odd and even * 10 > len(head) else []


def decode_value(data: bytes) -> tuple[str, str]:
    """One field of a table whose encoding nobody states; a character cut by the field's width is dropped.

    Whole UTF-8 comes first, then UTF-8 whose last character was cut (if at least one whole Chinese
    character stands before it: two bytes of GBK may look like a cut one), then GB18030 whole and cut.

    Returns:
        Text and ``utf-8`` or ``gb18030``.
    Raises:
        UnicodeDecodeError: nothing fits.
    """
    for encoding, cut in (("utf-8", False), ("utf-8", True), ("gb18030", False), ("gb18030", True)):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(data, final=not cut)
        except UnicodeDecodeError:
            continue
        if not cut or not text.isascii():
            return text, encoding
    raise UnicodeDecodeError("gb18030", data, 0, 1, "neither UTF-8 nor GB18030")


def chinese_share(values: list[bytes]) -> float:
    """How many of the bytes above 127 stand in pairs of the Chinese plane GB 2312 (both bytes from 0xA1).

    Chinese text in any GB encoding comes near 1, Western text near 0.
    """
    high = paired = 0
    for value in values:
        place = 0
        while place < len(value):
            if value[place] < 0x80:
                place += 1
                continue
            pair = len(value) > place + 1 and value[place] >= 0xA1 and value[place + 1] >= 0xA1
            high, paired, place = high + (2 if pair else 1), paired + (2 if pair else 0), place + (2 if pair else 1)
    return paired / high if high else 0.0
