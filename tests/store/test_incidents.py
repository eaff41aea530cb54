"""Incidents as the store keeps them: they grow, and what people did stays."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloudward.errors import StaleError, UsageError
from cloudward.model import Alert, AlertState, Incident
from cloudward.respond.incidents.correlate import correlate
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from cloudward.store.incidentkeeping import Kept, keep
from cloudward.store.incidentlist import IncidentFilters
from cloudward.store.incidents import Incidents
from cloudward.store.revisions import version
from tests.respond.incidents.attack import BEGIN, EVIL, HIGH, MEDIUM, alert, attack, usual

NOW = datetime(2026, 4, 1, tzinfo=UTC)
LATER = alert("x9", "backups-deleted", "backup-svc", 5100, HIGH, ("TA0040",), credential="AKIA2")


@pytest.fixture
def incidents(store: Store) -> Incidents:
    return Incidents(store.database)


def found(store: Store, *alerts: Alert, at: datetime = NOW) -> Kept:
    """These alerts come; then incidents are looked for among all."""
    kept = Alerts(store.database)
    kept.keep((each, [f"e-{each.id}"], []) for each in alerts)
    return keep(store.database, correlate(kept.every()), BEGIN - timedelta(days=1), at)


def only(incidents: Incidents) -> Incident:
    (one,), total = incidents.page({})
    assert total == 1
    return one


def members(incidents: Incidents, id: str) -> list[str]:
    return [alert.id for _, alert in incidents.members(id)]


def test_an_incident_tells_what_its_alerts_are(store: Store, incidents: Incidents) -> None:
    kept = found(store, *usual(), *attack())
    one = only(incidents)
    assert kept == Kept(new=[one.id])
    assert one.title == "From persistence to exfiltration"
    assert (one.severity, one.state, one.alerts) == (HIGH, AlertState.ACTIVE, 4)
    assert one.tactics == ("TA0003", "TA0005", "TA0006", "TA0010")
    assert (one.first, one.last) == (attack()[0].first, attack()[-1].last)
    assert members(incidents, one.id) == ["x1", "x2", "x3", "x4"]
    assert incidents.of(["x1", "u0-ana"]) == {"x1": one.id}


def test_looking_again_changes_nothing(store: Store, incidents: Incidents) -> None:
    found(store, *usual(), *attack())
    before = only(incidents), incidents.members(only(incidents).id)
    assert found(store) == Kept()
    assert (only(incidents), incidents.members(only(incidents).id)) == before


def test_an_incident_grows_and_keeps_what_people_decided(store: Store, incidents: Incidents) -> None:
    found(store, *usual(), *attack())
    id = only(incidents).id
    incidents.assign(id, "bo", "ana")
    incidents.change(id, AlertState.IN_PROGRESS, "ana", NOW)
    incidents.comment(id, "I look at it", "ana", NOW)
    assert found(store, LATER) == Kept(grown=[id])
    grown = only(incidents)
    assert (grown.alerts, grown.owner, grown.state, grown.state_by) == (
        5,
        "bo",
        AlertState.IN_PROGRESS,
        "ana",
    )
    assert "TA0040" in grown.tactics
    assert [each.text for each in incidents.comments(id)] == ["I look at it"]


def test_what_was_resolved_stays_so_until_more_comes(store: Store, incidents: Incidents) -> None:
    found(store, *usual(), *attack())
    id = only(incidents).id
    incidents.change(id, AlertState.RESOLVED, "ana", NOW, "the key is gone")
    assert found(store) == Kept()
    assert only(incidents).state is AlertState.RESOLVED
    assert found(store, LATER) == Kept(grown=[id], opened=[id])
    again = only(incidents)
    assert (again.state, again.state_by) == (AlertState.ACTIVE, "cloudward")
    assert again.state_reason == "Alerts came to it after it was resolved."


def test_an_incident_is_closed_with_a_reason(store: Store, incidents: Incidents) -> None:
    found(store, *usual(), *attack())
    for state in (AlertState.RESOLVED, AlertState.DISMISSED):
        with pytest.raises(UsageError, match=f"why is it {state.value}"):
            incidents.change(only(incidents).id, state, "ana", NOW, " ")


def test_what_was_split_stays_split_and_new_alerts_follow_their_links(
    store: Store, incidents: Incidents
) -> None:
    found(store, *usual(), *attack())
    id = only(incidents).id
    made = incidents.split(id, ["x3", "x4"], "ana", NOW)
    assert found(store, LATER) == Kept(grown=[made.id])
    assert members(incidents, id) == ["x1", "x2"]
    assert members(incidents, made.id) == ["x3", "x4", "x9"]
    assert [member.placed_by for member, _ in incidents.members(made.id)] == ["ana", "ana", ""]


def test_what_was_merged_stays_merged(store: Store, incidents: Incidents) -> None:
    other = [
        replace(
            each,
            id=f"z{each.id}",
            first=each.first + timedelta(days=3),
            last=each.last + timedelta(days=3),
            entities=tuple(replace(e, value=f"{e.value}-2") for e in each.entities),
        )
        for each in attack()
    ]
    first, second = found(store, *usual(), *attack(), *other).new
    incidents.comment(second, "of the other", "bo", NOW)
    incidents.merge(first, [second], "ana")
    assert found(store, LATER) == Kept(grown=[first])
    assert only(incidents).alerts == 9
    gone = incidents.known(second)
    assert gone is not None
    assert gone.merged_into == first
    assert [each.text for each in incidents.comments(first)] == ["of the other"]
    with pytest.raises(UsageError, match="is part of"):
        incidents.merge(first, [second], "ana")


def test_two_incidents_become_one_when_what_joins_them_comes(store: Store, incidents: Incidents) -> None:
    one, two, three, four = attack()
    more = [
        alert("w1", "logs-read", "gina", 4990, HIGH, ("TA0007",), ip=EVIL, credential="AKIA1"),
        alert("w2", "mfa-removed", "gina", 4995, HIGH, ("TA0005",), ip=EVIL, credential="AKIA1"),
        alert("w3", "rights-given", "backup-svc", 5060, MEDIUM, ("TA0004",), credential="AKIA2"),
    ]
    both = sorted(found(store, *usual(), *more, one, three, four).new)
    assert len(both) == 2
    assert found(store, two).new == []
    assert len(members(incidents, only(incidents).id)) == 7
    assert {*both} == {
        only(incidents).id,
        *(id for id in both if (x := incidents.known(id)) and x.merged_into),
    }


def test_two_incidents_on_which_people_work_stay_two(store: Store, incidents: Incidents) -> None:
    one, two, three, four = attack()
    more = [
        alert("w1", "logs-read", "gina", 4990, HIGH, ("TA0007",), ip=EVIL, credential="AKIA1"),
        alert("w2", "mfa-removed", "gina", 4995, HIGH, ("TA0005",), ip=EVIL, credential="AKIA1"),
        alert("w3", "rights-given", "backup-svc", 5060, MEDIUM, ("TA0004",), credential="AKIA2"),
    ]
    both = found(store, *usual(), *more, one, three, four).new
    for id, owner in zip(both, ("ana", "bo"), strict=True):
        incidents.assign(id, owner, "ana")
    found(store, two)
    assert {each.owner for each in incidents.page({})[0]} == {"ana", "bo"}
    assert sum(each.alerts for each in incidents.page({})[0]) == 7


def test_what_does_not_stand_out_any_more_is_dismissed_and_kept(store: Store, incidents: Incidents) -> None:
    found(store, *usual(), *attack())
    id = only(incidents).id
    Alerts(store.database).change_all(["x3", "x4"], AlertState.DISMISSED, "ana", NOW, "a drill")
    open = [each for each in Alerts(store.database).every() if each.state is not AlertState.DISMISSED]
    assert keep(store.database, correlate(open), BEGIN - timedelta(days=1), NOW) == Kept(gone=[id])
    gone = only(incidents)
    assert (gone.state, gone.state_by, gone.alerts) == (AlertState.DISMISSED, "cloudward", 4)
    assert found(store) == Kept(opened=[id])


def test_whoever_decides_has_read_what_is_decided(store: Store, incidents: Incidents) -> None:
    found(store, *usual(), *attack())
    id = only(incidents).id
    read = version(incidents.decided(id))
    incidents.assign(id, "bo", "ana", read)
    changes: list[Callable[[], object]] = [
        lambda: incidents.assign(id, "eve", "eve", read),
        lambda: incidents.change(id, AlertState.RESOLVED, "eve", NOW, "x", read),
        lambda: incidents.split(id, ["x1"], "eve", NOW, read),
    ]
    for change in changes:
        with pytest.raises(StaleError):
            change()
    assert only(incidents).owner == "bo"


def test_a_split_takes_some_of_the_alerts(store: Store, incidents: Incidents) -> None:
    found(store, *usual(), *attack())
    for alerts in ([], ["x1", "x2", "x3", "x4"], ["u0-ana"]):
        with pytest.raises(UsageError):
            incidents.split(only(incidents).id, alerts, "ana", NOW)


@pytest.mark.parametrize("seed", range(2))
def test_alerts_that_come_in_any_order_and_portions_end_the_same(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    alerts = [*usual(), *attack(), LATER]
    chance.shuffle(alerts)
    while alerts:
        some = chance.randrange(1, 40)
        found(store, *alerts[:some])
        alerts = alerts[some:]
    incidents = Incidents(store.database)
    standing, _ = incidents.page({"state": [AlertState.ACTIVE]})
    assert [members(incidents, each.id) for each in standing] == [["x1", "x2", "x3", "x4", "x9"]]


FILTERS: tuple[tuple[IncidentFilters, int], ...] = (
    ({}, 1),
    ({"severity": [MEDIUM]}, 0),
    ({"state": [AlertState.ACTIVE]}, 1),
    ({"scope": ["111122223333"]}, 1),
    ({"visible": ["other"]}, 0),
    ({"tactic": ["TA0010"]}, 1),
    ({"tactic": ["TA0001"]}, 0),
    ({"entity": [EVIL]}, 1),
    ({"entity": ["203.0.113"]}, 0),
    ({"detection": ["trail-stopped"], "source": ["okta"]}, 0),
    ({"owner": [""]}, 1),
    ({"search": "SNAP-1"}, 1),
    ({"search": "to exfil"}, 1),
    ({"search": "nothing like it"}, 0),
    ({"until": BEGIN}, 0),
)


def test_incidents_are_found_by_what_they_and_their_alerts_say(store: Store, incidents: Incidents) -> None:
    found(store, *usual(), *attack())
    for filters, expected in FILTERS:
        assert incidents.page(filters)[1] == expected, filters


def test_incidents_are_counted(store: Store, incidents: Incidents) -> None:
    found(store, *usual(), *attack())
    counts = incidents.counted(("severity", "state", "scope", "source", "tactic", "owner"), {})
    assert counts["severity"] == [("high", 1)]
    assert counts["scope"] == [("111122223333", 1)]
    assert counts["source"] == [("aws-cloudtrail", 1)]
    assert counts["owner"] == [("", 1)]
    assert len(counts["tactic"]) == 4
