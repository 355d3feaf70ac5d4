"""A sign of life during long work: on stderr, and only where somebody watches."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from commands._base import either

FRAMES = "▏▎▍▌▋▊▉█▉▊▋▌▍▎"
FIRST_SECONDS, STEP_SECONDS = 0.4, 0.12


@contextmanager
def working(zh: str, en: str) -> Iterator[None]:
    """Show a moving bar with the seconds passed while the block runs; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    drawer = threading.Thread(target=_draw, args=(either(zh, en), done), daemon=True)
    drawer.start()
    try:
        yield
    finally:
        done.set()
        drawer.join()


def _draw(text: str, done: threading.Event) -> None:
    started, step = time.monotonic(), 0
    if done.wait(FIRST_SECONDS):
        return
    while True:
        click.echo(f"\r{FRAMES[step % len(FRAMES)]} {text} … {time.monotonic() - started:.0f} s ", err=True, nl=False)
        step += 1
        if done.wait(STEP_SECONDS):
            break
    click.echo("\r\x1b[K", err=True, nl=False)
