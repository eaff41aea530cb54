"""Alerts as a file. It stands before `alerts`, whose `/{id}` would take the word for an id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import StreamingResponse

from cloudward.model import Alert
from cloudward.server.answers import Router
from cloudward.server.needs import Caller, Permission
from cloudward.server.routes import alerts
from cloudward.server.routes.exports import (
    FILE,
    STIX,
    Exporter,
    File,
    file,
    keys_of,
    lines,
    plain,
    sent,
    written,
)
from cloudward.server.sight import seen
from cloudward.server.state import Served, State
from cloudward.store.alertlist import AlertFilters
from cloudward.store.alerts import Alerts, place

router = Router(prefix="/api/v1/alerts", tags=["exports"])
STEP = 500
"""Alerts that are read at once."""


class Form(StrEnum):
    CSV = "csv"
    JSON = "json"  # one object a line
    OCSF = "ocsf"  # one Detection Finding a line
    MICROSOFT = "microsoft"  # one of Microsoft.Security/alerts a line
    STIX = "stix"  # one bundle of STIX 2.1


class Asked(alerts.Narrowed):
    """The filters of alerts, and the form of the file."""

    form: Form = Form.CSV


FILES: dict[int | str, dict[str, Any]] = {
    200: {**FILE[200], "content": {**FILE[200]["content"], STIX: {"schema": {"type": "object"}}}}
}


@router.get("/export", response_class=StreamingResponse, responses=FILES)
def of_alerts(state: Served, caller: Exporter, asked: Annotated[Asked, Query()]) -> StreamingResponse:
    """Every alert that fits, in the order of the list."""
    return sent(alerts_file(state, caller, asked))


def alerts_file(state: State, caller: Caller, asked: Asked) -> File:
    filters = alerts.wanted(state, caller, asked)
    filters["visible"] = seen(state, caller, permission=Permission.EXPORT)
    steps = _steps(state, filters)
    if asked.form is Form.STIX:
        pieces = _bundle(steps)
    elif asked.form in (Form.OCSF, Form.MICROSOFT):
        pieces = lines(_made(state, asked.form, steps))
    else:
        rows = (plain(each) for step in steps for each in alerts.items(state, step))
        pieces = written(asked.form, rows, keys_of(alerts.AlertItem))
    return file("alerts", asked.form, pieces, seen(state, caller, asked.scope, Permission.EXPORT))


def _bundle(steps: Iterable[list[Alert]]) -> Iterator[bytes]:
    from cloudward.respond.stix import pieces

    return pieces(each for step in steps for each in step)


def _steps(state: State, filters: AlertFilters) -> Iterator[list[Alert]]:
    after = None
    while True:
        found, _ = Alerts(state.store.database).page(filters, STEP, after)
        yield found
        if len(found) < STEP:
            return
        after = place(found[-1])


def _made(state: State, form: Form, steps: Iterable[list[Alert]]) -> Iterator[dict[str, Any]]:
    from cloudward import __version__
    from cloudward.respond.detection_finding import finding
    from cloudward.respond.microsoft import security_alert

    kept = Alerts(state.store.database)
    for alert in (each for step in steps for each in step):
        about = state.detections.all.get(alert.detection)
        if form is Form.OCSF:
            yield finding(alert, kept.evidence(alert.id), product=__version__)
        else:
            yield security_alert(alert, list(about.remediate) if about else [], about.why if about else "")
