"""The timer units and Windows tasks of the docs call commands that exist, with options that parse."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import click
import pytest

from app import cli

UNITS = Path(__file__).resolve().parent.parent / "docs" / "units"


def parsed(arguments: list[str]) -> str:
    """The full name of the command that arguments reach; fails as the program would."""
    context = cli.make_context("python app.py", list(arguments))
    with context:
        name, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None and name is not None
        command.make_context(name, rest, parent=context)
    return name


def unit(name: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(strict=True, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's names have capitals
    found.read_string((UNITS / name).read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", [place.name for place in sorted(UNITS.glob("*.service"))])
def test_a_units_command_line_parses(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "instance" / "backups").mkdir(parents=True)
    python, script, *arguments = shlex.split(unit(name)["Service"]["ExecStart"])
    assert python.endswith("/.venv/bin/python") and script == "app.py"
    wanted = {"bluesky.service": "serve", "bluesky-nightly.service": "assess", "bluesky-backup.service": "backup"}
    assert parsed(arguments) == wanted[name]
    with pytest.raises(click.UsageError):
        parsed([*arguments, "--no-such-option"])


def test_every_timer_has_its_service() -> None:
    for timer in UNITS.glob("*.timer"):
        assert timer.with_suffix(".service").is_file()
        assert re.fullmatch(r"\*-\*-\* \d\d:\d\d:\d\d Asia/Shanghai", unit(timer.name)["Timer"]["OnCalendar"])


def test_the_windows_tasks_parse(tmp_path: Path) -> None:
    text = (UNITS / "windows-tasks.bat").read_text("utf-8")
    lines = re.findall(r'/TR "(.+)"$', text, re.MULTILINE)
    commands = [shlex.split(line.replace('\\"', '"').replace("%BACKUPS%", str(tmp_path)).replace("\\", "/")) for line in lines]
    assert [parsed(arguments) for _, _, *arguments in commands] == ["assess", "backup"]
    assert all(command[:2] == ["%PY%", "%APP%"] for command in commands)
