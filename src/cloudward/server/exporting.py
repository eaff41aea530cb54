"""Files that are made in a process of their own, for who asked for them and as he may at that moment.

What is asked for is the address of a direct export: what can be had at once can be had as a job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_origin
from urllib.parse import parse_qs, unquote, urlsplit

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from cloudward.errors import DeniedError, UsageError
from cloudward.server.answers import Strict
from cloudward.server.auth.standing import acting
from cloudward.server.child import answer, say
from cloudward.server.needs import Caller, Permission
from cloudward.server.routes import alert_export, exports, incident_export, standards
from cloudward.server.routes.exports import File, gathered
from cloudward.server.state import State
from cloudward.store import Store
from cloudward.store.exports import Exports

INTERVAL = 0.5
"""Seconds between two words on how far it is."""
ROWS: Mapping[str, tuple[type[Strict], Callable[[State, Caller, Any], File]]] = {
    "assessments": (exports.OfAssessments, exports.assessments_file),
    "resources": (exports.OfResources, exports.resources_file),
    "recommendations": (exports.OfRecommendations, exports.recommendations_file),
    "alerts": (alert_export.Asked, alert_export.alerts_file),
    "incidents": (incident_export.Asked, incident_export.incidents_file),
}


@dataclass(frozen=True)
class Order:
    """A file that somebody wants."""

    of: str
    """A list, or a standard."""
    check: Callable[[State], object]
    """Refuses what there is not."""
    make: Callable[[State, Caller], File]


def order(address: str) -> Order:
    """What the address of a direct export asks for; refused where the export itself would refuse it."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise UsageError("this is no address") from error
    match parts.path.split("/"):
        case ["", "api", "v1", name, "export"] if name in ROWS:
            model, make = ROWS[name]
            asked = _asked(model, parts.query)
            return Order(name, lambda _: None, lambda state, caller: make(state, caller, asked))
        case ["", "api", "v1", "standards", id, "export"]:
            standard, wanted = unquote(id), _asked(standards.ExportAsked, parts.query)
            return Order(
                standard,
                lambda state: standards.known_standard(state, standard),
                lambda state, caller: standards.report_file(state, caller, standard, wanted),
            )
    raise UsageError(
        f"{parts.path[:100]!r} is no export",
        f"/api/v1/NAME/export of {', '.join(ROWS)}, or of a standard",
    )


def _asked(model: type[Strict], query: str) -> Any:
    """The filters of an address, as the route of the export reads them."""
    try:
        given = parse_qs(query, keep_blank_values=True, max_num_fields=2000)
    except ValueError as error:
        raise UsageError("this address has too many filters") from error
    fields = model.model_fields
    lists = {name for name, field in fields.items() if get_origin(field.annotation) is list}
    try:
        return model.model_validate({k: v if k in lists else v[-1] for k, v in given.items()})
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", "address", *each["loc"])} for each in error.errors()]
        ) from error


def main() -> None:
    """Make the file that standard input asks for."""
    answer(_made)


def _made(asked: dict[str, Any]) -> Mapping[str, Any]:
    from cloudward.pack import load

    with Store.open(asked["folder"], url=asked["url"]) as store:
        caller = acting(store, asked["user"], asked["token"], datetime.now(UTC))
        if caller is None or not _may(caller):
            raise DeniedError("who asked for this file may not export any more")
        state = State(store, load(*map(Path, asked["content"])), _nobody)
        made = order(asked["address"]).make(state, caller)
        kept = Exports(store.folder, store.files).write(asked["job"], asked["attempt"], gathered(_told(made)))
    return {
        "name": made.name,
        "media": made.media,
        "bytes": kept.bytes,
        "sha256": kept.sha256,
        "scopes": None if made.scopes is None else [*made.scopes],
    }


def _may(caller: Caller) -> bool:
    return caller.everywhere(Permission.EXPORT) or bool(caller.scopes(Permission.EXPORT))


def _told(made: File) -> Iterator[bytes]:
    """The pieces, and now and then a word on how far it is."""
    total, done, size, said = made.total(), 0, 0, 0.0
    for piece in made.pieces:
        yield piece
        done, size = done + 1, size + len(piece)
        if time.monotonic() - said > INTERVAL:
            said = time.monotonic()
            rows = {} if total is None else {"rows": total, "done": min(done, total)}
            say({"progress": {"bytes": size, **rows}})


async def _nobody(_request: object) -> Caller:
    raise DeniedError("nobody calls here")
