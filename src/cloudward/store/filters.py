"""What a caller wants to see, as conditions on the tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import Boolean, ColumnElement, Connection, Text, bindparam, exists, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from cloudward.errors import UsageError, near
from cloudward.model import Severity, Status
from cloudward.store import tables as t
from cloudward.store.atlas import kept
from cloudward.store.counts import EVERYWHERE, grain
from cloudward.store.encoding import SEVERITY_CODE, STATUS_CODE, micros

Many = str | Iterable[str] | None
Condition = ColumnElement[bool]


class Filters(TypedDict, total=False):
    """One value or several each; what is absent or None is not asked for, an empty list matches nothing."""

    scope: Many
    provider: Many
    policy: Many
    type: Many
    region: Many
    status: Many
    severity: Many
    resource: Many
    tag: Many
    """`key=value`, or `key` for any value."""
    search: str | None
    """Part of a name or id, in any case."""
    exempt: bool | None
    since: datetime | None
    """Only assessments whose status became what it is then or later."""


class Place(NamedTuple):
    """A scope: its key, the first and last key of its resources, and the scan that these are of."""

    key: int
    first: int
    last: int
    scan: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters as the keys and codes that the tables hold; None is any."""

    places: tuple[Place, ...] | None
    """The scopes in order of key."""
    policies: tuple[int, ...] | None
    types: tuple[int, ...] | None
    statuses: tuple[int, ...]
    severities: tuple[int, ...] | None
    regions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    tags: tuple[str, ...]
    search: str | None
    exempt: bool | None
    since: int | None

    @property
    def scopes(self) -> tuple[int, ...] | None:
        """The keys of the scopes."""
        return None if self.places is None else tuple(place.key for place in self.places)

    @property
    def alike(self) -> tuple[object, ...]:
        """What else is asked of the table of counts."""
        return self.policies, self.types, self.statuses, self.severities, self.regions, self.exempt

    def within(self, places: Iterable[Place] | None) -> Wanted:
        """The same of other scopes."""
        return replace(self, places=None if places is None else tuple(places))

    @property
    def span(self) -> tuple[int, int]:
        """The lowest and the highest key of a resource of the scopes."""
        held = [place for place in self.places or () if place.first <= place.last]
        return min((p.first for p in held), default=0), max((p.last for p in held), default=-1)

    def counted(self, *columns: str) -> list[Condition]:
        """On the table of counts, in the smallest grain that has what is asked and these columns."""
        c = t.counts.c
        asked = {"policy": self.policies, "type": self.types, "region": self.regions}
        size = grain([name for name, values in asked.items() if values is not None], columns)
        return [
            c.grain == size,
            *self.counted_scopes(c.scope, "scope" in columns),
            *_in(c.policy, self.policies),
            *_in(c.type, self.types),
            *_in(c.severity, self.severities),
            *_in(c.region, self.regions),
            c.status.in_(self.statuses),
            *([] if self.exempt is None else [c.exempt == self.exempt]),
        ]

    def counted_scopes(self, scope: ColumnElement[int], apart: bool) -> list[Condition]:
        """The rows of the scopes asked for; of any, those over all scopes unless each is wanted apart."""
        if self.scopes is not None:
            return _in(scope, self.scopes)
        if apart:  # each by the index: it begins with the scope
            return [scope.in_(select(t.scopes.c.key))]
        return [scope == EVERYWHERE]

    def assessed(self) -> list[Condition]:
        """On an assessment, beside policy, status and scope."""
        c = t.assessments.c
        found = _in(c.severity, self.severities)
        if self.exempt is not None:
            found.append(c.exemption.is_not(None) if self.exempt else c.exemption.is_(None))
        if self.since is not None:
            found.append(c.since >= self.since)
        return found

    def headed(self) -> list[Condition]:
        """On a resource, beside its scope."""
        c = t.resources.c
        found = [*_in(c.type, self.types), *_in(c.id, self.resources)]
        if self.regions is not None:
            places: list[Condition] = [c.region.in_(self.regions)]
            found.append(or_(*places, c.region.is_(None)) if "" in self.regions else places[0])
        found += [_tagged(tag) for tag in self.tags]
        if self.search:
            found.append(or_(_Contains(c.name, self.search), _Contains(c.id, self.search)))
        return found

    @property
    def only_counted(self) -> bool:
        """True when the table of counts can answer alone."""
        return self.resources is None and not self.tags and not self.search and self.since is None


def wanted(connection: Connection, filters: Filters) -> Wanted:
    """Look the names up; a status or severity that there is not is a `UsageError`."""
    places = None
    if filters.get("scope") is not None or filters.get("provider") is not None:
        children, every = kept(connection, _map)
        named, providers = _many(filters.get("scope")), _many(filters.get("provider"))
        inside = None if named is None else {*_below(children, named)}
        places = tuple(
            place
            for id, provider, place in every
            if (inside is None or id in inside) and (providers is None or provider in providers)
        )
    statuses = _codes(filters.get("status"), Status, STATUS_CODE)
    tags = _many(filters.get("tag"))
    return Wanted(
        places=places,
        policies=_keys(connection, t.policies, filters.get("policy")),
        types=_keys(connection, t.types, filters.get("type")),
        statuses=tuple(range(len(STATUS_CODE))) if statuses is None else statuses,
        severities=_codes(filters.get("severity"), Severity, SEVERITY_CODE),
        regions=_many(filters.get("region")),
        resources=_many(filters.get("resource")),
        tags=tags or (),
        search=filters.get("search"),
        exempt=filters.get("exempt"),
        since=None if (since := filters.get("since")) is None else micros(since),
    )


def below(connection: Connection, names: Iterable[str]) -> list[str]:
    """The ids of scopes, and of all that stand under them at any depth."""
    return _below(kept(connection, _map)[0], names)


def _map(connection: Connection) -> tuple[dict[str, list[str]], list[tuple[str, str, Place]]]:
    """Scope -> those that stand directly below it; and every scope with its provider, in order of key."""
    c = t.scopes.c
    children: dict[str, list[str]] = {}
    places = []
    query = select(c.id, c.provider, c.parent, c.key, c.first, c.last, c.scan).order_by(c.key)
    for id, provider, parent, *place in connection.execute(query):
        children.setdefault(parent, []).append(id)
        places.append((id, provider, Place(*place)))
    return children, places


def _below(children: Mapping[str, Sequence[str]], names: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(names))
    seen = set(found)
    for id in found:
        more = [child for child in children.get(id, ()) if child not in seen]
        seen.update(more)
        found += more
    return found


def one_of(column: ColumnElement[Any], values: Sequence[int]) -> Condition:
    """For keys of any number: they stand in the statement, which has a limit on parameters only."""
    return column.in_(bindparam(None, list(values), expanding=True, literal_execute=True))


def _in(column: ColumnElement[Any], values: Sequence[Any] | None) -> list[Condition]:
    if values is None:
        return []
    if values and isinstance(values[0], int):
        return [one_of(column, values)]
    return [column.in_(values)]


def _many(value: Many) -> tuple[str, ...] | None:
    if value is None:
        return None
    return (value,) if isinstance(value, str) else tuple(dict.fromkeys(value))


def _keys(connection: Connection, table: Any, value: Many) -> tuple[int, ...] | None:
    names = _many(value)
    if names is None:
        return None
    return tuple(connection.scalars(select(table.c.key).where(table.c.id.in_(names))))


def _codes(value: Many, kind: Callable[[str], Any], codes: dict[Any, int]) -> tuple[int, ...] | None:
    names = _many(value)
    if names is None:
        return None
    try:
        return tuple(sorted(codes[kind(name)] for name in names))
    except ValueError as error:
        unknown = next(name for name in names if name not in [*codes])
        raise UsageError(
            f"there is no {unknown!r}{near(unknown, [*codes])}", f"one of {', '.join(codes)}"
        ) from error


class _Contains(ColumnElement[bool]):
    """A text with another in it, whatever the case of its letters from A to Z: to know those of all alphabets
    takes the databases the larger part of it."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[str], text: str) -> None:
        escaped = re.sub(r"([%_/])", r"/\1", text)
        self.column = column
        self.pattern: ColumnElement[str] = bindparam(None, f"%{escaped}%", type_=Text())


@compiles(_Contains, "sqlite")
def _contains(element: _Contains, compiler: SQLCompiler, **given: Any) -> str:
    column, pattern = (compiler.process(each, **given) for each in (element.column, element.pattern))
    return f"({column} LIKE {pattern} ESCAPE '/')"


@compiles(_Contains, "postgresql")
def _contains_too(element: _Contains, compiler: SQLCompiler, **given: Any) -> str:
    column, pattern = (compiler.process(each, **given) for each in (element.column, element.pattern))
    return f"({column} COLLATE \"C\" ILIKE {pattern} ESCAPE '/')"


def _tagged(tag: str) -> Condition:
    key, given, value = tag.partition("=")
    c = t.tags.c
    conditions = [c.resource == t.resources.c.key, c.key == key, *([c.value == value] if given else [])]
    return exists().where(*conditions)
