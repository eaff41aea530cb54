"""Hits become alerts: the same events give the same ones, in whatever order."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cloudward.connect.events import Event, Unparsed
from cloudward.connect.events.reading import read
from cloudward.connect.events.recognising import every
from cloudward.connect.events.sealing import seal
from cloudward.detect import Detections, load
from cloudward.detect.alerts import Grouping, Place
from cloudward.detect.behaviour.features import feature
from cloudward.detect.run import Run, replayed
from cloudward.detect.samples import sample
from cloudward.pack.mappings import sources
from cloudward.rules.completion import sealer
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from cloudward.store.events import Events

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
SEAL = sealer(b"test")


@pytest.fixture(scope="module")
def detections() -> Detections:
    return load()


@pytest.fixture
def store(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    with Store.open(begun(tmp_path / "store")) as opened:
        yield opened


def event(number: int = 0, minutes: float = 0, **more: Any) -> Event:
    document = {
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana"},
        "sourceIPAddress": "203.0.113.9",
        "recipientAccountId": "111122223333",
        "requestParameters": {"name": "main", "password": "hunter2"},
        **more,
    }
    return Event(
        "aws-cloudtrail", f"e{number}", NOW + timedelta(minutes=minutes), document, "trail.json", number
    )


def run(store: Store, detections: Detections, **more: Any) -> Run:
    return Run(detections, Alerts(store.database), SEAL, Events(store.folder, store.files), **more)


def test_the_same_events_in_any_order_and_any_parts_give_the_same_alerts(
    tmp_path: Path, detections: Detections
) -> None:
    events = [event(number, number * 7, requestParameters={"name": f"t{number % 3}"}) for number in range(30)]
    shown = []
    for turn in range(3):
        mixed = random.Random(turn).sample(events, len(events))
        with Store.open(tmp_path / str(turn)) as store:
            for start in range(0, 30, 30 if turn == 0 else 7):
                run(store, detections).over(mixed[start : start + (30 if turn == 0 else 7)])
            alerts = Alerts(store.database)
            shown.append([(each, alerts.evidence(each.id)) for each in alerts.every()])
    assert shown[0] == shown[1] == shown[2]
    assert len(shown[0]) == 12


def test_detecting_twice_makes_nothing_twice(store: Store, detections: Detections) -> None:
    events = [event(number, number) for number in range(5)]
    first = run(store, detections).over(events)
    again = run(store, detections).over(events)
    assert (first.new, again.new, again.grown) == (1, 0, 0)
    assert Alerts(store.database).every()[0].count == 5
    assert len(list(Events(store.folder, store.files).read("aws-cloudtrail"))) == 5


def test_an_alert_is_of_one_hour_principal_and_resource(store: Store, detections: Detections) -> None:
    other = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/bo"}
    events = [event(1), event(2, 30), event(3, 61), event(4, userIdentity=other)]
    events += [event(5, requestParameters={"name": "other"})]
    run(store, detections).over(events)
    assert sorted(each.count for each in Alerts(store.database).every()) == [1, 1, 1, 2]


def test_a_detection_may_name_its_own_group(detections: Detections) -> None:
    own = replace(detections["aws-trail-stopped"], extra={"group": ["sourceIPAddress"]})
    grouping = Grouping()
    for each in (event(1), event(2, 500), event(3, requestParameters={"name": "other"})):
        grouping.add(each, own, sources()["aws-cloudtrail"], each.document)
    assert [draft.seen for draft in grouping.drafts.values()] == [3]


def test_kept_events_are_looked_at_again_with_new_rules(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    run(store, load(built_in=False)).over([event(1)])
    assert Alerts(store.database).every() == []
    kept = Events(store.folder, store.files)
    later = Run(detections, Alerts(store.database), SEAL)
    later.over(replayed(kept, kept.sources(), None, None))
    assert [each.detection for each in Alerts(store.database).every()] == ["aws-trail-stopped"]


def test_events_of_another_time_are_left_out(store: Store, detections: Detections) -> None:
    bounds = {"since": NOW + timedelta(minutes=1), "until": NOW + timedelta(minutes=3)}
    summary = run(store, detections, **bounds).over([event(n, n) for n in range(5)])
    assert (summary.outside, sum(summary.events.values())) == (3, 2)


def test_what_could_not_be_read_is_kept_and_counted(store: Store, detections: Detections) -> None:
    summary = run(store, detections).over([Unparsed("a.json", 7, "not JSON", "{", "okta")])
    assert summary.unparsed == 1
    (kept,) = Events(store.folder, store.files).read("okta", aside="unparsed")
    assert (kept.file, kept.line, kept.problem) == ("a.json", 7, "not JSON")


def test_secrets_are_sealed_in_what_is_kept(store: Store, detections: Detections) -> None:
    run(store, detections).over([event(1)])
    alerts = Alerts(store.database)
    (found,) = alerts.every()
    documents = [each.document for each in alerts.evidence(found.id)]
    documents += [each.value for each in Events(store.folder, store.files).read("aws-cloudtrail")]
    for document in documents:
        assert document["requestParameters"]["password"]["length"] == 7
        assert "hunter2" not in json.dumps(document)


def test_a_rule_sees_what_is_sealed_afterwards(detections: Detections) -> None:
    document = {
        "eventSource": "rds.amazonaws.com",
        "eventName": "ModifyDBInstance",
        "requestParameters": {"masterUserPassword": "****"},
    }
    assert "aws-db-password-changed" in {id for _, id in detections.match([document], "aws-cloudtrail")}


def test_sealing_follows_lists_and_stars() -> None:
    pod = {"requestObject": {"spec": {"containers": [{"env": [{"name": "A", "value": "secret"}]}]}}}
    sealed: Any = seal(pod, "kubernetes-audit", SEAL)
    assert sealed["requestObject"]["spec"]["containers"][0]["env"][0]["value"]["redacted"] is True
    assert sealed["requestObject"]["spec"]["containers"][0]["env"][0]["name"] == "A"
    assert pod["requestObject"]["spec"]["containers"][0]["env"][0]["value"] == "secret"
    assert seal(sealed, "kubernetes-audit", SEAL) == sealed
    secret = {"requestObject": {"data": {"user": "x", "pass": "y"}}}
    assert all(
        each["redacted"] for each in seal(secret, "kubernetes-audit", SEAL)["requestObject"]["data"].values()
    )


def test_a_document_without_secrets_stays_the_same() -> None:
    document = {"eventName": "x", "requestParameters": {"name": "y"}}
    assert seal(document, "aws-cloudtrail", SEAL) is document


def test_samples_say_that_they_are_samples(store: Store, detections: Detections) -> None:
    alerts = Alerts(store.database)
    made = list(sample(detections, ["aws-trail-stopped", "aws-console-brute-force"], NOW))
    alerts.keep((each, (), ()) for each in made)
    alerts.keep((each, (), ()) for each in made)
    (found,) = alerts.every()
    assert found.sample
    assert found.title == "Sample alert: A trail was stopped or deleted"
    assert alerts.every(samples=False) == []
    assert alerts.remove_samples() == 1


def test_every_source_gives_entities_of_its_sample() -> None:
    from cloudward.connect.events.reading import read
    from cloudward.detect.alerts import entities

    samples = Path(__file__).parents[1] / "connect" / "events" / "samples"
    found = {
        each.source
        for each in read([samples])
        if isinstance(each, Event) and entities(each.document, sources()[each.source])
    }
    assert {one.gives or one.name for one in every().values()} - found == set()


def signed_in(number: int, outcome: str) -> Event:
    """A line of sshd, one second after the one before."""
    document = {
        "host": "web-1",
        "program": "sshd",
        "action": "login",
        "outcome": outcome,
        "user": f"u{number % 3}",
        "ip": "203.0.113.9",
    }
    return Event("linux-log", f"s{number}", NOW + timedelta(seconds=number), document, "auth.log", number)


def test_many_failures_and_then_success_are_told_with_their_events(
    store: Store, detections: Detections
) -> None:
    events = [*(signed_in(number, "failure") for number in range(12)), signed_in(12, "success")]
    run(store, detections).over(events)
    again = run(store, detections).over(list(reversed(events)))
    assert again.new == 0
    alerts = Alerts(store.database)
    found = {each.detection: each for each in alerts.every()}
    assert "linux-ssh-login-failed" not in found, "asked by correlations alone"
    guessed = found["linux-ssh-brute-force"]
    assert (guessed.scope, guessed.count >= 10) == ("web-1", True)
    assert {each.value for each in guessed.entities if each.kind == "principal"} == {"u0", "u1", "u2"}
    assert len(alerts.evidence(guessed.id)) >= 10
    assert found["linux-ssh-brute-force-won"].severity.value == "high"


def test_a_few_failures_are_nothing(store: Store, detections: Detections) -> None:
    run(store, detections).over([signed_in(number, "failure") for number in range(9)])
    assert Alerts(store.database).every() == []


def failures(count: int) -> list[Event]:
    """Sign-ins that fail, one a minute."""
    return [
        event(
            number,
            number,
            eventSource="signin.amazonaws.com",
            eventName="ConsoleLogin",
            responseElements={"ConsoleLogin": "Failure"},
        )
        for number in range(count)
    ]


SPRAY = """title: failures
name: failed
logsource: {product: aws, service: cloudtrail}
detection: {s: {responseElements.ConsoleLogin: Failure}, condition: s}
---
title: many failures
correlation:
  type: event_count
  rules: [failed]
  group-by: [sourceIPAddress]
  timespan: 1h
  condition: {gte: 10}
"""


@pytest.fixture
def spray(tmp_path: Path) -> Detections:
    (tmp_path / "spray.yml").write_text(SPRAY)
    return load(tmp_path / "spray.yml", built_in=False)


def shown(store: Store) -> list[tuple[str, int]]:
    return [(each.id, each.count) for each in Alerts(store.database).every()]


def test_correlations_go_on_in_the_next_run_wherever_the_first_ended(
    tmp_path: Path, spray: Detections
) -> None:
    found = []
    for cut in (12, 5, 9, 10, 1):
        with Store.open(tmp_path / str(cut)) as store:
            run(store, spray).over(failures(12)[:cut])
            run(store, spray).over(failures(12)[cut:])
            found.append(shown(store))
    assert len(found[0]) == 1
    assert all(each[0][0] == found[0][0][0] and len(each) == 1 for each in found)


def test_files_that_are_read_again_give_the_alert_of_a_correlation_again_and_no_other(
    store: Store, spray: Detections
) -> None:
    first = run(store, spray).over(failures(12))
    before = shown(store)
    for part in (failures(12), failures(9), failures(12)[6:]):
        again = run(store, spray).over(part)
        assert (again.new, again.grown) == (0, 0)
    assert shown(store) == before
    assert list(run(store, spray).over(failures(12)).alerts) == list(first.alerts) == [before[0][0]]


def test_half_a_spray_read_twice_is_no_spray(store: Store, spray: Detections) -> None:
    for _ in range(2):
        run(store, spray).over(failures(9))
    assert shown(store) == []


def test_a_run_that_is_killed_leaves_neither_alerts_nor_memory(store: Store, spray: Detections) -> None:
    def broken() -> Iterator[Event]:
        yield from failures(9)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(store, spray).over(broken())
    assert Alerts(store.database).remembered().groups == []
    run(store, spray).over(failures(12))
    assert len(shown(store)) == 1


def test_events_that_are_too_old_are_told(store: Store, spray: Detections) -> None:
    run(store, spray).over(failures(3))
    old = [msgspec.structs.replace(each, at=each.at - timedelta(days=40)) for each in failures(5)]
    assert run(store, spray).over(old).late == 5


@pytest.mark.parametrize(
    ("sources_of", "scope"),
    [
        ("azure-*", "0000"),
        ("gcp-*", "shop"),
        ("aws-eks", "main"),
        ("azure-aks", "main"),
        ("gcp-gke", "main"),
    ],
)
def test_the_scope_is_the_subscription_the_project_or_the_cluster(sources_of: str, scope: str) -> None:
    folder = Path(__file__).parents[1] / "connect" / "events" / "samples"
    tenants = {"azure-signin", "azure-audit"}
    clusters = {"azure-aks", "gcp-gke"} - {sources_of}
    files = [
        each for each in sorted(folder.glob(f"{sources_of}.json")) if each.stem not in tenants | clusters
    ]
    found = [each for each in read(files) if isinstance(each, Event)]
    assert {Path(each.file) for each in found} == set(files)
    for each in found:
        source = sources()[each.source]
        assert Place.of(each, source).scope == scope, each.file
        assert feature("scope", source)(each.document, 0) == scope, each.file


def test_a_subscription_is_written_in_one_way() -> None:
    id = "9F2A4C60-1111-2222-3333-0123456789AB"
    activity = sources()["azure-activity"]
    for document in (
        {"resourceId": f"/SUBSCRIPTIONS/{id}/RESOURCEGROUPS/SHOP", "tenantId": "t"},
        {"resourceId": f"/subscriptions/{id.lower()}/resourceGroups/shop"},
        {"subscriptionId": id, "resourceId": "/x"},
    ):
        assert Place.of(Event("azure-activity", "1", NOW, document), activity).scope == id.lower()
    management = {"resourceId": "/providers/Microsoft.Management/managementGroups/acme", "tenantId": "t-1"}
    assert Place.of(Event("azure-activity", "1", NOW, management), activity).scope == "t-1"
