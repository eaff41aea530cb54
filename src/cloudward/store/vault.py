"""Secrets at rest: AES-GCM, with keys of a file that only its owner can read.

The file holds a key a line, `ID HEX`, the newest first. What is sealed names its key and what it is for, and
is read only for that: `sealed:1:KEY:PURPOSE:BASE64`. A rotation seals all of it anew and forgets the keys
before the last one, which a process may have in its hands at that moment.
"""

from __future__ import annotations

import base64
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Text, func, select, update

from cloudward.errors import StoreError
from cloudward.store import tables as t
from cloudward.store.database import Database
from cloudward.store.files import Files, failure

SEALED = re.compile(r"sealed:1:([0-9a-f]{8}):([a-z0-9._-]+):([A-Za-z0-9_-]+=*)")
PURPOSE = re.compile(r"[a-z0-9._-]+")
NONCE = 12


class Vault:
    """Seals and opens. `file` is made when it is first needed."""

    def __init__(self, file: Path, files: Files, database: Database) -> None:
        self._file, self._files, self._database = file, files, database
        self._known: dict[str, bytes] = {}
        self._newest, self._changed = "", 0

    def seal(self, plain: str, purpose: str) -> str:
        """Text that says nothing without the key. `purpose` is small letters, digits, dots and dashes."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if not self._newest or self._changed != self._file.stat().st_mtime_ns:
            self._load()
        if not PURPOSE.fullmatch(purpose):
            raise ValueError(f"no purpose: {purpose!r}")
        nonce = secrets.token_bytes(NONCE)
        hidden = AESGCM(self._known[self._newest]).encrypt(nonce, plain.encode(), purpose.encode())
        return f"sealed:1:{self._newest}:{purpose}:{base64.urlsafe_b64encode(nonce + hidden).decode()}"

    def open(self, sealed: str, purpose: str) -> str:
        """What was sealed for this purpose; anything else is a `StoreError`."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        parts = SEALED.fullmatch(sealed)
        if parts is None or parts[2] != purpose:
            raise StoreError(f"this is nothing that was sealed for {purpose}")
        if parts[1] not in self._known:
            self._load()
        if parts[1] not in self._known:
            raise StoreError(f"{self._file} has no key {parts[1]}", "restore the file that has it")
        try:
            data = base64.urlsafe_b64decode(parts[3])
            key = AESGCM(self._known[parts[1]])
            return key.decrypt(data[:NONCE], data[NONCE:], purpose.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise StoreError("a sealed secret was changed, or is of another store") from error

    def rotate(self) -> int:
        """A new key, with which all that is sealed in the database is sealed. Gives how many that are.

        When this breaks off it can be done again: no key goes that anything is sealed with.
        """
        self._load()
        with self._database.write() as connection:
            before = {self._newest: self._known[self._newest]}
            self._write({secrets.token_hex(4): secrets.token_bytes(32), **self._known})
            self._load()
            count = sum(1 for _ in self._anew(connection))
        with self._database.write():
            self._write({self._newest: self._known[self._newest], **before})
            self._load()
        return count

    def _anew(self, connection: Connection) -> Iterator[None]:
        """Every sealed text of every table, wherever it stands in it. The log of changes is never changed."""
        for table in t.metadata.sorted_tables:
            if table is t.revisions:
                continue
            keys = list(table.primary_key)
            for column in [each for each in table.columns if isinstance(each.type, Text)]:
                found = select(*keys, column).where(func.instr(column, "sealed:1:") > 0)
                if connection.dialect.name == "postgresql":
                    found = select(*keys, column).where(func.strpos(column, "sealed:1:") > 0)
                for *key, text in connection.execute(found).all():
                    renewed, n = SEALED.subn(self._renewed, text)
                    if n:
                        same = [each == value for each, value in zip(keys, key, strict=True)]
                        connection.execute(update(table).where(*same).values({column.name: renewed}))
                        yield from (None for _ in range(n))

    def _renewed(self, parts: re.Match[str]) -> str:
        return self.seal(self.open(parts[0], parts[2]), parts[2])

    def _load(self) -> None:
        if not self._files.exists(self._file):
            self._make()
        if stat.S_IMODE(self._file.stat().st_mode) & 0o077:
            raise StoreError(f"{self._file} can be read by others", f"run: chmod 600 {self._file}")
        changed = self._file.stat().st_mtime_ns
        with self._files.open(self._file) as file:
            lines = self._files.read(file, 0, self._files.size(self._file)).decode("ascii", "replace")
        try:
            self._known = {id: bytes.fromhex(key) for id, key in map(str.split, lines.splitlines())}
            self._newest, self._changed = next(iter(self._known)), changed
        except (ValueError, StopIteration) as error:
            raise StoreError(f"{self._file} is damaged", "restore a backup of it") from error

    def _make(self) -> None:
        """The first key. Of two processes that make one at once the first wins; no lock is held, because who
        asks may be in a transaction."""
        aside = self._file.with_suffix(f".{secrets.token_hex(4)}")
        self._write({secrets.token_hex(4): secrets.token_bytes(32)}, aside)
        with failure("create", self._file), suppress(FileExistsError):
            self._file.hardlink_to(aside)
        self._files.remove(aside)

    def _write(self, keys: dict[str, bytes], path: Path | None = None) -> None:
        path = path or self._file
        aside = path.with_name(f"{path.name}.tmp")
        file = self._files.create(aside)
        file.write("".join(f"{id} {key.hex()}\n" for id, key in keys.items()).encode())
        self._files.publish(file, aside, path)
