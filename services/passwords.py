"""Passwords: argon2id hashes, and what a password must be.

Parameters and lengths: OWASP Password Storage (19 MiB, 2 passes, 1 lane), NIST SP 800-63B §3.1.1 (length, no rules
of composition, known and guessable passwords refused).
"""

from __future__ import annotations

import re
import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geo.errors import Refused

SHORTEST, LONGEST = 8, 128
GUESSES = 2
"""Least score of the estimate: 2 stands for 10^6 to 10^8 guesses."""
AT_ONCE = 2
_CONTEXT = ("lanxi", "兰溪", "bluesky", "蓝天", "huanbao", "环保", "shengtai", "jinhua", "admin", "wangge", "330781")
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_slots = threading.Semaphore(AT_ONCE)


class PasswordWeak(Refused):
    """A password that is too short, too long or easily guessed."""

    zh = "密码不可用：至少 8 个字符，且不能是常见密码，也不能由姓名、账号、单位名称拼成。"
    en = "This password cannot be used: at least 8 characters, not a common one, not made of names of people or of the bureau."


def check_strength(password: str, *words: str) -> None:
    """Refuse a password that is easily guessed.

    Args:
        words: what somebody would try first: the account's names.
    Raises:
        PasswordWeak: it is.
    """
    from zxcvbn import zxcvbn

    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordWeak()
    hints = [part for text in (*_CONTEXT, *words) for part in (text, *re.split(r"\W+", text)) if part]
    bare = password.casefold()
    for hint in sorted(hints, key=len, reverse=True):
        bare = bare.replace(hint.casefold(), "")
    if len(bare) < SHORTEST // 2 or int(zxcvbn(password[:72], user_inputs=hints)["score"]) < GUESSES:
        raise PasswordWeak()


def hashed(password: str) -> str:
    """The hash that is kept of a password."""
    with _slots:
        return _hasher.hash(password)


def verified(password: str, known: str | None) -> bool:
    """Whether a password is the one a hash was made of; takes as long where there is no hash."""
    with _slots:
        try:
            return _hasher.verify(known or _nobodys(), password[: LONGEST * 4]) and known is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(known: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(known)


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_hex(16))


def made_up(length: int = 14) -> str:
    """A random password that can be read aloud: some 80 bits, no characters that look alike."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
