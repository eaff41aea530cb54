"""Where there is more to fear: what is known of the resources that alerts name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, func, select

from cloudward.model import Alert, Status
from cloudward.pack import Pack
from cloudward.store import Store
from cloudward.store import tables as t
from cloudward.store.encoding import STATUS_CODE

CONTROLS = {
    "restrict-unauthorized-network-access": "exposed",
    "secure-management-ports": "exposed",
    "remediate-vulnerabilities": "vulnerable",
}
"""Control of the score -> what a resource is that breaks a policy of it."""
TAGS = ("classification", "confidentiality", "data-classification", "dataclassification", "sensitivity")
SENSITIVE = ("confidential", "high", "highly confidential", "pii", "restricted", "secret", "sensitive")
"""How people tag what is worth most."""
KINDS = ("resource", "host", "workload")
MANY = 400
"""Values in one statement."""

Things = Mapping[tuple[str, str], Collection[str]]
"""(scope, id or name of a resource) -> why there is more to fear."""


def raised(store: Store, pack: Pack, alerts: Collection[Alert]) -> dict[str, tuple[str, ...]]:
    """Alert -> `exposed`, `vulnerable`, `sensitive`, by the resources that it names."""
    names = {value for each in alerts for value in _values(each)}
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    policies = _policies(pack)
    with store.database.read() as connection:
        for some in _parts(sorted(names)):
            for scope, id, name, reason in (*_broken(connection, some, policies), *_tagged(connection, some)):
                for value in (id, name):
                    found[scope, value].add(reason)
    told = {each.id: {r for v in _values(each) for r in found.get((each.scope, v), ())} for each in alerts}
    return {id: tuple(sorted(reasons)) for id, reasons in told.items() if reasons}


def _values(alert: Alert) -> set[str]:
    return {each.value for each in alert.entities if each.kind in KINDS}


def _policies(pack: Pack) -> dict[str, str]:
    controls = (each for each in pack.controls if each.id in CONTROLS)
    return {policy: CONTROLS[control.id] for control in controls for policy in control.policies}


def _parts(names: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(names), MANY):
        yield names[at : at + MANY]


def _broken(
    connection: Connection, names: list[str], policies: Mapping[str, str]
) -> Iterator[tuple[str, str, str, str]]:
    a, p, r, s = t.assessments.c, t.policies.c, t.resources.c, t.scopes.c
    query = (
        select(s.id, r.id, r.name, p.id)
        .join_from(t.resources, t.assessments, a.resource == r.key)
        .join(t.policies, p.key == a.policy)
        .join(t.scopes, s.key == r.scope)
        .where(r.id.in_(names) | r.name.in_(names), a.status == STATUS_CODE[Status.UNHEALTHY])
        .where(a.exemption.is_(None))
    )
    for scope, id, name, policy in connection.execute(query):
        if policy in policies:
            yield scope, id, name, policies[policy]


def _tagged(connection: Connection, names: list[str]) -> Iterator[tuple[str, str, str, str]]:
    g, r, s = t.tags.c, t.resources.c, t.scopes.c
    query = (
        select(s.id, r.id, r.name)
        .join_from(t.resources, t.tags, g.resource == r.key)
        .join(t.scopes, s.key == r.scope)
        .where(r.id.in_(names) | r.name.in_(names))
        .where(func.lower(g.key).in_(TAGS), func.lower(g.value).in_(SENSITIVE))
    )
    for scope, id, name in connection.execute(query):
        yield scope, id, name, "sensitive"
