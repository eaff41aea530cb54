"""Exports: exactly the rows that filters leave, as a file. They are written as they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from cloudward.respond.findings import events
from cloudward.respond.text import cell, encoded
from cloudward.server.answers import Router
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes import assessments, recommendations, resources
from cloudward.server.sight import seen
from cloudward.server.state import Served, State
from cloudward.store.filters import Filters

router = Router(prefix="/api/v1", tags=["exports"])
Exporter = Annotated[Caller, Depends(Needs(Permission.EXPORT))]
BYTES = 1 << 15
"""A piece of a file is at least so long."""
Row = dict[str, Any]


class Form(StrEnum):
    CSV = "csv"
    JSON = "json"  # one object a line
    OCSF = "ocsf"  # one Compliance Finding a line


class PlainForm(StrEnum):
    CSV = "csv"
    JSON = "json"  # one object a line


LINES = "application/x-ndjson"
STIX = "application/stix+json;version=2.1"
MEDIA = {"csv": "text/csv; charset=utf-8", "json": LINES, "ocsf": LINES, "microsoft": LINES, "stix": STIX}
SUFFIX = {
    "csv": ".csv",
    "json": ".ndjson",
    "ocsf": ".ocsf.ndjson",
    "microsoft": ".microsoft.ndjson",
    "stix": ".stix.json",
}


class OfAssessments(assessments.Narrowed):
    """The filters of assessments, and the form of the file."""

    form: Form = Form.CSV


class OfResources(resources.Narrowed):
    """The filters of resources, and the form of the file."""

    form: PlainForm = PlainForm.CSV


class OfRecommendations(recommendations.Narrowed):
    """The filters and the order of recommendations, and the form of the file."""

    form: PlainForm = PlainForm.CSV


@dataclass(frozen=True)
class File:
    """A file that is written as it is read."""

    name: str
    media: str
    pieces: Iterator[bytes]
    scopes: Sequence[str] | None
    """All that it may be about; None is every scope."""
    total: Callable[[], int | None] = lambda: None
    """Rows that there will be, a piece each; None where nobody knows before."""


FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {media: {"schema": {"type": "string"}} for media in dict.fromkeys([MEDIA["csv"], LINES])},
    }
}
"""As `responses` of a route."""


@router.get("/assessments/export", response_class=StreamingResponse, responses=FILE)
def of_assessments(
    state: Served, caller: Exporter, asked: Annotated[OfAssessments, Query()]
) -> StreamingResponse:
    """Every assessment that fits, in the order of the list."""
    return sent(assessments_file(state, caller, asked))


def assessments_file(state: State, caller: Caller, asked: OfAssessments) -> File:
    filters = assessments.wanted(state, caller, asked, Permission.EXPORT)
    found = state.store.assessments(**filters)
    if asked.form is Form.OCSF:
        pieces = lines(events(state.store, state.pack, found, str))
    else:
        rows = (plain(assessments.item(state.pack, row)) for row in found)
        pieces = written(asked.form, rows, keys_of(assessments.AssessmentItem))
    return file(
        "assessments", asked.form, pieces, _scopes(filters), lambda: assessments.total(state, filters)
    )


@router.get("/resources/export", response_class=StreamingResponse, responses=FILE)
def of_resources(
    state: Served, caller: Exporter, asked: Annotated[OfResources, Query()]
) -> StreamingResponse:
    """The header of every resource that fits, in the order of the list."""
    return sent(resources_file(state, caller, asked))


def resources_file(state: State, caller: Caller, asked: OfResources) -> File:
    filters = resources.wanted(state, caller, asked, Permission.EXPORT)
    rows = (plain(row) for row, _ in resources.items(state, state.store.resources(**filters)))
    pieces = written(asked.form, rows, keys_of(resources.ResourceItem))
    return file("resources", asked.form, pieces, _scopes(filters), lambda: resources.total(state, filters))


@router.get("/recommendations/export", response_class=StreamingResponse, responses=FILE)
def of_recommendations(
    state: Served, caller: Exporter, asked: Annotated[OfRecommendations, Query()]
) -> StreamingResponse:
    """Every recommendation that fits, in the order of the list."""
    return sent(recommendations_file(state, caller, asked))


def recommendations_file(state: State, caller: Caller, asked: OfRecommendations) -> File:
    found = recommendations.items(state, caller, asked, Permission.EXPORT)
    rows = (plain(row) for row in sorted(found, key=recommendations.KEYS[asked.sort]))
    pieces = written(asked.form, rows, keys_of(recommendations.RecommendationItem))
    scopes = seen(state, caller, asked.scope, Permission.EXPORT)
    return file("recommendations", asked.form, pieces, scopes, lambda: len(found))


def _scopes(filters: Filters) -> list[str] | None:
    found = filters.get("scope")
    return None if found is None else [*found]


def keys_of(shape: type) -> list[str]:
    """The columns of a table."""
    return [*shape.__dataclass_fields__]  # type: ignore[attr-defined]


def plain(item: Any) -> Row:
    """A row as JSON has it."""
    found: Row = msgspec.to_builtins(item)
    return found


def written(form: StrEnum, rows: Iterable[Row], keys: Sequence[str]) -> Iterator[bytes]:
    """Rows in the form that is asked for."""
    return _cells(rows, keys) if form == "csv" else lines(rows)


def lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """An object a line, which moves no terminal."""
    return (f"{encoded(row)}\n".encode() for row in rows)


def _cells(rows: Iterable[Row], keys: Sequence[str]) -> Iterator[bytes]:
    """No cell is a formula, whatever somebody called his resource."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(keys)
    for row in rows:
        table.writerow([cell(row[key]) for key in keys])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def file(
    name: str,
    form: StrEnum,
    pieces: Iterator[bytes],
    scopes: Sequence[str] | None,
    total: Callable[[], int | None] = lambda: None,
) -> File:
    """A file of rows."""
    return File(name + SUFFIX[form.value], MEDIA[form.value], pieces, scopes, total)


def sent(made: File) -> StreamingResponse:
    """The answer, sent as it is written."""
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
    return StreamingResponse(gathered(made.pieces), media_type=made.media, headers=headers)


def gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces that are worth a step of the event loop each."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= BYTES:
            yield bytes(held)
            held.clear()
    yield bytes(held)
