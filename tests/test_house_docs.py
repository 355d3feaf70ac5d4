"""The docs say what the code does: generated parts current, everything mentioned, pictures there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app
from docs import make, shots, tables, words
from layers._find import load_layers
from rules._find import load_rules
from tests import _house

ROOT = _house.ROOT
READMES = ("README.md", "README.zh-CN.md")
SETTING = re.compile(r"\bBLUESKY_[A-Z_]+\b")


def settings_in(root: Path) -> set[str]:
    """Every setting of the environment that code or Makefile names."""
    files = (path for path in (*_house.files(root, ".py"), *root.glob("Makefile")) if path.parent.name != "docs")
    return {name for path in files for name in SETTING.findall(path.read_text("utf-8"))}


def dead_links(page: Path, root: Path) -> list[str]:
    """Links and pictures of a page that lead to no file."""
    found = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    return [link for link in found if not (page.parent / link).exists() and not (root / link).exists()]


def test_generated_parts_are_current() -> None:
    assert make.stale() == []


@pytest.mark.parametrize("page", make.PAGES)
def test_a_stale_part_is_found(page: str, tmp_path: Path) -> None:
    for name in make.PAGES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        text = make.rendered(ROOT / name)
        lines = text.splitlines(keepends=True)
        last = max(number for number, line in enumerate(lines) if line.startswith(("| `", "| [`", "- ")))
        (tmp_path / name).write_text("".join(lines[:last] + lines[last + 1 :]) if name == page else text, "utf-8")
    assert make.stale(tmp_path) == [page]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_page_layer_and_rule_has_a_row(language: str) -> None:
    text = (ROOT / READMES[language == "zh"]).read_text("utf-8")
    assert [name for name in app.COMMANDS if f"| `{name}" not in text] == []
    assert [page.rule for page in app.pages() if f"| `{page.rule}`" not in text] == []
    assert [name for name in load_layers() if f"| [`{name}`]" not in text] == []
    assert [key for key in load_rules() if f"| `{key}`" not in text] == []


def test_words_name_nothing_that_is_gone() -> None:
    assert set(words.COMMANDS_ZH) == set(app.COMMANDS)
    assert {page.name for page in app.pages()} - set(words.ROUTES_ZH) == set()


def test_every_setting_is_documented() -> None:
    assert settings_in(ROOT) - set(words.SETTINGS) == set()


def test_an_undocumented_setting_is_found(tmp_path: Path) -> None:
    name = "BLUESKY" + "_SECRET"
    (tmp_path / "a.py").write_text(f'import os\n\nX = os.environ["{name}"]\n', "utf-8")
    assert settings_in(tmp_path) == {name}


def test_every_layer_has_a_legend_and_a_chapter() -> None:
    text = (ROOT / "docs" / "layers.md").read_text("utf-8")
    for name, layer in load_layers().items():
        assert f"`{name}`" in text
        assert re.fullmatch(r"#[0-9A-F]{6}", layer.style.line), name
        assert all(f"`{column.name}`" in text for column in layer.columns), name


def test_every_page_says_what_it_gives() -> None:
    assert [page.name for page in app.pages() if not (page.show.__doc__ or "").strip()] == []


@pytest.mark.parametrize("name", [*READMES, "CHANGELOG.md", "data/boundaries/SOURCES.md"])
def test_links_lead_somewhere(name: str) -> None:
    assert dead_links(ROOT / name, ROOT) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("[x](gone.md) [y](https://example.invalid) [z](a.md#part)", "utf-8")
    assert dead_links(page, tmp_path) == ["gone.md"]


def test_pictures_are_those_of_the_list() -> None:
    listed = {name for name, *_ in shots.SHOTS}
    assert {path.name for path in shots.PICTURES.iterdir()} == listed
    assert all((shots.PICTURES / name).read_bytes().startswith(b"\x89PNG") for name in listed)


def test_the_changelog_knows_this_version() -> None:
    assert f"## {app.VERSION}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_tables_escape_bars() -> None:
    assert tables._table(["a"], [["x|y\nz"]]) == "| a |\n| --- |\n| x\\|y z |\n"
