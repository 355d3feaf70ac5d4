"""Text cells that a spreadsheet would run as a formula: marked when a CSV is written, restored when it is read."""

from __future__ import annotations

FORMULA_MARKS = "=+-@\t\r＝＋－＠"
QUOTE = "'"


def guarded(value: object) -> str:
    """Cell text that no spreadsheet takes for a formula; plain numbers stay as they are."""
    text = "" if value is None else str(value)
    return QUOTE + text if _dangerous(text) else text


def restored(text: str) -> str:
    """What :func:`guarded` was given."""
    return text[1:] if text[:1] == QUOTE and _dangerous(text) else text


def _dangerous(text: str) -> bool:
    core = text.lstrip(QUOTE)
    return bool(core) and core[0] in FORMULA_MARKS and not _is_number(core)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip() == text
