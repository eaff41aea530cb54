"""How notifications go out: to addresses that were looked at, and not more than somebody can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from cloudward.errors import OutgoingError
from cloudward.respond.notify import Event, Level, NotSentError
from cloudward.respond.notify.email import cap
from cloudward.server.outgoing import Allowed, client, fetch, resolved
from cloudward.store import Store, channels


class Ways:
    """What channels send with."""

    def __init__(self, store: Store, allowed: Allowed, clock: Callable[[], datetime]) -> None:
        self._store, self._allowed, self._clock = store, allowed, clock

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        try:
            with client(self._allowed) as calls:
                return fetch(calls, "POST", url, headers=dict(headers), content=body)
        except OutgoingError as error:
            raise NotSentError(_told(error, url)) from error

    def address(self, host: str, port: int) -> str:
        try:
            return str(resolved(host, port, self._allowed))
        except OutgoingError as error:
            raise NotSentError(_told(error, "")) from error

    def spare(self, address: str, event: Event, level: Level) -> bool:
        most, span = cap(event, level)
        with self._store.database.read() as connection:
            return channels.had(connection, address, event, level, self._clock() - span) >= most

    def sent(self, address: str, event: Event, level: Level) -> None:
        with self._store.database.write() as connection:
            channels.mailed(connection, address, event, level, self._clock())


def _told(error: OutgoingError, url: str) -> str:
    """What went wrong, without an address that is a secret."""
    text = f"{error}; {error.hint}" if error.hint else str(error)
    return text.replace(url, "the address") if url else text
