"""compose.yaml and Dockerfile name only what is there: commands, options, variables, folders; one port, user and database."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from app import cli
from store._place import place_of
from tests import _house
from tests._postgres import find_postgres

ROOT = _house.ROOT
SPEC = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
DATABASE, MAP = SPEC["services"]["database"], SPEC["services"]["map"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")


def _steps(word: str) -> list[str]:
    return re.findall(rf"^{word} +(.*)$", DOCKERFILE, re.MULTILINE)


def _started() -> list[list[str]]:
    """The commands of ``app.py`` that the container runs, in words."""
    shell, option, line = json.loads(_steps("CMD")[0])
    assert (shell, option) == ("sh", "-c")
    parts = [shlex.split(part) for part in line.split("&&")]
    assert parts[-1].pop(0) == "exec"  # so that the server gets the word to stop, and ends what it has begun
    assert all(part[:2] == ["python", "app.py"] for part in parts)
    return [part[2:] for part in parts]


def _parsed(words: list[str]) -> click.Context:
    """What click makes of them; it raises where a command or an option is not there."""
    context, command = click.Context(cli), cli
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
    return command.make_context("told", list(words))


def test_the_application_finds_the_database_beside_it() -> None:
    told, made = MAP["environment"], DATABASE["environment"]
    place = place_of(told["BLUESKY_DATABASE_URL"], Path("files"))
    assert place.url is not None and place.url.password is None
    assert SPEC["services"][place.url.host] is DATABASE
    assert (place.url.username, place.url.database) == (made["POSTGRES_USER"], made["POSTGRES_DB"])
    assert told["PGPASSWORD"] == made["POSTGRES_PASSWORD"] and re.match(r"\$\{\w+:\?", told["PGPASSWORD"])


def test_it_starts_when_the_database_answers() -> None:
    assert MAP["depends_on"] == {"database": {"condition": "service_healthy"}}
    how, program, *options = DATABASE["healthcheck"]["test"]
    assert (how, program) == ("CMD", "pg_isready")
    made = DATABASE["environment"]
    assert {f"--username={made['POSTGRES_USER']}", f"--dbname={made['POSTGRES_DB']}"} <= set(options)
    programs = find_postgres()
    if programs is None or not (programs / "pg_isready").exists():
        pytest.skip("no pg_isready here")
    done = subprocess.run([programs / "pg_isready", *options, "--port=1"], capture_output=True, check=False)
    assert done.returncode == 2  # nobody answers; 3 would be: options it does not know


def test_what_the_container_runs_is_there_and_listens_where_compose_looks() -> None:
    make, serve = (_parsed(words) for words in _started())
    assert make.command.name == "make" and serve.command.name == "serve"
    address, outside, inside = MAP["ports"][0].split(":")
    assert address == "127.0.0.1" and outside.isdigit()
    assert inside == _steps("EXPOSE")[0] == str(serve.params["port"])
    assert serve.params["host"] == "0.0.0.0" and serve.params["insecure_lan"]
    with pytest.raises(click.UsageError):
        _parsed(["serve", "--no-such-option"])


def test_what_is_kept_lies_in_volumes_that_are_declared() -> None:
    kept = {name: folder for one in (DATABASE, MAP) for name, folder in (volume.split(":") for volume in one["volumes"])}
    assert set(kept) == set(SPEC["volumes"])
    environment = dict(pair.split("=") for pair in _steps("ENV")[0].split())
    assert kept["files"] == environment["BLUESKY_DATA_DIR"]
    user = _steps("USER")[0]
    assert f"install -d -o {user} -m 700 {kept['files']}" in DOCKERFILE  # a new volume takes the folder's owner


def test_every_variable_is_one_the_product_reads() -> None:
    named = set(re.findall(r"\bBLUESKY_\w+", DOCKERFILE)) | {one for one in MAP["environment"] if one.startswith("BLUESKY_")}
    sources = "".join(path.read_text("utf-8") for path in _house.files(ROOT, ".py") if path.parts[-2] in ("store", "commands"))
    assert named and all(f'"{one}"' in sources for one in named)


def test_the_image_is_built_of_what_is_there_without_the_password() -> None:
    left_out = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert ".env" in left_out and ".env" in (ROOT / ".gitignore").read_text("utf-8").split()
    copied = [one.split()[0] for one in _steps("COPY")]
    assert all((ROOT / one).exists() and one not in left_out for one in copied)
    modules = re.findall(r"python -m (\w+)\.(\w+)", DOCKERFILE)
    assert modules and all((ROOT / folder / f"{name}.py").exists() for folder, name in modules)
    assert (ROOT / MAP["build"] / "Dockerfile").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="wheels of Linux")
def test_the_image_has_the_system_library_the_wheels_lack() -> None:
    import fiona

    brought = Path(fiona.__file__).parent.with_name("fiona.libs")
    needs = any(b"libexpat.so.1\0" in path.read_bytes() for path in brought.glob("libgdal*"))
    assert not needs or list(brought.glob("libexpat*")) or "libexpat1" in _steps("RUN")[0].split()
