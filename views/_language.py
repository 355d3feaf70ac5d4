"""Translations: Chinese is the source language; catalogues are read from ``translations/*/LC_MESSAGES/messages.po``.

They are compiled in memory when first used, so that no compiled file can be missing or out of date.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask
from flask_babel import Babel, Domain, get_locale

FOLDER = Path(__file__).resolve().parent.parent / "translations"


def catalogue(language: str) -> Path:
    """Where the translations into a language lie."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


@cache
def _translations(language: str) -> NullTranslations:
    path = catalogue(language)
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        read = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return Translations(compiled, domain="messages")


class _Catalogues(Domain):  # type: ignore[misc]  # flask_babel is untyped
    """The catalogue of the language of a request."""

    def get_translations(self) -> NullTranslations:
        return _translations(str(get_locale()))


def speak(app: Flask, language: object) -> None:
    """Give an application its languages; ``language()`` names that of a request."""
    Babel(app, locale_selector=language).domain_instance = _Catalogues()
