"""The catalogue of translations: ``python -m docs.translations`` brings it up to date with templates and pages."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
SOURCES = {"views": [("**.py", "python")], "templates": [("**.html", "jinja2")]}
OPTIONS = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}


def said() -> Catalog:
    """Every text of pages and templates that is to be translated."""
    found = Catalog()
    for folder, methods in SOURCES.items():
        for _, _, message, comments, context in extract_from_dir(str(ROOT / folder), methods, OPTIONS):
            found.add(message, auto_comments=comments, context=context)
    return found


def known() -> Catalog:
    """The translations into English."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def faults() -> list[str]:
    """Texts without a translation, and translations of nothing."""
    wanted = {message.id for message in said() if message.id}
    have = {message.id: message for message in known() if message.id}
    missing = sorted(str(text) for text in wanted if text not in have or not have[text].string or have[text].fuzzy)
    return [f"no translation: {text}" for text in missing] + [f"not used: {text}" for text in sorted(set(have) - wanted)]


def update() -> list[str]:
    """Write the catalogue anew, keeping what is translated; what is still missing is returned."""
    catalogue = Catalog(locale="en")
    have = {message.id: message.string for message in known()} if CATALOGUE.is_file() else {}
    for message in sorted((message for message in said() if message.id), key=lambda message: str(message.id)):
        catalogue.add(message.id, have.get(message.id, ""))
    written = io.BytesIO()
    write_po(written, catalogue, width=0, omit_header=True)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    head = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    CATALOGUE.write_bytes(head + written.getvalue().strip() + b"\n")
    return faults()


if __name__ == "__main__":
    problems = update()
    print("\n".join(problems) or "every text is translated")
    sys.exit(1 if problems else 0)
