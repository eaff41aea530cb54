"""Reading the indicators of a collection on a TAXII 2.1 server that somebody named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cloudward.connect.indicators import reading
from cloudward.connect.indicators.taxii import pages
from cloudward.errors import InputError, OutgoingError
from cloudward.server.outgoing import client, fetch
from cloudward.server.task import FinalError, Task
from cloudward.store.indicators import IndicatorList

SLOT = "long"
LARGEST = 16 << 20
"""Bytes of a page."""
ALL = 256 << 20
"""Bytes of all pages."""


def run(task: Task) -> Mapping[str, Any]:
    """All of them or none; what the source says again is what it says now, so once more changes nothing."""
    asked = task.job.payload
    expires = asked["expires"] and datetime.fromisoformat(asked["expires"])
    given = reading.Given(asked["source"], asked["confidence"], expires or None, asked["labels"])
    try:
        found = reading.several(_bodies(task, asked), given)
    except InputError as error:
        raise FinalError(f"{error}; {error.hint}" if error.hint else str(error)) from error
    task.check()
    kept = IndicatorList(task.store.database)
    said, gone = kept.add(found.indicators, given.source, replace=asked["replace"], by=task.job.created_by)
    return {
        "source": given.source,
        "read": len(found.indicators),
        "said": said,
        "gone": gone,
        "wrong": found.wrong,
        "problems": found.problems[: reading.SHOWN],
    }


def _bodies(task: Task, asked: Mapping[str, Any]) -> Any:
    password = asked["password"] and task.store.vault.open(asked["password"], PURPOSE)
    auth = (asked["user"], password) if asked["user"] else None
    left = ALL
    with client(task.allowed, auth=auth) as calls:

        def get(url: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
            try:
                return fetch(calls, "GET", url, largest=LARGEST, headers=dict(headers))
            except OutgoingError as error:
                raise InputError(str(error), error.hint) from error

        for body in pages(get, asked["url"], {}):
            task.check()
            left -= len(body)
            if left < 0:
                raise InputError(f"{asked['url']} gives more than {ALL >> 20} MiB")
            yield body


PURPOSE = "indicators.taxii"
"""What the password is sealed for."""
