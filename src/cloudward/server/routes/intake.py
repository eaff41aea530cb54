"""The way in for events: batches of one log, by a token that is bound to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ConfigDict, Field, StringConstraints
from starlette.requests import ClientDisconnect

from cloudward.errors import UsageError
from cloudward.server.answers import DOCUMENTED, Strict, encoded
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.state import Served, State
from cloudward.store import batches, tokens
from cloudward.store.batches import Health
from cloudward.store.tokens import Token

router = APIRouter(prefix="/api/v1/intake", tags=["events"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ, anywhere=False))]
Sender = Annotated[Caller, Depends(Needs(Permission.SEND))]
Word = Annotated[str, StringConstraints(max_length=200), Header(alias="Idempotency-Key")]
BODY = {
    "requestBody": {
        "required": True,
        "description": "Records of the log, as the provider writes them, plain or packed by gzip or zstd: a "
        "record a line, a list, a delivery (`EventList` of Kubernetes, an event of EventBridge), or lines of "
        "text. At most 64 MiB when it is unpacked, and 20 times what came.",
        "content": {
            "application/json": {"schema": {}},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/plain": {"schema": {"type": "string"}},
        },
    }
}


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that is on disk. Its events are evaluated within seconds."""

    __pydantic_config__ = DOCUMENTED

    batch: str
    """By which it is known."""
    bytes: int
    """Unpacked."""
    repeated: bool
    """It came before: it is not evaluated again."""


@router.post("", status_code=202, response_model=Batch, openapi_extra=BODY)
async def send(request: Request, state: Served, caller: Sender, word: Word = "") -> Response:
    """Send a batch of events.

    The token says of which log, scope and account they are; others are kept as rejected. The answer comes
    when the batch is on disk. To send it again does no harm: it is known by its `Idempotency-Key`, or by
    what it holds. With 429 or 503 `Retry-After` says when to come again.
    """
    token = await run_in_threadpool(_token, state, caller)
    form = request.headers.get("content-encoding", "")
    with state.intake.holding() as held:
        data = bytearray()
        try:
            async for piece in request.stream():
                held.more(len(piece))
                data += piece
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        taken = await run_in_threadpool(state.intake.keep, token, word, form, bytes(data))
    return encoded(Batch(*taken), 202)


@dataclass(frozen=True, slots=True)
class Healths:
    """What came, of which log and by which way; and what waits."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "source": "aws-cloudtrail",
                            "way": "cw_3f9a0c1d2e4b",
                            "events": 48210,
                            "unparsed": 0,
                            "rejected": 2,
                            "last": "2026-01-12T08:29:58Z",
                            "received": "2026-01-12T08:30:00Z",
                            "lag": 1.2,
                            "silent": False,
                        }
                    ],
                    "batches": 0,
                    "bytes": 0,
                    "waits": 0.0,
                }
            ]
        },
    )

    items: list[Health]
    batches: int
    """That wait to be evaluated."""
    bytes: int
    """Of these, packed as they came."""
    waits: float
    """Seconds for which the oldest of them waits."""


class Patience(Strict):
    """When a log is silent."""

    silent_after: Annotated[int, Field(ge=60, le=366 * 86400)] = 86400
    """Seconds in which nothing came."""


@router.get("")
def health(state: Served, _caller: Reader, asked: Annotated[Patience, Query()]) -> Healths:
    """How it goes with what comes: the last event, lag, what could not be read, what has gone silent."""
    now, waits = datetime.now(UTC), state.intake.spool.backlog()
    with state.store.database.read() as connection:
        found = batches.health(connection, now, timedelta(seconds=asked.silent_after))
    age = max(0.0, now.timestamp() - waits.oldest / 1e9) if waits.oldest else 0.0
    return Healths(found, waits.batches, waits.bytes, round(age, 3))


def _token(state: State, caller: Caller) -> Token:
    with state.store.database.read() as connection:
        token = tokens.one(connection, caller.token) if caller.token else None
    if token is None or not token.source:
        raise UsageError(
            "events come with a token that is bound to a log", "make one of the role sender, with its source"
        )
    state.intake.check()
    return token
