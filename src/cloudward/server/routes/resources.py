"""Inventory: what was found, counted and one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import ConfigDict

from cloudward.errors import MissingError
from cloudward.model import Cause, Provider, Source
from cloudward.server.answers import (
    DOCUMENTED,
    LONGEST,
    Count,
    Facets,
    Listed,
    Page,
    Router,
    Strict,
    Word,
    Words,
    page,
    place,
)
from cloudward.server.needs import Caller, Needs, Permission
from cloudward.server.sight import Uid, seen
from cloudward.server.state import Served, State
from cloudward.store import ResourceRow
from cloudward.store.filters import Filters

router = Router(prefix="/api/v1/resources", tags=["inventory"])
Reader = Annotated[Caller, Depends(Needs(Permission.READ))]


@dataclass(frozen=True, slots=True)
class Findings:
    """Unhealthy assessments by severity, without those that are exempt."""

    high: int = 0
    medium: int = 0
    low: int = 0


@dataclass(frozen=True, slots=True)
class ResourceItem:
    """The header of a resource."""

    __pydantic_config__ = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "uid": "MTExMTIyMjIzMzMzAEFXUzo6UzM6OkJ1Y2tldABhcm46YXdzOnMzOjo6YWNtZS1sb2dz",
                    "id": "arn:aws:s3:::acme-logs",
                    "name": "acme-logs",
                    "type": "AWS::S3::Bucket",
                    "provider": "aws",
                    "scope": "111122223333",
                    "region": "eu-west-1",
                    "tags": {"env": "prod"},
                    "source": None,
                    "read": True,
                    "findings": {"high": 1, "medium": 0, "low": 2},
                }
            ]
        },
    )

    uid: str
    """What addresses it here: scope, type and id in a word. It stays the same from scan to scan."""
    id: str
    """The provider's id: the ARN where AWS has one."""
    name: str
    type: str
    """The provider's name of the type."""
    provider: Provider
    scope: str
    region: str | None
    """Null for what is global."""
    tags: dict[str, str]
    source: Source | None
    """File and line of what stands in code; null for what is live."""
    read: bool
    """False for one that could not be read in the last scan."""
    findings: Findings


@dataclass(frozen=True, slots=True)
class ResourceDetail:
    """A resource with its document."""

    __pydantic_config__ = DOCUMENTED

    uid: str
    id: str
    name: str
    type: str
    provider: Provider
    scope: str
    region: str | None
    tags: dict[str, str]
    source: Source | None
    read: bool
    findings: Findings
    properties: dict[str, Any] | None
    """The provider's document, completed by the type file; null where it was not read in the last scan."""
    unread: dict[str, Cause]
    """Path of the document -> why it could not be read."""
    generation: str
    """Tells a resource from one made anew under the same id."""
    snapshot: str
    """The scan that the document is from."""


class Narrowed(Strict):
    """Filters of resources: several values of one are alternatives, several filters hold together."""

    scope: Words = []
    """A scope, with all below it."""
    provider: list[Provider] = []
    type: Words = []
    region: Words = []
    """Empty for what has no region."""
    tag: Words = []
    """`key=value`, or `key` for any value; all that are given hold."""
    id: Words = []
    """The provider's id, whole."""
    search: Word = ""
    """Part of a name or id, in any case."""


class Asked(Narrowed, Listed):
    """A page of the resources that fit."""


class Facet(StrEnum):
    TYPE = "type"
    SCOPE = "scope"
    PROVIDER = "provider"
    REGION = "region"


class FacetsAsked(Narrowed):
    """The same filters, and what is counted."""

    by: list[Facet] = [*Facet]
    """What to count by."""


@router.get("")
def resources(state: Served, caller: Reader, asked: Annotated[Asked, Query()]) -> Page[ResourceItem]:
    """Resources by scope, and in the order of type and id in it."""
    filters = wanted(state, caller, asked)
    start = place(state, "resources", asked)
    found = state.store.resources(limit=asked.limit + 1, after=start, **filters)
    return page(state, "resources", asked, items(state, found), total(state, filters))


@router.get("/facets")
def facets(state: Served, caller: Reader, asked: Annotated[FacetsAsked, Query()]) -> Facets:
    """How many resources there are by type, scope, provider and region."""
    filters = wanted(state, caller, asked)
    return Facets({by.value: _facet(state, caller, by, filters) for by in asked.by})


@router.get("/{uid}")
def resource(state: Served, caller: Reader, uid: Word) -> ResourceDetail:
    """One resource with its document, and what of it could not be read."""
    row = located(state, caller, uid)
    whole = state.store.resource(row.id, scope=row.scope, type=row.type) if row.read else None
    counts = state.store.unhealthy([row.key])[row.key]
    return ResourceDetail(
        **header(row),
        findings=Findings(**counts),
        properties=dict(whole.properties) if whole else None,
        unread=dict(whole.unread) if whole else {},
        generation=row.generation,
        snapshot=state.store.published()[row.scope].scan,
    )


def located(state: State, caller: Caller, uid: str, permission: Permission = Permission.READ) -> ResourceRow:
    """The header of a resource that the caller may see."""
    scope, type, id = Uid.of(uid)
    allowed = seen(state, caller, permission=permission)
    if allowed is None or scope in allowed:
        for row in state.store.resources(scope=scope, type=type, resource=id, limit=1):
            if row.scope == scope:
                return row
    raise MissingError("there is no such resource")


def wanted(
    state: State, caller: Caller, asked: Narrowed, permission: Permission = Permission.READ
) -> Filters:
    """What is asked in the store's words, narrowed to what the caller may see."""
    return {
        "scope": seen(state, caller, asked.scope, permission),
        "provider": asked.provider or None,
        "type": asked.type or None,
        "region": asked.region or None,
        "tag": asked.tag or None,
        "resource": asked.id or None,
        "search": asked.search or None,
    }


def _facet(state: State, caller: Caller, by: Facet, filters: Filters) -> list[Count]:
    own: Filters = {**filters, by.value: None}  # type: ignore[misc]
    if by is Facet.SCOPE:
        own["scope"] = seen(state, caller)
    return [Count(each.value, each.count) for each in state.store.inventory(by.value, **own)]


def total(state: State, filters: Filters) -> int | None:
    """None where each resource would have to be looked at."""
    if any(filters.get(name) for name in ("tag", "search", "resource")):
        return None
    return sum(each.count for each in state.store.inventory("type", **filters))


def items(state: State, found: Iterator[ResourceRow]) -> Iterator[tuple[ResourceItem, str]]:
    """Rows of the store as the API tells them, each with its place."""
    while rows := list(islice(found, LONGEST + 1)):
        counts = state.store.unhealthy([row.key for row in rows])
        for row in rows:
            yield ResourceItem(**header(row), findings=Findings(**counts[row.key])), row.cursor


def header(row: ResourceRow) -> dict[str, Any]:
    """What is told of a resource everywhere."""
    return {
        "uid": Uid(row.scope, row.type, row.id).text,
        **{name: getattr(row, name) for name in HEADER},
    }


HEADER = ("id", "name", "type", "provider", "scope", "region", "tags", "source", "read")
