"""What alerts can be joined by: who acted, from where, on what, and whose identity was made or taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cloudward.model import Alert, Entity


class Way(StrEnum):
    """How a thing joins two alerts."""

    CREDENTIAL = "credential"
    """The same key, token or session."""
    PRINCIPAL = "principal"
    NAME = "name"
    """The same name in several places: a user of AWS, and the mail address that single sign-on knows."""
    PIVOT = "pivot"
    """One was done to an identity, the other by it, later."""
    ADDRESS = "ip"
    MACHINE = "machine"
    """The same host or workload: whoever is on it has all that is on it."""
    RESOURCE = "resource"


WHO = (Way.CREDENTIAL, Way.PRINCIPAL, Way.NAME, Way.PIVOT)
"""These all say who; of several the best counts."""
KINDS = {
    "credential": Way.CREDENTIAL,
    "session": Way.CREDENTIAL,
    "principal": Way.PRINCIPAL,
    "ip": Way.ADDRESS,
    "host": Way.MACHINE,
    "workload": Way.MACHINE,
    "resource": Way.RESOURCE,
}


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A thing that several alerts may name."""

    way: Way
    value: str


def keys(alert: Alert) -> set[Key]:
    """What it can be joined by to others that name the same."""
    found = {Key(KINDS[each.kind], each.value) for each in alert.entities if each.kind in KINDS}
    return found | {Key(Way.NAME, name) for name in _named(alert.entities, "principal")}


def doers(alert: Alert) -> set[str]:
    """The names of who did it."""
    return _named(alert.entities, "principal")


def targets(alert: Alert) -> set[str]:
    """The names of what it was done to; who did it is not among them."""
    return _named(alert.entities, "resource") - _named(alert.entities, "principal")


def _named(entities: Iterable[Entity], *kinds: str) -> set[str]:
    return {name for each in entities if each.kind in kinds for name in names(each.value)}


def names(value: str) -> Iterator[str]:
    """What others may call it: the end of an ARN or a path, the beginning of a person's mail address."""
    last = value.lower().rstrip("/").replace(":", "/").rsplit("/", 1)[-1]
    if not last or last == "*":
        return
    yield last
    local, _, domain = last.partition("@")
    if local and domain and not domain.endswith("gserviceaccount.com"):
        yield local
