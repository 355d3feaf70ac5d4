"""What every command shares: the store chosen, the day asked, errors as one sentence."""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from geo.region import Region
    from store.open import Store

EMPTY_WORDS = ("", "-")


class Context:
    """What the global options chose: where the store is, in which language to speak."""

    def __init__(self, place: str | None, language: str) -> None:
        self.place = place or os.environ.get("BLUESKY_DATABASE_URL") or None
        self.language = language

    @property
    def path(self) -> Path:
        """The store's file."""
        from store.open import DEFAULT_STORE

        return Path((self.place or str(DEFAULT_STORE)).removeprefix("sqlite:///"))

    def region(self) -> Region:
        """The region this product runs for."""
        from geo.region import load_region

        return load_region()

    def store(self, *, create: bool = False) -> Store:
        """Open the store; a missing one is refused unless it may be made."""
        from store.open import open_store

        return open_store(self.path, create=create)

    def say(self, text: str) -> None:
        """A line for the person at the terminal."""
        click.echo(text)


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
            self.fail(f"“{value}”不是日期，请写成 2021-07-01 / “{value}” is no date; write it like 2021-07-01", param, ctx)


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
        command: click.Command = getattr(module, cmd_name.replace("import", "import_").replace("map", "map_"))
        return command

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command: exit 0 done, 1 refused, 2 wrong usage; never a traceback."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.Abort:
            sys.exit(130)
        except click.ClickException as fault:
            fault.show()
            sys.exit(2)
        except KeyboardInterrupt:
            sys.exit(130)
        except Exception as fault:
            sys.exit(_tell(fault))
        sys.exit(code if isinstance(code, int) else 0)


def _tell(fault: Exception) -> int:
    from geo.errors import BlueSkyError

    if isinstance(fault, BlueSkyError):
        from services._outcomes import outcome_of

        language = "en" if os.environ.get("BLUESKY_LANG", "zh").startswith("en") else "zh"
        click.echo(fault.sentence(language), err=True)
        return outcome_of(fault).exit_code
    if isinstance(fault, OSError) and fault.errno == 28:
        click.echo("磁盘已满，数据未改动，请清理空间后重试 / the disk is full; nothing was changed.", err=True)
        return 1
    number = uuid.uuid4().hex[:8]
    log = Path(os.environ.get("BLUESKY_LOG", "bluesky-error.log"))
    try:
        logging.basicConfig(filename=log, level=logging.ERROR)
        logging.getLogger("bluesky").error("error %s", number, exc_info=fault)
    except OSError:
        log = Path("-")
    click.echo(
        f"程序内部错误（编号 {number}，详情见 {log.name}），数据未改动 / internal error {number}, see {log.name}; nothing was changed.",
        err=True,
    )
    return 1


pass_context = click.make_pass_decorator(Context)


def today_or(day: dt.date | None, context: Context) -> dt.date:
    """The day asked for, else today in the region's local time; said aloud either way."""
    chosen = day or context.region().today()
    click.echo(f"判定日期 as of {chosen.isoformat()}", err=True)
    return chosen
