"""Indicators: addresses, names, URLs and hashes that somebody has seen do harm. They belong to no scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from cloudward.connect.indicators import kind_of, normal, reading
from cloudward.errors import UsageError
from cloudward.model import Indicator
from cloudward.server.answers import (
    DOCUMENTED,
    Listed,
    Page,
    Router,
    Strict,
    Word,
    Words,
    encoded,
    page,
    place,
)
from cloudward.server.changes import Given
from cloudward.server.jobs.indicators import PURPOSE
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.routes.jobs import JobItem, item
from cloudward.server.state import Served, State
from cloudward.store import jobs, revisions
from cloudward.store.indicators import KIND, IndicatorFilters, IndicatorList
from cloudward.store.indicators import place as place_of

router = Router(prefix="/api/v1/indicators", tags=["events"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]
Triager = Annotated[Caller, Depends(Needs(Permission.TRIAGE, anywhere=False))]
SourceName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Sure = Annotated[int, Field(ge=0, le=100)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
TRIES = 3
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "CSV, one a line, JSON lines, or STIX 2.1; at most 16 MiB.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "text/plain": {"schema": {"type": "string"}},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "application/stix+json;version=2.1": {"schema": {"type": "object"}},
        },
    }
}


class IndicatorKind(StrEnum):
    ADDRESS = "address"
    DOMAIN = "domain"
    URL = "url"
    HASH = "hash"


@dataclass(frozen=True, slots=True)
class KnownIndicator:
    """An address or network, a domain, a URL or a hash that somebody has seen do harm."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "address",
                    "value": "203.0.113.0/24",
                    "source": "feed",
                    "confidence": 70,
                    "expires": "2027-01-31T00:00:00Z",
                    "labels": ["c2"],
                    "description": "",
                }
            ]
        },
    )

    kind: IndicatorKind
    value: str
    source: str
    """Who says so."""
    confidence: int
    """Of 100."""
    expires: datetime | None
    """When it says nothing any more; null for never."""
    labels: Sequence[str]
    description: str


@dataclass(frozen=True, slots=True)
class IndicatorSource:
    """Who says something."""

    __pydantic_config__ = DOCUMENTED

    source: str
    indicators: int


@dataclass(frozen=True, slots=True)
class IndicatorSources:
    """Everybody who says something."""

    __pydantic_config__ = DOCUMENTED

    items: Sequence[IndicatorSource]


@dataclass(frozen=True, slots=True)
class IndicatorsAdded:
    """What a file held."""

    __pydantic_config__ = DOCUMENTED

    source: str
    read: int
    """Indicators in the file."""
    said: int
    """That the source says in all now."""
    gone: int
    """That it said before and says no more."""
    wrong: int
    """Entries that were not understood and are left out."""
    problems: Sequence[str]
    """The first of these."""


@dataclass(frozen=True, slots=True)
class IndicatorsRemoved:
    """What is gone. Alerts that they raised stay."""

    __pydantic_config__ = DOCUMENTED

    removed: int


class Asked(Listed):
    """Filters of indicators."""

    kind: list[IndicatorKind] = []
    source: Words = []
    search: Word = ""
    """Part of the value, in any case."""
    live: bool | None = None
    """Only what has not ended, or only what has."""


class FileAsked(Strict):
    """What is said of all in a file, where it does not say so itself."""

    source: SourceName
    """Who says so."""
    confidence: Sure | None = None
    expires: AwareDatetime | None = None
    label: Annotated[list[Label], Field(max_length=20)] = []
    replace: bool = False
    """What the source said before and says no more is taken out."""


class IndicatorsNamed(Strict):
    """Which indicators; what is given narrows, and something has to be."""

    value: Words = []
    source: Word = ""
    ended: bool = False
    """Only what says nothing any more."""


class TaxiiCollection(Given):
    """A collection on a TAXII 2.1 server."""

    url: Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[^\s/?#@]+([/?#]\S*)?$")] = (
        Field(examples=["https://taxii.example.com/api1/collections/91a7b528/"])
    )
    """`https://HOST/ROOT/collections/ID/`. Private addresses are only called when the server lists them."""
    source: SourceName
    user: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00:]*$")] = ""
    password: Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")] = ""
    """Kept encrypted until the collection is read, and never told."""
    confidence: Sure | None = None
    expires: AwareDatetime | None = None
    labels: Annotated[list[Label], Field(max_length=20)] = []
    replace: bool = False


@router.get("")
def indicators(state: Served, _caller: Reader, asked: Annotated[Asked, Query()]) -> Page[KnownIndicator]:
    """In order of kind and value."""
    filters: IndicatorFilters = {
        "kind": [each.value for each in asked.kind] or None,
        "source": asked.source or None,
        "search": asked.search,
        "live": asked.live,
    }
    after = place(state, "indicators", asked)
    found, total = _kept(state).page(filters, asked.limit + 1, after, datetime.now(UTC))
    return page(state, "indicators", asked, ((_item(each), place_of(each)) for each in found), total)


@router.get("/sources")
def sources(state: Served, _caller: Reader) -> IndicatorSources:
    """Who says something, and how much."""
    return IndicatorSources([IndicatorSource(*each) for each in _kept(state).sources().items()])


@router.post("/files", response_model=IndicatorsAdded, openapi_extra=BODY)
async def add(
    request: Request, state: Served, caller: Triager, asked: Annotated[FileAsked, Query()]
) -> Response:
    """Add the indicators of a file: what the source says again is what it says now."""
    with state.intake.holding() as held:
        data = bytearray()
        async for piece in request.stream():
            held.more(len(piece))
            data += piece
        return encoded(await run_in_threadpool(_added, state, caller, asked, bytes(data)))


@router.post("/collections", status_code=202)
def read(state: Served, caller: Triager, given: TaxiiCollection) -> JobItem:
    """Have a worker read a collection of a TAXII 2.1 server; the job tells what it held."""
    payload = {
        "url": given.url,
        "source": given.source,
        "user": given.user,
        "password": given.password and state.store.vault.seal(given.password, PURPOSE),
        "confidence": given.confidence,
        "expires": given.expires.isoformat() if given.expires else "",
        "labels": [each.lower() for each in given.labels],
        "replace": given.replace,
    }
    told = {"url": given.url.partition("?")[0], "user": given.user, "replace": given.replace}
    with state.store.database.write() as connection:
        revisions.note(connection, caller.name, KIND, given.source, None, told)
        job = jobs.add(
            connection,
            "indicators",
            payload,
            by=caller.name,
            now=datetime.now(UTC),
            lane=f"indicators/{given.source}",
            tries=TRIES,
        )
        return item(job)


@router.delete("")
def remove(state: Served, caller: Triager, asked: Annotated[IndicatorsNamed, Query()]) -> IndicatorsRemoved:
    """Take indicators out."""
    if not (asked.value or asked.source or asked.ended):
        raise UsageError("which indicators?", "value, source or ended")
    named = [normal(kind_of(each), each) if kind_of(each) else each for each in asked.value]
    ended = datetime.now(UTC) if asked.ended else None
    kept = _kept(state)
    return IndicatorsRemoved(kept.remove(source=asked.source, values=named, ended=ended, by=caller.name))


def _kept(state: State) -> IndicatorList:
    return IndicatorList(state.store.database)


def _item(each: Indicator) -> KnownIndicator:
    return KnownIndicator(
        IndicatorKind(each.kind),
        each.value,
        each.source,
        each.confidence,
        each.expires,
        each.labels,
        each.description,
    )


def _added(state: State, caller: Caller, asked: FileAsked, data: bytes) -> IndicatorsAdded:
    if not data.strip():
        raise UsageError("the file is empty")
    labels = [each.lower() for each in asked.label]
    given = reading.Given(asked.source, asked.confidence, asked.expires, labels)
    found = reading.several([data], given)
    said, gone = _kept(state).add(found.indicators, asked.source, replace=asked.replace, by=caller.name)
    return IndicatorsAdded(
        asked.source, len(found.indicators), said, gone, found.wrong, found.problems[: reading.SHOWN]
    )
