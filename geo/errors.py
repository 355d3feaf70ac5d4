"""What can go wrong, as sentences that tell the user what to do.

Every error class carries its sentence in Chinese (``zh``, the source language) and
English (``en``) as ``str.format`` templates; the keyword arguments of the constructor
fill both. ``str(error)`` is the Chinese sentence. Floors above add classes of their own
below one of the kinds here; ``services/_outcomes.py`` maps the kinds to exit codes and
HTTP status, and nobody else mentions either.
"""

from __future__ import annotations

from typing import ClassVar, Literal


class BlueSkyError(Exception):
    """Base of every error that a user may see."""

    zh: ClassVar[str] = "操作未完成，数据未改动。"
    en: ClassVar[str] = "The operation was not completed; nothing was changed."

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.sentence("zh"))

    def sentence(self, language: Literal["zh", "en"] = "zh") -> str:
        """The sentence for the user.

        Args:
            language: ``zh`` (source) or ``en``.
        Returns:
            One line; line breaks inside facts are folded to spaces.
        """
        template = self.zh if language == "zh" else self.en
        return " ".join(template.format(**self.facts).split())


class WrongUsage(BlueSkyError):
    """The request itself is malformed (a date that is no date, an unknown option)."""

    zh = "参数“{value}”不可用：{hint}"
    en = "The argument “{value}” cannot be used: {hint}"


class NotFound(BlueSkyError):
    """What was asked for does not exist, or may not be seen: both look the same."""

    zh = "没有找到“{what}”。"
    en = "“{what}” was not found."


class Refused(BlueSkyError):
    """The input was understood and cannot be taken; nothing was changed."""

    zh = "已拒绝：{reason}"
    en = "Refused: {reason}"


class Conflict(BlueSkyError):
    """Somebody else changed the same thing meanwhile."""

    zh = "数据已被他人修改，请刷新后重试。"
    en = "The data was changed by somebody else meanwhile; reload and try again."


class NotLoggedIn(BlueSkyError):
    """Somebody asks for what needs an account, and has not logged in."""

    zh = "请先登录。"
    en = "Log in first."


class TryLater(BlueSkyError):
    """Too many attempts; waiting helps."""

    zh = "操作过于频繁，请在 {seconds} 秒后重试。"
    en = "Too many attempts; try again in {seconds} seconds."


class Unavailable(BlueSkyError):
    """Something the system needs is missing or full (disk, font, package)."""

    zh = "暂时无法完成：{reason}"
    en = "Not available now: {reason}"


class CRSMissing(Refused):
    """A file carries coordinates and does not say in which system."""

    zh = "文件没有说明坐标系，请用 --crs 指定，例如 --crs EPSG:4549。"
    en = "The file does not say which coordinate system it uses; name it with --crs, for example --crs EPSG:4549."


class CRSUnknown(Refused):
    """A coordinate system that is not known or not allowed here."""

    zh = "无法识别坐标系“{crs}”，请改用 EPSG 编号，例如 EPSG:4490、EPSG:4549 或 EPSG:4528。"
    en = "The coordinate system “{crs}” is not known; use an EPSG number such as EPSG:4490, EPSG:4549 or EPSG:4528."


class CRSMismatch(Refused):
    """Two frames in different coordinate systems met in one operation."""

    zh = "坐标系不一致（{left} 与 {right}），请先统一坐标系。"
    en = "The coordinate systems differ ({left} and {right}); bring both to one first."


class FileMissing(Refused):
    """The named file does not exist."""

    zh = "找不到文件“{path}”，请检查文件名和路径。"
    en = "The file “{path}” was not found; check its name and folder."


class FileUnreadable(Refused):
    """The file exists and cannot be read as any format we take."""

    zh = "文件“{name}”无法读取：{reason}"
    en = "The file “{name}” cannot be read: {reason_en}"
