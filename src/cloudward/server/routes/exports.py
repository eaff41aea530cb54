"""Exports: exactly the rows that filters leave, as a file. They are written as they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
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
from cloudward.server.state import Served

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
MEDIA = {"csv": "text/csv; charset=utf-8", "json": LINES, "ocsf": LINES, "microsoft": LINES}
SUFFIX = {"csv": ".csv", "json": ".ndjson", "ocsf": ".ocsf.ndjson", "microsoft": ".microsoft.ndjson"}


class OfAssessments(assessments.Narrowed):
    """The filters of assessments, and the form of the file."""

    form: Form = Form.CSV


class OfResources(resources.Narrowed):
    """The filters of resources, and the form of the file."""

    form: PlainForm = PlainForm.CSV


class OfRecommendations(recommendations.Narrowed):
    """The filters and the order of recommendations, and the form of the file."""

    form: PlainForm = PlainForm.CSV


FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {media: {"schema": {"type": "string"}} for media in dict.fromkeys(MEDIA.values())},
    }
}
"""As `responses` of a route."""


@router.get("/assessments/export", response_class=StreamingResponse, responses=FILE)
def of_assessments(
    state: Served, caller: Exporter, asked: Annotated[OfAssessments, Query()]
) -> StreamingResponse:
    """Every assessment that fits, in the order of the list."""
    found = state.store.assessments(**assessments.wanted(state, caller, asked, Permission.EXPORT))
    if asked.form is Form.OCSF:
        return file("assessments", asked.form, lines(events(state.store, state.pack, found, str)))
    rows = (plain(assessments.item(state.pack, row)) for row in found)
    return file("assessments", asked.form, written(asked.form, rows, keys_of(assessments.AssessmentItem)))


@router.get("/resources/export", response_class=StreamingResponse, responses=FILE)
def of_resources(
    state: Served, caller: Exporter, asked: Annotated[OfResources, Query()]
) -> StreamingResponse:
    """The header of every resource that fits, in the order of the list."""
    found = state.store.resources(**resources.wanted(state, caller, asked, Permission.EXPORT))
    rows = (plain(row) for row, _ in resources.items(state, found))
    return file("resources", asked.form, written(asked.form, rows, keys_of(resources.ResourceItem)))


@router.get("/recommendations/export", response_class=StreamingResponse, responses=FILE)
def of_recommendations(
    state: Served, caller: Exporter, asked: Annotated[OfRecommendations, Query()]
) -> StreamingResponse:
    """Every recommendation that fits, in the order of the list."""
    found = recommendations.items(state, caller, asked, Permission.EXPORT)
    rows = (plain(row) for row in sorted(found, key=recommendations.KEYS[asked.sort]))
    keys = keys_of(recommendations.RecommendationItem)
    return file("recommendations", asked.form, written(asked.form, rows, keys))


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


def file(name: str, form: StrEnum, pieces: Iterator[bytes]) -> StreamingResponse:
    """The answer, sent as it is written."""
    headers = {"Content-Disposition": f'attachment; filename="{name}{SUFFIX[form.value]}"'}
    return StreamingResponse(_gathered(pieces), media_type=MEDIA[form.value], headers=headers)


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces that are worth a step of the event loop each."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= BYTES:
            yield bytes(held)
            held.clear()
    yield bytes(held)
