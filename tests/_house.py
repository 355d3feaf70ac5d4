"""The rules of the house as functions: each takes the root of a checkout and returns its faults as lines.

The tests run them on this checkout (no faults) and on small broken trees (faults), so that none can pass idle.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "geo": 1, "layers": 2, "rules": 3, "store": 4, "maps": 5, "services": 6, "views": 7, "commands": 8, "app": 8,
}  # fmt: skip
SIDEWAYS = {("maps", "store"), ("views", "store"), ("views", "geo"), ("commands", "views")}
ALLOWED = {("views", "store.open"), ("views", "geo.errors"), ("views", "geo.region")}
BARE_FLOORS = ("geo", "layers", "rules")
HEAVY = ("flask", "flask_babel", "folium", "branca", "sqlalchemy", "jinja2", "werkzeug")
NO_GEOMETRY_NO_SQL = ("shapely", "geopandas", "sqlalchemy", "sqlite3", "pyproj", "pyogrio", "fiona", "rasterio")
VAGUE_NAMES = ("utils", "util", "helpers", "helper", "common", "misc")
OUTSIDE = {".git", ".venv", "venv", "__pycache__", "instance", "dist", "build", "vendor", "node_modules"}
MAX_FUNCTION, MAX_MODULE, MAX_PARAMETERS = 40, 300, 8
TEXT_SUFFIXES = {
    ".py", ".md", ".toml", ".lock", ".yml", ".yaml", ".html", ".js", ".css", ".svg", ".txt", ".ini", ".po", ".pot",
    ".sh", ".bat", ".mako", "",
}  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|home/\w+|Users/\w+|farm)/|[A-Za-z]:\\Users\\\w")
ADDRESS = re.compile(r"(?:https?|wss?):\\?/\\?/([\w.-]+)|(?:src|href|url)\s*[=(]\s*[\"']?//([\w.-]+)")
OWN_HOSTS = {"127.0.0.1", "localhost", "example.invalid"}
NAMESPACE_HOSTS = {"www.w3.org", "www.opengis.net", "schemas.openxmlformats.org"}
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style\b|\s(?:on[a-z]+|style)\s*=\s*[\"']|javascript:", re.IGNORECASE
)
MARKUP = re.compile(
    r"\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(|createContextualFragment"
)
UNESCAPED = re.compile(r"(?<!shell\.html)\|\s*safe\b|autoescape\s+false|\bMarkup\(|render_template_string")
IMPORTERS = re.compile(r"(?:^|\.)(?:import_module|__import__)$")
NOQA = re.compile(r"#\s*noqa(?P<codes>:\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?(?P<reason>.*)")
TYPE_IGNORE = re.compile(r"#\s*type:\s*ignore(?P<codes>\[[\w,\s-]+\])?(?P<reason>.*)")


def files(root: Path, *suffixes: str) -> Iterator[Path]:
    """Every own file of a checkout: no environments, caches, stores, vendored or built files."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if any(part in OUTSIDE or (part.startswith(".") and part != ".ci") for part in parts[:-1]):
            continue
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


def product_files(root: Path) -> Iterator[Path]:
    """Python files of the floors."""
    for path in files(root, ".py"):
        if floor_of(path.relative_to(root)):
            yield path


def floor_of(path: Path) -> str | None:
    """The floor a file (relative to the root) belongs to."""
    name = path.parts[0].removesuffix(".py") if len(path.parts) == 1 else path.parts[0]
    return name if name in FLOORS else None


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import of a file, also inside functions and through importlib."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, str(node.module)
        elif isinstance(node, ast.Call) and IMPORTERS.search(ast.unparse(node.func)):
            yield from ((node.lineno, str(name.value)) for name in node.args[:1] if isinstance(name, ast.Constant))


def upward_imports(root: Path) -> list[str]:
    """Imports that go up, or sideways where the house forbids it."""
    faults = []
    for path in product_files(root):
        own = floor_of(path.relative_to(root)) or ""
        for line, name in imports(path):
            top = name.split(".")[0]
            if FLOORS.get(top, 0) > FLOORS[own] or ((own, top) in SIDEWAYS and (own, name) not in ALLOWED):
                faults.append(f"{path.relative_to(root)}:{line} imports {name}")
    return faults


def forbidden_packages(root: Path) -> list[str]:
    """Web, map and database packages below their floors; geometry and SQL in views."""
    faults = []
    for path in product_files(root):
        own = floor_of(path.relative_to(root)) or ""
        closed = HEAVY if own in BARE_FLOORS else NO_GEOMETRY_NO_SQL if own == "views" else ()
        for line, name in imports(path):
            if name.split(".")[0] in closed:
                faults.append(f"{path.relative_to(root)}:{line} imports {name}")
    return faults


def shadowing_names(root: Path) -> list[str]:
    """Folders and top-level modules that hide one of the standard library."""
    tops = {path.name.removesuffix(".py") for path in root.iterdir() if path.is_dir() or path.suffix == ".py"}
    return sorted(tops & set(sys.stdlib_module_names))


def vague_names(root: Path) -> list[str]:
    """Files and folders whose name says nothing."""
    found = [path.relative_to(root) for path in files(root)]
    return [str(path) for path in found if {part.split(".")[0].lstrip("_") for part in path.parts} & set(VAGUE_NAMES)]


def code_lines(source: str) -> set[int]:
    """Numbers of the lines that hold code: no blank lines, comments or docstrings."""
    idle = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in idle:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                lines.difference_update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    stars = [star for star in (arguments.vararg, arguments.kwarg) if star]
    own = 1 if named and named[0].arg in ("self", "cls") else 0
    return len(named) + len(stars) - own


def oversized(root: Path) -> list[str]:
    """Functions and modules of the product above the size budget; scripts of the pages count every line."""
    scripts = {path.relative_to(root): len(path.read_text("utf-8").splitlines()) for path in files(root, ".js")}
    faults = [f"{name}: {size} lines" for name, size in scripts.items() if size > MAX_MODULE]
    for path in product_files(root):
        source = path.read_text("utf-8")
        lines = code_lines(source)
        name = path.relative_to(root)
        if len(lines) > MAX_MODULE:
            faults.append(f"{name}: {len(lines)} lines of code")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = sum(node.lineno <= line <= (node.end_lineno or 0) for line in lines)
                if size > MAX_FUNCTION:
                    faults.append(f"{name}:{node.lineno} {node.name}: {size} lines of code")
                if _parameters(node) > MAX_PARAMETERS:
                    faults.append(f"{name}:{node.lineno} {node.name}: {_parameters(node)} parameters")
    return faults


def without_docstring(root: Path) -> list[str]:
    """Modules of the product without a sentence about what they are."""
    return [
        str(path.relative_to(root))
        for path in product_files(root)
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]


def silent_ignores(root: Path) -> list[str]:
    """``noqa`` and ``type: ignore`` without a code, or without a reason behind it."""
    faults = []
    for path in files(root, ".py"):
        for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
            if token.type != tokenize.COMMENT:
                continue
            for pattern in (NOQA, TYPE_IGNORE):
                found = pattern.search(token.string)
                if found and not (found["codes"] and len(found["reason"].strip(" #-:")) >= 8):
                    faults.append(f"{path.relative_to(root)}:{token.start[0]} {token.string}")
    return faults


def machine_paths(root: Path) -> list[str]:
    """Text that names a folder of one particular machine."""
    faults = []
    for path in files(root):
        if path.suffix not in TEXT_SUFFIXES or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
            if MACHINE_PATH.search(line):
                faults.append(f"{path.relative_to(root)}:{number} {line.strip()[:80]}")
    return faults


def foreign_hosts(root: Path) -> list[str]:
    """Addresses of other hosts in anything a browser is given (names of XML vocabularies are no addresses)."""
    faults = []
    for folder in ("templates", "static", "views", "maps"):
        for path in files(root / folder, ".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".py"):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                hosts = {left or right for left, right in ADDRESS.findall(line)}
                if hosts - OWN_HOSTS - NAMESPACE_HOSTS:
                    faults.append(f"{path.relative_to(root)}:{number} {line.strip()[:80]}")
    return faults


def unsafe_markup(root: Path) -> list[str]:
    """Inline code in templates, text turned into markup by scripts, and whatever goes round the escaping of templates."""
    looked = {"templates": (".html", (INLINE, UNESCAPED)), "static": (".js", (MARKUP,)), "views": (".py", (UNESCAPED,))}
    faults = []
    for folder, (suffix, patterns) in looked.items():
        for path in files(root / folder, suffix):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if any(pattern.search(line) for pattern in patterns):
                    faults.append(f"{path.relative_to(root)}:{number} {line.strip()[:80]}")
    return faults


def lock_hosts(root: Path) -> list[str]:
    """Lines of lock files that name a host or an option, packages without a hash, and pins that are none."""
    faults = []
    for path in sorted(root.glob("requirements*.lock")):
        text = path.read_text("utf-8")
        faults += [f"{path.name}: {line}" for line in text.splitlines() if re.search(r"://|^\s*--(?!hash)", line)]
        for block in re.split(r"\n(?=\S)", text.strip()):
            if not block.startswith(("#", "-")) and not ("--hash=sha256:" in block and re.match(r"[\w.-]+(\[\w+\])?==\S", block)):
                faults.append(f"{path.name}: {block.splitlines()[0]}")
    return faults
