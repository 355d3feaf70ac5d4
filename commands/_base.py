"""What every command shares: the store chosen, the day asked, errors as one sentence."""

from __future__ import annotations

import datetime as dt
import errno
import os
import sys
import traceback
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    import logging

    from geo.region import Region
    from store.open import Store

ROOT = Path(__file__).resolve().parent.parent
LOG_BYTES, LOG_FILES = 5_000_000, 10
DISK_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


class Context:
    """What the global options chose: where the store is."""

    def __init__(self, place: str | None) -> None:
        self.place = place or os.environ.get("BLUESKY_DATABASE_URL") or None
        self._opened: list[Store] = []

    @property
    def path(self) -> Path:
        """The store's file.

        Raises:
            WrongUsage: the place is an address of a database this version cannot open.
        """
        from geo.errors import WrongUsage
        from store.open import DEFAULT_STORE

        place = (self.place or str(DEFAULT_STORE)).removeprefix("sqlite:///")
        if "://" in place:
            hint = "目前只支持 SQLite 文件路径或 sqlite:/// 地址 / a path or a sqlite:/// address is needed"
            raise WrongUsage(value=place.partition("://")[0] + "://…", hint=hint)
        return Path(place)

    @property
    def has_store(self) -> bool:
        """Whether something is already where the store should be."""
        return self.path.exists() and (self.path.is_dir() or self.path.stat().st_size > 0)

    def region(self) -> Region:
        """The region this product runs for."""
        from geo.region import load_region

        return load_region()

    def store(self, *, create: bool = False) -> Store:
        """Open the store; a missing one is refused unless it may be made."""
        from store.open import open_store

        store = open_store(self.path, create=create)
        self._opened.append(store)
        return store

    def close(self) -> None:
        """Let go of every store a command opened."""
        for store in self._opened:
            store.close()

    def say(self, zh: str, en: str | None = None) -> None:
        """A line for the person at the terminal, in the language chosen; without ``en`` the same in both."""
        click.echo(zh if en is None else either(zh, en))


class Day(click.ParamType):
    """A calendar day, ``YYYY-MM-DD``."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """Text → date; anything else is wrong usage."""
        if isinstance(value, dt.date):
            return value
        try:
            if len(str(value)) != 10:
                raise ValueError(value)
            return dt.date.fromisoformat(value)
        except ValueError:
            zh, en = f"“{value}”不是日期，请写成 2021-07-01。", f"“{value}” is no date; write it like 2021-07-01."
            self.fail(either(zh, en), param, ctx)


class OutFile(click.ParamType):
    """A file to write: its folder must exist, so that long work is not done in vain."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Text → path in an existing folder; anything else is wrong usage."""
        path = Path(value)
        if path.is_dir() or not path.parent.is_dir():
            zh = f"“{value}”不能写入：文件夹不存在，或它本身是文件夹。"
            self.fail(either(zh, f"“{value}” cannot be written: no such folder, or a folder."), param, ctx)
        return path


class Commands(click.Group):
    """A group that lists its commands without importing them, and turns every error into a sentence."""

    def __init__(self, *args: Any, lazy: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order they are told."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command when it is asked for."""
        import importlib

        if cmd_name not in self.lazy:
            return None
        module = importlib.import_module(self.lazy[cmd_name])
        command: click.Command = getattr(module, _function_of(cmd_name))
        return command

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command: exit 0 done, 1 refused, 2 wrong usage; never a traceback."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.Abort:
            sys.exit(130)
        except click.ClickException as fault:
            click.echo(_usage(fault), err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as fault:
            sys.exit(_tell(fault))
        sys.exit(code if isinstance(code, int) else 0)


def _function_of(command: str) -> str:
    """The name of a command's function: words of Python itself get a line at the end."""
    return {"import": "import_", "map": "map_"}.get(command, command.replace("-", "_"))


def language() -> Literal["zh", "en"]:
    """The language the person chose: ``--lang``, else ``BLUESKY_LANG``, else Chinese."""
    return "en" if os.environ.get("BLUESKY_LANG", "zh").startswith("en") else "zh"


def speak(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Callback of ``--lang``: everything said from here on is in that language."""
    if value:
        os.environ["BLUESKY_LANG"] = value


def either(zh: str, en: str) -> str:
    """The sentence in the language chosen."""
    return en if language() == "en" else zh


def _usage(fault: click.ClickException) -> str:
    """Wrong usage as one line: what was wrong, and where to read how it goes."""
    context = fault.ctx if isinstance(fault, click.UsageError) else None
    command = context.command_path if context else "python app.py"
    message = " ".join(fault.format_message().split())
    return f"{message} {either(f'用法见 {command} --help', f'See {command} --help')}"


def _tell(fault: Exception) -> int:
    from geo.errors import BlueSkyError

    if isinstance(fault, BlueSkyError):
        from services._outcomes import outcome_of

        click.echo(fault.sentence(language()), err=True)
        return outcome_of(fault).exit_code
    if isinstance(fault, BrokenPipeError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  lives until the process ends
        return 1
    if isinstance(fault, OSError) and fault.errno in DISK_FULL:
        zh, en = "磁盘已满，数据未改动，请清理空间后重试。", "The disk is full; nothing was changed. Make room and try again."
        click.echo(either(zh, en), err=True)
        return 1
    number = uuid.uuid4().hex[:8]
    place = _log(number, fault)
    zh = f"程序内部错误（编号 {number}，详情见 {place}），数据未改动。"
    click.echo(either(zh, f"Internal error {number}, see {place}; nothing was changed."), err=True)
    return 1


def log_place() -> Path:
    """The file in which an administrator finds the details of internal errors."""
    return Path(os.environ.get("BLUESKY_LOG") or ROOT / "instance" / "error.log")


def log_to_file() -> None:
    """Send what the running pages report to the log file; people at the terminal see sentences only."""
    import logging

    log = logging.getLogger("bluesky")
    log.addHandler(_rotating(log_place(), "--- %(asctime)s %(levelname)s %(message)s"))
    log.propagate = False
    access = logging.getLogger("bluesky.access")
    access.propagate = False
    place = os.environ.get("BLUESKY_ACCESS_LOG") or log_place().with_name("access.log")
    if place != "off":
        access.addHandler(_rotating(Path(place), "%(message)s"))
        access.setLevel(logging.INFO)


def _rotating(place: Path, form: str) -> logging.Handler:
    """A log file that begins anew when it is large, with a few former ones kept; stderr where it cannot be written."""
    import logging
    from logging.handlers import RotatingFileHandler

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(place, "a", LOG_BYTES, LOG_FILES, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(form))
    return handler


def _log(number: str, fault: Exception) -> str:
    """Write the traceback to the log file; returns its name."""
    log = log_place()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"--- {dt.datetime.now(dt.UTC).isoformat()} error {number}\n")
            file.write("".join(traceback.format_exception(fault)))
    except OSError:
        return "-"
    return log.name


pass_context = click.make_pass_decorator(Context)


def today_or(day: dt.date | None, context: Context) -> dt.date:
    """The day asked for, else today in the region's local time; said aloud either way."""
    chosen = day or context.region().today()
    click.echo(either(f"判定日期 {chosen.isoformat()}", f"as of {chosen.isoformat()}"), err=True)
    return chosen
