"""What is scanned under a name. The ExternalId of each stays the store's own, and is in no file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from cloudward.apply.plan import Given, State
from cloudward.apply.read import Entry
from cloudward.connect.aws.settings import NAME, Settings
from cloudward.errors import UsageError
from cloudward.model import Provider
from cloudward.pack.reader import plain
from cloudward.store import Connector
from cloudward.store import connectors as kept
from cloudward.store.connectors import KIND as NOUN
from cloudward.store.connectors import every, forget

__all__ = ["KEYS", "NOUN", "every", "forget", "keep", "problems", "read", "said"]

KEYS = (
    "provider",
    "role",
    "organization",
    "accounts",
    "regions",
    "web_identity_token_file",
    "web_identity_role",
)


def read(entry: Entry, old: Connector | None, given: Given) -> Connector:
    provider = Provider(entry.text("provider", choices=[Provider.AWS]))
    values = {key: plain(value) for key, value in entry.table.items() if key in KEYS and key != "provider"}
    for key in ("accounts", "regions"):
        if key in values:
            values[key] = list(entry.texts(key))
    try:
        settings = Settings.of(values).kept()
    except UsageError as error:
        raise entry.wrong("", str(error)) from error
    if old is not None:
        return replace(old, provider=provider, settings=settings, source=entry.source)
    return Connector(entry.id, provider, settings, "", given.by, given.now, entry.source)


def problems(state: State[Connector], _given: Given) -> Iterator[tuple[str, str, str]]:
    for id in state.wanted:
        if not NAME.fullmatch(id):
            yield id, "", "a connector's name has small letters, digits and -, at most 40"


def keep(connection: Connection, thing: Connector, by: str) -> None:
    kept.keep(connection, thing.name, thing.provider, thing.settings, by, thing.source)


def said(thing: Connector) -> dict[str, Any]:
    return {"provider": thing.provider.value, **thing.settings, "source": thing.source}
