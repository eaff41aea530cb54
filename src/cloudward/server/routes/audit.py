"""The audit log: who changed what, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from cloudward.respond.text import encoded
from cloudward.server.auth.signin import Guarded
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.store import revisions
from cloudward.store.revisions import Entry

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])
Auditor = Annotated[Caller, Depends(Needs(Permission.AUDIT))]
WholeAuditor = Annotated[Caller, Depends(Needs(Permission.AUDIT, anywhere=False))]
Word = Annotated[str, Query(max_length=500, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class AuditItem:
    """A change."""

    number: int
    at: datetime
    by: str
    kind: str
    id: str
    scope: str
    """Where it counts; empty for what belongs to no scope."""
    before: Any
    """Null when it was new."""
    after: Any
    """Null when it is gone."""
    digest: str
    """Over this change and the digest before it."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Changes, the last first."""

    items: list[AuditItem]
    next: int | None
    """To give as `before` for those that are older; null when there are none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the chain of digests."""

    whole: bool
    length: int
    digest: str
    """Of the last change: note it elsewhere, and give it as `noted` later."""
    broken: int | None
    """The number of the first change that is not as it was written; 0 when the last ones are missing."""
    noted: bool | None
    """Whether the digest that was given stands in the chain; null when none was."""


@router.get("")
def audit(
    guard: Guarded,
    caller: Auditor,
    kind: Word = "",
    by: Word = "",
    id: Word = "",
    before: Annotated[int | None, Query(ge=1, le=1 << 62)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> AuditPage:
    """Changes: all of them, or those in the scopes of which the caller may read the log."""
    scopes = _scopes(caller)
    with guard.store.database.read() as connection:
        found = list(
            revisions.entries(
                connection, kind=kind, who=by, id=id, scopes=scopes, before=before, limit=limit + 1
            )
        )
    more = found[limit - 1].number if len(found) > limit else None
    return AuditPage([_item(each) for each in found[:limit]], more)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def export_audit(guard: Guarded, caller: Auditor) -> StreamingResponse:
    """The same as a file: a JSON object a line, the last change first."""
    scopes = _scopes(caller)

    def lines() -> Iterator[bytes]:
        with guard.store.database.read() as connection:
            for each in revisions.entries(connection, scopes=scopes):
                yield f"{encoded(_item(each))}\n".encode()

    headers = {"content-disposition": 'attachment; filename="audit.ndjson"'}
    return StreamingResponse(lines(), headers=headers, media_type="application/x-ndjson")


@router.get("/verify")
def verify_audit(guard: Guarded, _caller: WholeAuditor, noted: Word = "") -> Verdict:
    """Compute the chain of digests anew, and tell whether anything was changed."""
    with guard.store.database.read() as connection:
        found = revisions.verify(connection, noted)
    whole = found.broken is None and found.noted is not False
    return Verdict(whole, found.length, found.digest, found.broken, found.noted)


def _scopes(caller: Caller) -> frozenset[str] | None:
    return None if caller.everywhere(Permission.AUDIT) else caller.scopes(Permission.AUDIT)


def _item(entry: Entry) -> AuditItem:
    r = entry.revision
    return AuditItem(entry.number, r.at, r.by, r.kind, r.id, entry.scope, r.before, r.after, entry.digest)
