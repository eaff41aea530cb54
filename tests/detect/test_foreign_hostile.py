"""Records of other products that are damaged or hostile cost themselves alone, on both databases."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cloudward.connect.events import Event, Unparsed
from cloudward.connect.events.foreign import is_alert
from cloudward.connect.events.reading import read
from cloudward.connect.events.sealing import seal
from cloudward.detect import Detections, load
from cloudward.detect.foreign import CONTROL
from cloudward.detect.run import Run
from cloudward.model import AlertState
from cloudward.pack.mappings import sources
from cloudward.respond.detection_finding import finding
from cloudward.respond.microsoft import security_alert
from cloudward.respond.stix import bundle
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from cloudward.store.events import Events
from cloudward.store.suppressions import made
from tests.detect.test_foreign import (
    NOON,
    SAMPLES,
    SEAL,
    asff,
    audited,
    batches,
    delivered,
    guardduty,
    json_lines,
    lake,
    relayed,
    same,
    written,
)

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**63,
    -(2**70),
    1e308,
    "",
    "\0",
    "a\0b",
    "\x1b[2J\x07",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE alerts; --",
    "../../../etc/passwd",
    "{{7*7}}${jndi:ldap://x}",
    "javascript:alert(1)",
    "http://[::1",
    "\u202egnp.exe",
    "\ufffe\U0010ffff",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999+14:00",
    "2026-13-45",
    "x" * 20_000,
    [],
    {},
    [[[[[[]]]]]],
    [None, "a", {"b": 1}],
    {"": {"": ""}},
    {"a.b": "c", "cloudward": {"delivered": "2026-11-20T10:00:00Z"}},
)
GROUND = [
    guardduty(),
    relayed(),
    asff(),
    lake(),
    json.loads((SAMPLES / "azure-defender.json").read_text())["value"][0],
    *json_lines("falco")[:1],
    *json_lines("wazuh")[:1],
]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document."""
    for key, each in node.items() if isinstance(node, dict) else enumerate(node):
        yield (*path, key)
        if isinstance(each, dict | list):
            yield from places(each, (*path, key))


PLACES = [[*places(each)] for each in GROUND]


Change = tuple[int, int]
"""The number of a place, and of what comes there; -1: nothing is there any more."""
CHANGES = st.lists(
    st.tuples(st.integers(0, 999), st.integers(-8, len(HOSTILE) - 1).map(lambda each: max(each, -1))),
    min_size=1,
    max_size=4,
)
DAMAGED = st.lists(st.tuples(st.integers(0, len(GROUND) - 1), CHANGES), min_size=40, max_size=60)


def damaged(number: int, changes: list[Change]) -> dict[str, Any]:
    """A record of a product, of which some is gone, or another thing."""
    record: dict[str, Any] = deepcopy(GROUND[number])
    for place, other in changes:
        *above, last = PLACES[number][place % len(PLACES[number])]
        node: Any = record
        for key in above:
            node = node[key] if _has(node, key) else None
        if _has(node, last):
            if other < 0:
                del node[last]
            else:
                node[last] = deepcopy(HOSTILE[other])
    return record


def _has(node: Any, key: Any) -> bool:
    return key in node if isinstance(node, dict) else isinstance(node, list) and key in range(len(node))


@pytest.fixture(scope="module")
def detections() -> Detections:
    return load()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("database")() if postgresql else f"sqlite:///{tmp_path / 'store.sqlite'}"
    with Store.open(tmp_path / "store", url=url) as opened:
        assert opened.database.engine.dialect.name == request.param
        yield opened


def told(found: list[Event | Unparsed]) -> int:
    """How many of these have to be alerts."""
    count = 0
    for each in found:
        if isinstance(each, Event):
            source = sources()[each.source]
            document = seal(each.document, each.source, SEAL)
            count += source.alert is not None and is_alert(document, source.alert)
    return count


@pytest.mark.slow
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
@given(changes=DAMAGED)
def test_each_gives_an_alert_or_is_told_and_never_more_harm(
    store: Store, detections: Detections, tmp_path: Path, changes: list[tuple[int, list[Change]]]
) -> None:
    records = [damaged(*each) for each in changes]
    path = written(tmp_path / "records.json", [guardduty(id="good"), *records])
    found = list(read([path]))
    assert {each.line for each in found} == {*range(1, len(records) + 2)}, "nothing is passed over"
    alerts = Alerts(store.database)
    summary = Run(detections, alerts, SEAL, Events(store.folder, store.files)).over(found)
    assert sum(summary.events.values()) + summary.unparsed == len(found)
    assert summary.hits >= told(found), "what is an alert is one"
    for each in alerts.named(summary.alerts):
        original = each.original
        if original is not None:
            texts = (original.product, original.type, original.description, original.status, each.title)
            assert not any(CONTROL.search(text) for text in texts)
            assert not original.link or original.link.lower().startswith(("http://", "https://"))
            assert original.changed <= datetime.now(UTC)
        assert all("\0" not in text for text in (each.resource, each.principal, each.scope, each.region))
        json.dumps([finding(each, ()), security_alert(each)])
        json.dumps(bundle([each]))
    assert any(each.original and each.original.id == "good" for each in alerts.named(summary.alerts))


@pytest.mark.slow
def test_on_both_databases_the_same_is_told_and_decided(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    records: list[Any] = [*json_lines("falco"), *json_lines("wazuh")]
    dice = random.Random(5)
    for minute in range(6):
        records.append(guardduty(minute, archived=dice.random() < 0.5))
        records.append(delivered(relayed(minute, dice.choice(["NEW", "RESOLVED"])), minute + 1))
        records.append(asff(minute, Id=f"x/{minute % 2}"))
    (events,) = batches(tmp_path, records)
    alerts = Alerts(store.database)
    rule = made("aws-securityhub/Effects/Data Exfiltration/Odd", {}, "", "our drill", "ann", 10)
    alerts.suppress(rule)
    for each in random.Random(1).sample(events, len(events)):
        Run(detections, alerts, SEAL).over([each])
    with Store.open(tmp_path / "plain", url=f"sqlite:///{tmp_path / 'plain.sqlite'}") as plain:
        Alerts(plain.database).suppress(rule)
        Run(detections, Alerts(plain.database), SEAL).over(events)
        assert [same(each) for each in alerts.every()] == [
            same(each) for each in Alerts(plain.database).every()
        ]
        for found in alerts.every():
            assert alerts.evidence(found.id) == Alerts(plain.database).evidence(found.id)
    assert alerts.hidden() == {rule.id: 2}
    (one,) = (each for each in alerts.every() if each.source == "aws-guardduty")
    alerts.change(one.id, AlertState.DISMISSED, "ann", NOON + timedelta(minutes=30), "our drill")
    (later,) = batches(tmp_path, [guardduty(40), relayed(41, "RESOLVED"), guardduty(42, archived=True)])
    before = len(audited(store))
    for each in later:
        Run(detections, alerts, SEAL).over([each])
    assert alerts.one(one.id).state is AlertState.RESOLVED
    assert len(audited(store)) > before
