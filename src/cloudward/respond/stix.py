"""Alerts as a bundle of STIX 2.1: each is a sighting of an attack pattern, with what was observed.

Ids are made from what they stand for, so the same alert is the same object wherever it is written. What STIX
has no object for (resources, workloads, images) stands in the description of the sighting.
https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID, uuid5

import msgspec

from cloudward.detect.detection import TACTICS
from cloudward.model import Alert, Entity
from cloudward.respond.ocsf import filled
from cloudward.respond.text import encoded

Object = dict[str, Any]

OBSERVED = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The name space that the standard gives for ids of observed things."""
NAMES = UUID("3d9b7c43-5d0c-5b0e-8f4a-90b1d6a5c2e7")
"""Ours, for everything else."""
MAKER = f"identity--{uuid5(NAMES, 'cloudward')}"
PHASES = {id: name for name, id in TACTICS.items()}
MOST = 999_999_999
"""The highest count that the standard allows."""


def bundle(alerts: Iterable[Alert]) -> Object:
    """All of them as one document."""
    objects = {each["id"]: each for alert in alerts for each in _objects(alert)}
    return {"type": "bundle", "id": _id("bundle", *objects), "objects": [*objects.values()]}


def pieces(alerts: Iterable[Alert]) -> Iterator[bytes]:
    """The same document, written as the alerts come: of any number only the ids are held."""
    seen: dict[str, None] = {}
    yield b'{"type":"bundle","objects":['
    for each in (each for alert in alerts for each in _objects(alert)):
        if each["id"] not in seen:
            yield (b",\n" if seen else b"\n") + encoded(each).encode()
            seen[each["id"]] = None
    yield f'\n],"id":"{_id("bundle", *seen)}"}}\n'.encode()


def _objects(alert: Alert) -> Iterator[Object]:
    first, last = _moment(alert.first), _moment(alert.last)
    yield _made("identity", MAKER, _moment(datetime.fromtimestamp(0, alert.first.tzinfo))) | {
        "name": "cloudward",
        "identity_class": "system",
    }
    pattern = _pattern(alert)
    yield pattern
    observed = [each for entity in alert.entities if (each := _observable(entity))]
    yield from observed
    seen = _id("observed-data", alert.id)
    if observed:
        yield _made("observed-data", seen, first, last) | {
            "first_observed": first,
            "last_observed": last,
            "number_observed": min(max(alert.count, 1), MOST),
            "object_refs": [each["id"] for each in observed],
        }
    yield _made("sighting", _id("sighting", alert.id), first, last) | filled(
        {
            "description": _told(alert),
            "labels": [f"severity:{alert.severity.value}", f"state:{alert.state.value}"],
            "first_seen": first,
            "last_seen": last,
            "count": min(alert.count, MOST),
            "sighting_of_ref": pattern["id"],
            "observed_data_refs": [seen] if observed else [],
            "where_sighted_refs": [MAKER],
        }
    )


def _pattern(alert: Alert) -> Object:
    """What the detection looks for: the same object for all of its alerts."""
    techniques = [{"source_name": "mitre-attack", "external_id": each} for each in alert.techniques]
    phases = [{"kill_chain_name": "mitre-attack", "phase_name": PHASES[each]} for each in alert.tactics]
    written = _moment(datetime.fromtimestamp(0, alert.first.tzinfo))
    return _made("attack-pattern", _id("attack-pattern", alert.detection, alert.title), written) | filled(
        {
            "name": alert.title,
            "external_references": [
                {"source_name": "cloudward", "external_id": alert.detection},
                *techniques,
            ],
            "kill_chain_phases": phases,
        }
    )


def _made(type: str, id: str, created: str, modified: str = "") -> Object:
    return {
        "type": type,
        "spec_version": "2.1",
        "id": id,
        "created": created,
        "modified": modified or created,
        **({} if id == MAKER else {"created_by_ref": MAKER}),
    }


def _observable(entity: Entity) -> Object | None:
    match entity.kind:
        case "ip":
            return _known(_address(entity.value), value=entity.value)
        case "principal":
            return _known("user-account", user_id=entity.value)
        case "file":
            return _known("file", name=entity.value)
        case "process":
            made = {"type": "process", "spec_version": "2.1", "id": _id("process", entity.value)}
            return made | {"command_line": entity.value}
    return None


def _known(type: str, **values: str) -> Object:
    """An observed thing; its id is the standard's, from the values that tell it apart."""
    named = msgspec.json.encode(values, order="sorted").decode()
    return {"type": type, "spec_version": "2.1", "id": f"{type}--{uuid5(OBSERVED, named)}", **values}


def _address(text: str) -> str:
    """Some logs name a service where others have an address."""
    try:
        return f"ipv{ip_address(text).version}-addr"
    except ValueError:
        return "domain-name"


def _told(alert: Alert) -> str:
    lines = [f"{each.kind}: {each.value}" for each in alert.entities]
    lines += [f"{name}: {text}" for name in ("scope", "region") if (text := getattr(alert, name))]
    found = alert.original
    said = [f"{found.product} {found.id}", found.description] if found else []
    return "\n".join([alert.title, *said, *alert.reasons, *lines])


def _id(type: str, *parts: str) -> str:
    return f"{type}--{uuid5(NAMES, chr(0).join((type, *parts)))}"


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
