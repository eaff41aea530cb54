"""What correlations know, kept from one process to the next: a file, and in the database which one counts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection

from cloudward.detect.run import Run
from cloudward.store import Store, batches

LOG = logging.getLogger("cloudward.events")


def own(store: Store, folder: Path) -> str:
    """By which a folder is known, among others of the same database."""
    store.files.folder(folder)
    path = folder / "id"
    if not store.files.exists(path):
        aside = folder / f"id.{token_hex(4)}"
        file = store.files.create(aside)
        file.write(token_hex(8).encode())
        store.files.publish(file, aside, path)
    with store.files.open(path) as kept:
        return kept.read().decode()


class State:
    """A checkpoint with what correlations know. `prefix` tells its files from others of the folder."""

    def __init__(self, store: Store, folder: Path, id: str, prefix: str = "state-") -> None:
        self._store, self._folder, self._id, self._prefix = store, folder, id, prefix
        store.files.folder(folder)
        self._name, self._arrival = "", 0

    def restore(self, run: Run) -> Mapping[str, Any]:
        """Have a run go on; what else was kept."""
        with self._store.database.read() as connection:
            found = batches.checkpoint(connection, self._id) or {}
        if found.get("state"):
            self._name = found["state"]
            with self._store.files.open(self._folder / self._name) as file:
                changed = run.correlator.restore(file.read())
            for each in changed:
                LOG.warning("%s is not what it was: it begins anew", each)
        self._arrival = run.correlator.arrival
        return found

    def save(self, run: Run) -> str:
        """Write what correlations know where it is another thing; the name of the file."""
        if self._arrival == run.correlator.arrival:
            return self._name
        name = f"{self._prefix}{token_hex(8)}"
        aside = self._folder / f"{name}.tmp"
        file = self._store.files.create(aside)
        file.write(run.correlator.save())
        self._store.files.publish(file, aside, self._folder / name)
        self._arrival = run.correlator.arrival
        return name

    def reached(self, connection: Connection, name: str, more: Mapping[str, Any], now: datetime) -> None:
        """Say in a transaction that this file counts, and what else is reached with it."""
        if name != self._name or more:
            batches.reached(connection, self._id, {"state": name, **more}, now)

    def clean(self, name: str) -> None:
        """Forget those that count no more, also those of a process that was killed."""
        if name == self._name:
            return
        self._name = name
        for each in self._store.files.names(self._folder):
            if each.startswith(self._prefix) and each != name:
                self._store.files.remove(self._folder / each)
