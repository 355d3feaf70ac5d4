"""Unpacks an archive safely: few members, bounded bytes counted while they come, base names only."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from geo.errors import FileUnreadable

MOST_MEMBERS = 1000
MOST_BYTES = 500_000_000
MOST_RATIO = 200
_CHUNK = 1 << 20


class ArchiveRefused(FileUnreadable):
    """An archive that is too large, too many, or leaves its folder."""


def check_sizes(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse an archive whose directory already says too much."""
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if len(members) > MOST_MEMBERS:
        raise _refused(name, f"压缩包内文件过多（{len(members)} 个）", f"{len(members)} members are too many")
    if total > MOST_BYTES or (total > 20_000_000 and total / packed > MOST_RATIO):
        raise _refused(name, "压缩包解开后过大", "it unpacks to too much")


def unpack(path: Path, target: Path) -> list[Path]:
    """Unpack into a folder, each folder of the archive into a subfolder of its own.

    Returns:
        The unpacked files. ``__MACOSX`` and hidden members are left out; names in GBK are read as such.
    Raises:
        ArchiveRefused: a path that leaves the folder, a link, too many or too large members.
    """
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as fault:
        raise _refused(path.name, "不是完整的 zip 文件", "it is no whole zip file") from fault
    with archive:
        check_sizes(archive, path.name)
        members = [m for m in archive.infolist() if not m.is_dir()]
        if len(members) > MOST_MEMBERS:
            raise _refused(path.name, f"压缩包内文件过多（{len(members)} 个）", f"{len(members)} members are too many")
        folders: dict[str, Path] = {}
        files, left = [], MOST_BYTES
        for member in members:
            name = PurePosixPath(_member_name(member).replace("\\", "/"))
            if name.is_absolute() or ".." in name.parts or ":" in str(name) or (member.external_attr >> 28) == 0xA:
                raise _refused(path.name, "压缩包内有越出文件夹的路径", "a member's path leaves the folder")
            if "__MACOSX" in name.parts or name.name.startswith("."):
                continue
            folder = folders.setdefault(str(name.parent), target / _folder_name(name.parent, len(folders)))
            folder.mkdir(exist_ok=True)
            files.append(folder / _safe(name.name))
            left = _extract(archive, member, files[-1], left, path.name)
    return files


def _member_name(member: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag come from Windows: GBK where the bytes allow it."""
    if member.flag_bits & 0x800:
        return member.filename
    raw = member.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _folder_name(parent: PurePosixPath, number: int) -> str:
    """A name of our own that still tells which folder of the archive it was; a geodatabase keeps its ending."""
    plain = _safe(parent.name) if parent.name else "part"
    return f"{number + 1}-{plain}"


def _safe(name: str) -> str:
    return "".join(c if c.isprintable() and c not in '<>"|?*' else "_" for c in name)[-60:]


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int, name: str) -> int:
    try:
        with archive.open(member) as source, target.open("wb") as sink:
            while chunk := source.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise _refused(name, "压缩包解开后过大", "it unpacks to too much")
                sink.write(chunk)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as fault:
        raise _refused(name, "压缩包损坏或已加密", "it is damaged or encrypted") from fault
    return left


def _refused(name: str, reason: str, reason_en: str) -> ArchiveRefused:
    return ArchiveRefused(name=name, reason=reason, reason_en=reason_en)
