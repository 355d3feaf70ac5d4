"""Codes with check digits: unified social credit code 统一社会信用代码, organisation code 组织机构代码, discharge permit."""

from __future__ import annotations

import re
import unicodedata

from layers._layer import Remark

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_PERMIT = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}\d{3}[0-9A-Z]")
_TRIAL_PERMIT = re.compile(r"H9\d{6}0000\d{5}[0-9A-Z]\w*")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{2}")
_DIGITS = re.compile(r"\d{16,}")


def plain_code(text: str) -> str:
    """A code as it is compared: half-width, upper case, without spaces and hyphens."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()


def uscc_digit(first: str) -> str:
    """The check digit of the first 17 characters of a unified social credit code (GB 32100)."""
    total = sum(_USCC.index(mark) * pow(3, place, 31) for place, mark in enumerate(first))
    return _USCC[(31 - total % 31) % 31]


def organisation_digit(first: str) -> str:
    """The check digit of the first 8 characters of an organisation code (GB 11714)."""
    total = sum(_ORGANISATION.index(mark) * weight for mark, weight in zip(first, _WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def damaged_by_spreadsheet(text: str) -> Remark | None:
    """A long code that a spreadsheet took for a number: its last digits are gone."""
    code = text.strip()
    if _SCIENTIFIC.fullmatch(code) or (_DIGITS.fullmatch(code) and len(code) > 15 and code.endswith("000")):
        return Remark(
            f"“{code}”被 Excel 当作数字，15 位以后的数字已丢失",
            f"“{code}” was taken for a number by the spreadsheet; the digits after the 15th are lost",
            "请在原表中把该列设为文本格式后重新填写",
            "excel_damaged",
        )
    return None


def check_uscc(text: str) -> Remark | None:
    """What is wrong with a unified social credit code, or with the organisation code in its place."""
    code = plain_code(text)
    damaged = damaged_by_spreadsheet(text)
    if damaged is not None:
        return damaged
    if len(code) == 9 and all(mark in _ORGANISATION for mark in code):
        return None if organisation_digit(code[:8]) == code[8] else _wrong_digit("组织机构代码", "organisation code", code)
    if len(code) != 18 or any(mark not in _USCC for mark in code):
        return Remark(
            f"统一社会信用代码“{code[:30]}”应为 18 位（不含 I、O、Z、S、V）",
            f"the unified social credit code “{code[:30]}” must have 18 characters (none of I, O, Z, S, V)",
            "请按营业执照核对",
            "bad_uscc",
        )
    return None if uscc_digit(code[:17]) == code[17] else _wrong_digit("统一社会信用代码", "unified social credit code", code)


def _wrong_digit(zh: str, en: str, code: str) -> Remark:
    return Remark(
        f"{zh}校验位不符：{code}", f"the check digit of the {en} {code} is wrong", "请按营业执照核对，可能抄错一位", "bad_uscc"
    )


def check_permit(text: str) -> Remark | None:
    """What is wrong with a discharge permit number (HJ 608: 18 characters, 3 digits, a letter)."""
    code = plain_code(text)
    damaged = damaged_by_spreadsheet(text)
    if damaged is not None:
        return damaged
    if _TRIAL_PERMIT.fullmatch(code):
        return None
    if not _PERMIT.fullmatch(code):
        return Remark(
            f"排污许可证编号“{code[:30]}”应为 22 位：18 位信用代码、3 位序号、1 位标识码",
            f"the permit number “{code[:30]}” must have 22 characters: an 18-character code, 3 digits and a letter",
            "请按许可证核对",
            "bad_permit",
        )
    return (
        None
        if uscc_digit(code[:17]) == code[17]
        else _wrong_digit("排污许可证编号中的信用代码", "credit code in the permit number", code[:18])
    )
