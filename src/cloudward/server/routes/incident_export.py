"""Incidents as a file. It stands before `incidents`, whose `/{incident}` would take the word for an id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from cloudward.model import Incident
from cloudward.server.answers import Router
from cloudward.server.needs import Caller, Permission
from cloudward.server.routes import incidents
from cloudward.server.routes.exports import (
    FILE,
    Exporter,
    File,
    PlainForm,
    file,
    keys_of,
    plain,
    sent,
    written,
)
from cloudward.server.sight import seen
from cloudward.server.state import Served, State
from cloudward.store.incidentlist import IncidentFilters
from cloudward.store.incidents import Incidents, place

router = Router(prefix="/api/v1/incidents", tags=["exports"])
STEP = 500
"""Incidents that are read at once."""


class Asked(incidents.Narrowed):
    """The filters of incidents, and the form of the file."""

    form: PlainForm = PlainForm.CSV


@router.get("/export", response_class=StreamingResponse, responses=FILE)
def of_incidents(state: Served, caller: Exporter, asked: Annotated[Asked, Query()]) -> StreamingResponse:
    """Every incident that fits, in the order of the list."""
    return sent(incidents_file(state, caller, asked))


def incidents_file(state: State, caller: Caller, asked: Asked) -> File:
    filters = incidents.wanted(state, caller, asked)
    sight = filters["visible"] = seen(state, caller, permission=Permission.EXPORT)
    rows = (plain(incidents.item(each, sight)) for each in _every(state, filters))
    pieces = written(asked.form, rows, keys_of(incidents.IncidentItem))
    return file("incidents", asked.form, pieces, seen(state, caller, asked.scope, Permission.EXPORT))


def _every(state: State, filters: IncidentFilters) -> Iterator[Incident]:
    kept, after = Incidents(state.store.database), None
    while True:
        found, _ = kept.page(filters, STEP, after)
        yield from found
        if len(found) < STEP:
            return
        after = place(found[-1])
