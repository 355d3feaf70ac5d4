"""What can be wrong with a store, as sentences."""

from __future__ import annotations

from geo.errors import Conflict, NotFound, Refused, Unavailable


class StoreMissing(Refused):
    """There is no store at that place."""

    zh = "没有数据库“{path}”，请先运行 python app.py demo 或 python app.py import 建立，或用 --store 指定。"
    en = "There is no store “{path}”; make one with python app.py demo or import, or name it with --store."


class StoreForeign(Refused):
    """The file or database is not a store of ours; it was not touched."""

    zh = "“{path}”不是本系统的数据库（{detail}），未作任何改动；请用 --store 指定正确的文件。"
    en = "“{path}” is not a store of this product ({detail}); it was not touched. Name the right file with --store."


class StoreTooNew(Refused):
    """The store was written by a newer version."""

    zh = "数据库版本（{found}）比本程序新，请升级程序后再打开。"
    en = "The store (schema {found}) is newer than this program; upgrade the program first."


class StoreFull(Unavailable):
    """The disk is full or the store cannot be written."""

    zh = "数据库无法写入（{detail}），数据未改动；请清理磁盘空间或检查权限后重试。"
    en = "The store cannot be written ({detail}); nothing was changed. Free disk space or check permissions and try again."


class StoreBusy(Conflict):
    """Another process kept the store locked for too long."""

    zh = "数据库正被其他操作占用，数据未改动，请稍后重试。"
    en = "The store is busy with another change; nothing was changed. Try again shortly."


class StoreBroken(Unavailable):
    """The database reports damage or a broken promise."""

    zh = "数据库操作失败（{detail}），数据未改动；请运行 python app.py check 检查。"
    en = "The store failed ({detail}); nothing was changed. Run python app.py check."


class StoreNotEmpty(Refused):
    """The example city only goes into an empty store."""

    zh = "数据库中已有数据，示例数据只能写入空数据库；请用 --store 指定新文件。"
    en = "The store already holds data; the example city goes into an empty one only. Name a new file with --store."


class FeatureMissing(NotFound):
    """No recorded feature has that key."""

    zh = "图层“{layer}”中没有编号“{what}”的记录。"
    en = "The layer “{layer}” has no recorded row with the key “{what}”."


class UpgradeFailed(Unavailable):
    """A store of an older version could not be brought up to date."""

    zh = "数据库从版本 {found} 升级到 {wanted} 失败（{detail}），数据仍是升级前的，副本为 {copy}；请联系维护人员或继续用旧版。"
    en = (
        "The store could not be brought from schema {found} to {wanted} ({detail}); it is as it was, a copy is {copy}. "
        "Tell whoever maintains the program, or go on with the former version."
    )


class StoreInUse(Conflict):
    """Another process has the store open."""

    zh = "数据库“{path}”正在使用中，请先停止网页服务再恢复。"
    en = "The store “{path}” is in use; stop the server before restoring."


class ServerUnreachable(Unavailable):
    """The server of the database does not answer, or the connection broke."""

    zh = "连接不上数据库服务器（{detail}）；请确认服务器已启动、地址和端口正确，然后重试。"
    en = "The database server cannot be reached ({detail}). See that it runs and that address and port are right; try again."


class ServerRefused(Refused):
    """The server lets nobody in with this user, password and database."""

    zh = "数据库服务器拒绝登录（{detail}）；请核对地址中的用户、密码和库名，或请管理员建库授权。"
    en = (
        "The database server does not let us in ({detail}). Check user, password and database of the address, "
        "or have them made by its administrator."
    )


class ServerUnfit(Refused):
    """A database that lacks what a store needs."""

    zh = "数据库“{name}”缺少所需条件（{detail}），未作任何改动；请管理员执行：{remedy}"
    en = "The database “{name}” lacks what a store needs ({detail}); it was not touched. Have its administrator run: {remedy}"


class DataFolderWrong(Refused):
    """The folder beside a server's store belongs to another store, or is empty though the store is not."""

    zh = "数据文件夹“{folder}”与该数据库不符（{detail}），未作任何改动；请用 BLUESKY_DATA_DIR 指定正确的文件夹。"
    en = (
        "The data folder “{folder}” does not go with that database ({detail}); nothing was changed. "
        "Name the right folder with BLUESKY_DATA_DIR."
    )
