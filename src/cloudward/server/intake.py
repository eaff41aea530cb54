"""Batches of events as they come in: within limits, on disk, and known when they come again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

from cloudward.connect.events.unpacking import GZIP, ZSTD, Limits, TooMuchError, size
from cloudward.errors import FormError, FullError, LargeError, UsageError
from cloudward.store import Store, batches
from cloudward.store.spool import Spool, digest, key
from cloudward.store.tokens import Token

LARGEST = 64 << 20
"""Bytes of a batch, unpacked."""
LIMITS = Limits(LARGEST, 20, 4 << 20)
"""Twenty times what came; of little nobody asks the ratio, since a burst of the same event packs well."""
FORMS = {"": b"", "identity": b"", "gzip": GZIP, "x-gzip": GZIP, "zstd": ZSTD}
"""`Content-Encoding` -> how such a body begins."""
BATCHES, BYTES = 5_000, 2 << 30
"""So much waits at most."""
HELD = 256 << 20
"""Bytes of bodies that are in memory at once."""
AGAIN = 5
"""Seconds after which somebody who was sent away comes again."""


class Taken(NamedTuple):
    """A batch that is on disk."""

    batch: str
    bytes: int
    repeated: bool


class Intake:
    """Takes batches for a store."""

    def __init__(self, store: Store, most: tuple[int, int] = (BATCHES, BYTES)) -> None:
        self.spool = Spool(store.folder, store.files)
        self._store, self._most = store, most
        self._held, self._lock = 0, Lock()

    def check(self) -> None:
        """Refuse while too much waits."""
        waits = self.spool.backlog()
        if waits.batches >= self._most[0] or waits.bytes >= self._most[1]:
            raise FullError(f"{waits.batches:,} batches wait to be evaluated", AGAIN)

    @contextmanager
    def holding(self) -> Iterator[Held]:
        """What a body takes of the memory for bodies, for as long as it is here."""
        held = Held(self)
        try:
            yield held
        finally:
            self.give(held.bytes)

    def take(self, bytes: int) -> None:
        with self._lock:
            if self._held + bytes > HELD:
                raise FullError("too many batches come at once", 1)
            self._held += bytes

    def give(self, bytes: int) -> None:
        with self._lock:
            self._held -= bytes

    def keep(self, token: Token, word: str, form: str, data: bytes) -> Taken:
        """Put a batch on disk. `word` is by which who sends it tells batches apart; without one it is known
        by what it holds."""
        unpacked = _checked(form.strip().lower(), data)
        made = key(token.id, word, data)
        if known := self._known(token.id, made):
            if known != digest(data):
                raise UsageError("another batch came with this Idempotency-Key", "give each its own")
            return Taken(made, unpacked, True)
        self.spool.put(token, made, data)
        return Taken(made, unpacked, False)

    def _known(self, token: str, key: str) -> str:
        """The digest of a batch that came before. First on disk: what is gone there is in the database."""
        waits = self.spool.find(token, key)
        if waits is not None:
            return digest(waits)
        with self._store.database.read() as connection:
            return batches.digests(connection, [key]).get(key, "")


class Held:
    """The bytes of a body that are in memory."""

    def __init__(self, intake: Intake) -> None:
        self._intake, self.bytes = intake, 0

    def more(self, bytes: int) -> None:
        self._intake.take(bytes)
        self.bytes += bytes


def _checked(form: str, data: bytes) -> int:
    """How many bytes a batch is, unpacked."""
    if form not in FORMS:
        raise FormError(f"a batch comes plain, as gzip or as zstd, not as {form[:40]!r}")
    if not data:
        raise UsageError("the batch is empty")
    if not data.startswith(FORMS[form]):
        raise UsageError(f"the batch says that it is {form}, and it is not")
    try:
        return size(data, LIMITS)
    except TooMuchError as error:
        raise LargeError(f"the batch is too large: {error}", "send smaller batches") from error
