"""How many resources policies find how, in each scope: what the state of a control is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, literal, select

from cloudward.model import ExemptionCategory, Status
from cloudward.store import tables as t
from cloudward.store.counts import EVERYWHERE, grain
from cloudward.store.encoding import STATUS_CODE, STATUSES
from cloudward.store.filters import one_of


class Tallied(NamedTuple):
    """So many resources of a scope that a policy finds so, under an exemption or under none."""

    scope: str
    policy: str
    status: Status
    exemption: str | None
    resources: int


def tallies(connection: Connection, scopes: Collection[str], policies: Collection[str]) -> Iterator[Tallied]:
    """The current counts of these policies in these scopes."""
    c, s, p = t.counts.c, t.scopes.c, t.policies.c
    places = {row.key: row.id for row in connection.execute(select(s.key, s.id)) if row.id in scopes}
    named = {row.key: row.id for row in connection.execute(select(p.key, p.id)) if row.id in policies}
    query = select(c.scope, c.policy, c.status, c.exempt, func.sum(c.n)).where(
        c.grain == grain(["policy"]), c.scope != EVERYWHERE, one_of(c.scope, list(places))
    )
    query = query.where(one_of(c.policy, list(named))).group_by(c.scope, c.policy, c.status, c.exempt)
    exempt: set[int] = set()
    for scope, policy, status, is_exempt, count in connection.execute(query):
        if is_exempt:
            exempt.add(policy)
        else:
            yield Tallied(places[scope], named[policy], STATUSES[status], None, int(count))
    if exempt:
        yield from _exempt(connection, places, {key: named[key] for key in exempt})


def _exempt(connection: Connection, places: Mapping[int, str], named: Mapping[int, str]) -> Iterator[Tallied]:
    a = t.assessments.c
    columns = (a.scope, a.policy, a.status, a.exemption)
    query = (
        select(*columns, func.count())
        .where(a.exemption.is_not(None), one_of(a.policy, list(named)), one_of(a.scope, list(places)))
        .group_by(*columns)
    )
    for scope, policy, status, exemption, count in connection.execute(query):
        yield Tallied(places[scope], named[policy], STATUSES[status], exemption, count)


def worst(
    connection: Connection,
    scopes: Collection[str],
    policies: Collection[str],
    exemptions: Mapping[str, ExemptionCategory],
) -> dict[str, Counter[Status]]:
    """Scope -> its resources by the worst that any of the policies finds; each resource counts once."""
    a, s, p = t.assessments.c, t.scopes.c, t.policies.c
    places = {row.key: row.id for row in connection.execute(select(s.key, s.id)) if row.id in scopes}
    keys = [row.key for row in connection.execute(select(p.key, p.id)) if row.id in policies]
    each = (
        select(a.scope, a.resource, func.min(_counted(exemptions)).label("status"))
        .where(one_of(a.policy, keys), one_of(a.scope, list(places)))
        .group_by(a.scope, a.resource)
        .subquery()
    )
    found: dict[str, Counter[Status]] = {scope: Counter() for scope in places.values()}
    query = select(each.c.scope, each.c.status, func.count()).group_by(each.c.scope, each.c.status)
    for scope, status, count in connection.execute(query):
        found[places[scope]][STATUSES[status]] = count
    return found


def _counted(exemptions: Mapping[str, ExemptionCategory]) -> ColumnElement[int]:
    """The status as the score sees it; smaller is worse, as `STATUSES` has them."""
    a = t.assessments.c
    waived = [id for id, category in exemptions.items() if category is ExemptionCategory.WAIVER]
    mitigated = [id for id, category in exemptions.items() if category is ExemptionCategory.MITIGATED]
    if not exemptions:
        return a.status
    return case(
        (a.exemption.in_(waived), literal(STATUS_CODE[Status.NOT_APPLICABLE])),
        (
            a.exemption.in_(mitigated) & (a.status == STATUS_CODE[Status.UNHEALTHY]),
            literal(STATUS_CODE[Status.HEALTHY]),
        ),
        else_=a.status,
    )


def held(connection: Connection, scopes: Collection[str]) -> dict[str, set[str]]:
    """Scope -> the types of which it has resources."""
    i, s, y = t.inventory.c, t.scopes.c, t.types.c
    query = (
        select(s.id, y.id)
        .join_from(t.inventory, t.scopes, s.key == i.scope)
        .join(t.types, y.key == i.type)
        .where(i.n > 0)
        .distinct()
    )
    found: dict[str, set[str]] = {scope: set() for scope in scopes}
    for scope, type in connection.execute(query):
        if scope in found:
            found[scope].add(type)
    return found
