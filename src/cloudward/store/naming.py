"""What logs call a resource, and which one of the inventory that is.

A log says the name of a bucket, the id of an instance, an address of Azure in capitals, or one of an object
below. In its scope a text is the resource whose id it is, else the one in which its id lies, else the one
that it is the name of, else the object of Kubernetes that has this name in some namespace. Where it may be
several nobody can tell: then it is none of them, and who asks is told which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from cloudward.model import Provider
from cloudward.store import tables as t
from cloudward.store.encoding import batches

FETCH = 400
"""Texts of one statement."""
LIKE = 50
AZURE = "/subscriptions/"
NAMED = "/providers/"
"""Behind it stand a provider, a type and a name at least."""


class Called(NamedTuple):
    """A text by which something is called. With a region only what lies there fits, when several do."""

    scope: str
    text: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A resource of the inventory."""

    key: int
    scope: str
    type: str
    id: str
    name: str
    region: str | None


def resolved(connection: Connection, things: Collection[Called]) -> dict[Called, tuple[Known, ...]]:
    """What each may be: one resource, or several; what is not in the inventory is left out."""
    found: dict[Called, tuple[Known, ...]] = {}
    waiting = {each for each in things if each.scope and each.text}
    for step in (_by_id, _by_lower_id, _by_name, _by_last_part):
        if waiting:
            found |= step(connection, waiting)
            waiting = {each for each in waiting if each not in found}
    return {each: _nearest(each.region, some) for each, some in found.items()}


def one(found: Collection[Known]) -> Known | None:
    """The resource, where it can be told."""
    return next(iter(found)) if len(found) == 1 else None


def texts(connection: Connection, resource: Known) -> tuple[str, ...]:
    """What the resource is called by that nothing else of its scope is called by."""
    last = resource.name.rpartition("/")[2]
    asked = {Called(resource.scope, each): each for each in (resource.id, resource.name, last)}
    found = resolved(connection, list(asked))
    mine = (
        text for each, text in asked.items() if [other.key for other in found.get(each, ())] == [resource.key]
    )
    return tuple(dict.fromkeys(mine))


def _nearest(region: str, found: tuple[Known, ...]) -> tuple[Known, ...]:
    here = tuple(each for each in found if each.region == region) if region else ()
    return here if len(here) == 1 else found


def _by_id(connection: Connection, things: Collection[Called]) -> dict[Called, tuple[Known, ...]]:
    """By the whole id, or the longest beginning of it that is one."""
    asked = {each: [each.text, *_above(each.text)] for each in things}
    known = _read(connection, things, _flat(asked.values()), t.resources.c.id.in_)
    by = _grouped(known, lambda each: each.id)
    return _first(asked, by)


def _by_lower_id(connection: Connection, things: Collection[Called]) -> dict[Called, tuple[Known, ...]]:
    """Azure does not tell capitals apart."""
    low = {each: each.text.lower() for each in things}
    asked = {each: [text, *_above(text)] for each, text in low.items() if text.startswith(AZURE)}
    if not asked:
        return {}
    low_id = func.lower(t.resources.c.id)
    known = _read(connection, asked, _flat(asked.values()), low_id.in_)
    return _first(asked, _grouped(known, lambda each: each.id.lower()))


def _by_name(connection: Connection, things: Collection[Called]) -> dict[Called, tuple[Known, ...]]:
    asked = {each: [each.text] for each in things}
    known = _read(connection, things, _flat(asked.values()), t.resources.c.name.in_)
    return _first(asked, _grouped(known, lambda each: each.name))


def _by_last_part(connection: Connection, things: Collection[Called]) -> dict[Called, tuple[Known, ...]]:
    """Names of Kubernetes begin with the namespace, which a log may say elsewhere."""
    s = t.scopes.c
    clusters = select(s.id).where(
        s.provider == Provider.KUBERNETES, s.id.in_({each.scope for each in things})
    )
    scopes = {*connection.scalars(clusters)}
    asked = {each: [each.text] for each in things if each.scope in scopes and "/" not in each.text}
    if not asked:
        return {}

    def ends(some: Iterable[str]) -> ColumnElement[bool]:
        return or_(*(t.resources.c.name.endswith(f"/{each}", autoescape=True) for each in some))

    known = _read(connection, asked, _flat(asked.values()), ends, LIKE)
    return _first(asked, _grouped(known, lambda each: each.name.rpartition("/")[2]))


def _above(text: str) -> Iterator[str]:
    """Ids in which an id may lie, the longest first."""
    if text.lower().startswith(AZURE):
        head, sign, tail = text.partition(NAMED)
        parts = tail.split("/")
        for length in range(len(parts) - 1, 2, -1):
            yield f"{head}{sign}{'/'.join(parts[:length])}"
    elif text.startswith("arn:"):
        while (place := max(text.rfind("/"), text.rfind(":"))) > 0 and text.count(":", 0, place) >= 5:
            text = text[:place]
            yield text


def _flat(lists: Iterable[Iterable[str]]) -> list[str]:
    return sorted({each for some in lists for each in some})


def _read(
    connection: Connection,
    things: Iterable[Called],
    texts: Iterable[str],
    fits: Callable[[list[str]], ColumnElement[bool]],
    size: int = FETCH,
) -> Iterator[Known]:
    r, s, kind = t.resources.c, t.scopes.c, t.types.c
    scopes = {each.scope for each in things}
    for part in batches(iter(texts), size):
        query = (
            select(r.key, s.id, kind.id, r.id, r.name, r.region)
            .join_from(t.resources, t.scopes, s.key == r.scope)
            .join(t.types, kind.key == r.type)
            .where(and_(s.id.in_(scopes), fits([*part])))
        )
        for row in connection.execute(query):
            yield Known(*row)


def _grouped(known: Iterable[Known], by: Callable[[Known], str]) -> dict[tuple[str, str], list[Known]]:
    found: dict[tuple[str, str], list[Known]] = defaultdict(list)
    for each in known:
        found[each.scope, by(each)].append(each)
    return found


def _first(
    asked: dict[Called, list[str]], by: dict[tuple[str, str], list[Known]]
) -> dict[Called, tuple[Known, ...]]:
    found: dict[Called, tuple[Known, ...]] = {}
    for each, texts in asked.items():
        some: Any = next((by[each.scope, text] for text in texts if (each.scope, text) in by), None)
        if some:
            found[each] = tuple(sorted(some, key=lambda one: (one.type, one.id)))
    return found
