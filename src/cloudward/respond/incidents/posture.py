"""Where there is more to fear: what is known of the resources that alerts name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection, func, select

from cloudward.model import Alert, Status
from cloudward.pack import Pack
from cloudward.store import Store
from cloudward.store import tables as t
from cloudward.store.alerts import names
from cloudward.store.encoding import STATUS_CODE, batches
from cloudward.store.naming import one, resolved

CONTROLS = {
    "restrict-unauthorized-network-access": "exposed",
    "secure-management-ports": "exposed",
    "remediate-vulnerabilities": "vulnerable",
}
"""Control of the score -> what a resource is that breaks a policy of it."""
TAGS = ("classification", "confidentiality", "data-classification", "dataclassification", "sensitivity")
SENSITIVE = ("confidential", "high", "highly confidential", "pii", "restricted", "secret", "sensitive")
"""How people tag what is worth most."""
MANY = 400
"""Resources of one statement."""


def raised(store: Store, pack: Pack, alerts: Collection[Alert]) -> dict[str, tuple[str, ...]]:
    """Alert -> `exposed`, `vulnerable`, `sensitive`, by the resources that it names. A name that several
    resources have says nothing of any of them."""
    named = {each.id: names(each) for each in alerts}
    found: dict[int, set[str]] = defaultdict(set)
    policies = _policies(pack)
    with store.database.read() as connection:
        known = resolved(connection, {name for some in named.values() for name in some})
        keys = {name: each.key for name, some in known.items() if (each := one(some))}
        for part in batches(iter(sorted({*keys.values()})), MANY):
            for key, reason in (*_broken(connection, part, policies), *_tagged(connection, part)):
                found[key].add(reason)
    told = {
        id: {reason for name in some if name in keys for reason in found.get(keys[name], ())}
        for id, some in named.items()
    }
    return {id: tuple(sorted(reasons)) for id, reasons in told.items() if reasons}


def _policies(pack: Pack) -> dict[str, str]:
    controls = (each for each in pack.controls if each.id in CONTROLS)
    return {policy: CONTROLS[control.id] for control in controls for policy in control.policies}


def _broken(
    connection: Connection, keys: Sequence[int], policies: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    a, p = t.assessments.c, t.policies.c
    query = (
        select(a.resource, p.id)
        .join_from(t.assessments, t.policies, p.key == a.policy)
        .where(a.resource.in_(keys), a.status == STATUS_CODE[Status.UNHEALTHY], a.exemption.is_(None))
    )
    for key, policy in connection.execute(query):
        if policy in policies:
            yield key, policies[policy]


def _tagged(connection: Connection, keys: Sequence[int]) -> Iterator[tuple[int, str]]:
    g = t.tags.c
    query = (
        select(g.resource)
        .where(g.resource.in_(keys))
        .where(func.lower(g.key).in_(TAGS), func.lower(g.value).in_(SENSITIVE))
    )
    for key in connection.scalars(query):
        yield key, "sensitive"
