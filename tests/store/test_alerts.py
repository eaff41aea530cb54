"""Alerts as the store keeps them: each once, with what people decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloudward.errors import UsageError
from cloudward.model import Alert, AlertSeverity, AlertState, Entity, Evidence, Suppression
from cloudward.store import Store
from cloudward.store.alertlist import AlertFilters
from cloudward.store.alerts import COUNTED, KEPT, Alerts, place

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ALERT = Alert(
    id="a1",
    detection="aws-trail-stopped",
    title="A trail was stopped",
    severity=AlertSeverity.HIGH,
    source="aws-cloudtrail",
    scope="111122223333",
    region="eu-west-1",
    resource="main",
    principal="arn:aws:iam::111122223333:user/ana",
    first=NOW,
    last=NOW,
    count=1,
    entities=(Entity("ip", "203.0.113.9"), Entity("principal", "arn:aws:iam::111122223333:user/ana")),
    tactics=("TA0005",),
)


def event(number: int) -> Evidence:
    return Evidence(f"e{number}", "aws-cloudtrail", NOW + timedelta(seconds=number), {"n": number})


def rule(**more: object) -> Suppression:
    now = datetime.now(UTC)
    made = Suppression(
        "su-1",
        "aws-trail-stopped",
        {"ip": ("203.0.113.*",)},
        "",
        "a test",
        "bo",
        now,
        now + timedelta(days=30),
    )
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.fixture
def alerts(store: Store) -> Alerts:
    return Alerts(store.database)


def test_an_alert_that_is_kept_twice_is_one(alerts: Alerts) -> None:
    assert alerts.keep([(ALERT, ["e1"], [event(1)])]) == (1, 0)
    assert alerts.keep([(ALERT, ["e1"], [event(1)])]) == (0, 0)
    assert alerts.every() == [ALERT]
    assert alerts.evidence("a1") == [event(1)]


def test_an_alert_grows_by_events_that_are_new(alerts: Alerts) -> None:
    later = replace(
        ALERT, first=NOW - timedelta(minutes=5), count=2, entities=(Entity("ip", "198.51.100.1"),)
    )
    alerts.keep([(ALERT, ["e1"], [event(1)])])
    assert alerts.keep([(later, ["e1", "e2"], [event(1), event(2)])]) == (0, 1)
    (grown,) = alerts.every()
    assert (grown.count, grown.first, grown.last) == (2, NOW - timedelta(minutes=5), NOW)
    assert {each.value for each in grown.entities} >= {"203.0.113.9", "198.51.100.1"}


def test_the_earliest_events_are_kept_whichever_came_first(alerts: Alerts) -> None:
    late = [event(number) for number in range(KEPT, 2 * KEPT)]
    early = [event(number) for number in range(KEPT)]
    for some in (late, early):
        alerts.keep([(replace(ALERT, count=len(some)), [each.id for each in some], some)])
    assert alerts.evidence("a1") == early
    assert alerts.one("a1").count == 2 * KEPT


def test_many_events_are_at_least_so_many(alerts: Alerts) -> None:
    ids = [f"e{number}" for number in range(COUNTED)]
    many = replace(ALERT, count=COUNTED + 500)
    alerts.keep([(many, ids, [])])
    alerts.keep([(many, ids, [])])
    assert alerts.one("a1").count == COUNTED + 500


def test_what_people_decided_stays_when_it_grows(alerts: Alerts) -> None:
    alerts.keep([(ALERT, ["e1"], [])])
    alerts.change("a1", AlertState.IN_PROGRESS, "bo", NOW)
    alerts.keep([(replace(ALERT, count=2), ["e1", "e2"], [])])
    (grown,) = alerts.every()
    assert (grown.state, grown.state_by, grown.count) == (AlertState.IN_PROGRESS, "bo", 2)


def test_to_dismiss_needs_a_reason(alerts: Alerts) -> None:
    alerts.keep([(ALERT, ["e1"], [])])
    with pytest.raises(UsageError, match="why is it dismissed"):
        alerts.change("a1", AlertState.DISMISSED, "bo", NOW)
    alerts.change("a1", AlertState.DISMISSED, "bo", NOW, "a test of ours")
    assert alerts.one("a1").state_reason == "a test of ours"


def test_a_suppression_dismisses_what_comes_and_is_counted(alerts: Alerts) -> None:
    alerts.suppress(rule())
    alerts.keep([(ALERT, ["e1"], [])])
    (hidden,) = alerts.every()
    assert (hidden.state, hidden.suppression, hidden.state_reason) == (AlertState.DISMISSED, "su-1", "a test")
    assert alerts.hidden() == {"su-1": 1}


def test_a_suppression_hides_nothing_else(alerts: Alerts) -> None:
    alerts.suppress(rule())
    others = (
        replace(ALERT, id="b", detection="aws-root-acted"),
        replace(ALERT, id="c", entities=(Entity("ip", "198.51.100.1"),)),
        replace(ALERT, id="d", sample=True),
    )
    alerts.keep([(each, [each.id], []) for each in others])
    assert {each.state for each in alerts.every()} == {AlertState.ACTIVE}


def test_nobody_hides_alerts_about_himself(alerts: Alerts) -> None:
    alerts.suppress(rule(created_by="ana"))
    alerts.keep([(ALERT, ["e1"], [])])
    assert alerts.one("a1").state is AlertState.ACTIVE
    assert list(alerts.preview(rule(created_by="ana"), NOW)) == [(ALERT, False)]
    assert list(alerts.preview(rule(created_by="bo"), NOW)) == [(ALERT, True)]


def test_a_suppression_that_ended_hides_nothing(alerts: Alerts) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=60)
    alerts.suppress(rule(created_at=long_ago, expires=long_ago + timedelta(days=30)))
    alerts.keep([(ALERT, ["e1"], [])])
    assert alerts.one("a1").state is AlertState.ACTIVE


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"reason": " "}, "why is it suppressed"),
        ({"expires": datetime.now(UTC) + timedelta(days=200)}, "at most 90 days"),
        ({"detection": "", "fields": {}}, "would hide every alert"),
    ],
)
def test_a_suppression_has_bounds(alerts: Alerts, wrong: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        alerts.suppress(rule(**wrong))


def test_who_did_what_is_written_down(store: Store, alerts: Alerts) -> None:
    alerts.suppress(rule())
    alerts.unsuppress("su-1", "bo")
    assert [(each.by, each.kind) for each in store.revisions()] == [("bo", "suppression")] * 2


def test_an_alert_is_found_by_the_beginning_of_its_id(alerts: Alerts) -> None:
    alerts.keep([(replace(ALERT, id="abc1"), ["e1"], []), (replace(ALERT, id="abd2"), ["e1"], [])])
    assert alerts.one("abc").id == "abc1"
    with pytest.raises(UsageError, match="several"):
        alerts.one("ab")
    with pytest.raises(UsageError, match="there is no alert"):
        alerts.one("zz")


def test_the_most_severe_come_first(alerts: Alerts) -> None:
    mild = replace(ALERT, id="b", severity=AlertSeverity.INFORMATIONAL, last=NOW + timedelta(hours=1))
    alerts.keep([(mild, ["e1"], []), (ALERT, ["e1"], [])])
    assert [each.id for each in alerts.every()] == ["a1", "b"]
    assert [each.id for each in alerts.every(severities=[AlertSeverity.INFORMATIONAL])] == ["b"]
    assert alerts.every(scope="elsewhere") == []


def test_a_list_is_narrowed_paged_and_counted_by_the_database(alerts: Alerts) -> None:
    quoted = Entity("host", 'DOM\\"srv"_%')
    made = [
        ALERT,
        replace(ALERT, id="a2", last=NOW + timedelta(hours=1), tactics=("TA0005", "TA0040")),
        replace(ALERT, id="b1", severity=AlertSeverity.LOW, entities=(quoted,), sample=True),
    ]
    alerts.keep([(each, (), ()) for each in made])
    first, total = alerts.page({}, 2, None)
    rest, _ = alerts.page({}, 2, place(first[-1]))
    assert ([each.id for each in (*first, *rest)], total) == (["a2", "a1", "b1"], 3)
    asked: list[tuple[AlertFilters, list[str]]] = [
        ({"tactic": ["TA0040"]}, ["a2"]),
        ({"entity": [quoted.value]}, ["b1"]),
        ({"entity": ["203.0.113"]}, []),
        ({"search": 'om\\"SRV"_%'}, ["b1"]),
        ({"search": "principal"}, []),
        ({"search": "USER/ana", "visible": ["111122223333"], "sample": False}, ["a2", "a1"]),
        ({"visible": []}, []),
    ]
    for filters, ids in asked:
        found, count = alerts.page(filters, 9, None)
        assert ([each.id for each in found], count) == (ids, len(ids))
    counts = alerts.counted(["severity", "tactic", "sample"], {"severity": [AlertSeverity.HIGH]})
    assert counts == {
        "severity": [("high", 2), ("low", 1)],
        "tactic": [("TA0005", 2), ("TA0040", 1)],
        "sample": [("false", 2)],
    }


def test_many_change_together_or_none(alerts: Alerts) -> None:
    alerts.keep([(ALERT, ["e1"], [])])
    with pytest.raises(UsageError, match="there is no alert 'none'"):
        alerts.change_all(["a1", "none"], AlertState.RESOLVED, "bo", NOW)
    assert alerts.one("a1").state is AlertState.ACTIVE
