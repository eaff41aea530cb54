"""Logs in, alerts out, as a user meets it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloudward.cli import alerts as shown
from cloudward.cli.commands import detections, events, suppress
from cloudward.store import Store, channels, jobs
from cloudward.store.channels import Channel
from tests.cli.conftest import Cloudward

SAMPLES = Path(__file__).parents[1] / "connect" / "events" / "samples"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
RECORD = {
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "eventTime": "2026-11-20T10:00:00Z",
    "eventID": "e-1",
    "recipientAccountId": "111122223333",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana"},
    "sourceIPAddress": "203.0.113.9",
    "requestParameters": {"name": "main"},
}


@pytest.fixture
def trail(home: Path) -> Path:
    path = home / "trail.json"
    path.write_text(json.dumps({"Records": [RECORD]}))
    return path


def test_a_trail_that_is_stopped_is_an_alert(cloudward: Cloudward, trail: Path) -> None:
    ran = cloudward("detect", trail, "-o", "json")
    assert ran.code == 1
    (alert,) = ran.json["items"]
    assert set(alert) == set(shown.LISTING.keys)
    assert (alert["detection"], alert["scope"], alert["resource"]) == (
        "aws-trail-stopped",
        "111122223333",
        "main",
    )
    assert alert["entities"]["ip"] == ["203.0.113.9"]
    assert "1 event (1 aws-cloudtrail), 1 alert: 1 new, 0 grown." in ran.err


def test_reading_again_makes_nothing_new(cloudward: Cloudward, trail: Path) -> None:
    cloudward("detect", trail)
    assert "1 alert: 0 new, 0 grown." in cloudward("detect", trail).err
    assert cloudward("alerts", "list", "-o", "json").json["total"] == 1


def test_a_plan_that_is_off_gives_no_alerts_there_and_keeps_those_of_before(
    cloudward: Cloudward, trail: Path
) -> None:
    cloudward("detect", trail)
    cloudward("plans", "off", "control-plane", "--reason", "A sandbox")
    trail.write_text(
        json.dumps({"Records": [{**RECORD, "eventTime": "2026-11-21T10:00:00Z", "eventID": "e-2"}]})
    )
    ran = cloudward("detect", trail)
    assert ran.code == 0
    assert "1 hit in 111122223333 gave no alert: the plan control-plane is off there." in ran.err
    assert cloudward("alerts", "list", "-o", "json").json["total"] == 1
    cloudward("plans", "on", "control-plane")
    assert "1 alert: 1 new" in cloudward("detect", trail).err


def test_who_wants_alerts_is_told_once(cloudward: Cloudward, trail: Path, home: Path) -> None:
    with Store.open(home / "data" / "cloudward") as store, store.database.write() as connection:
        channels.keep(
            connection, Channel("night", "webhook", {}, {"alert": "low"}, "", True, "ana", NOW), "ana"
        )
    for _ in range(2):
        cloudward("detect", trail)
    with Store.open(home / "data" / "cloudward") as store, store.database.read() as connection:
        (job,) = jobs.every(connection, kinds=["notification"])
    assert job.payload["channel"] == "night"
    assert job.payload["message"]["title"] == "A trail was stopped or deleted in 111122223333"


def test_kept_events_are_looked_at_again(cloudward: Cloudward, trail: Path, home: Path) -> None:
    cloudward("detect", trail)
    rule = "title: Anything\nlogsource: {product: aws, service: cloudtrail}\nlevel: low\n"
    (home / "rules").mkdir()
    (home / "rules" / "any.yml").write_text(f"{rule}detection: {{a: {{eventName: Stop*}}, condition: a}}\n")
    ran = cloudward("detect", "--rules", "rules", "-o", "json")
    assert [each["title"] for each in ran.json["items"]] == ["A trail was stopped or deleted", "Anything"]
    assert ran.json["new"] == 1


def test_how_it_ends(cloudward: Cloudward, trail: Path, home: Path) -> None:
    (home / "quiet.json").write_text(json.dumps({**RECORD, "eventName": "StartLogging"}))
    (home / "odd.json").write_text('{"odd": 1}')
    assert cloudward("detect", "quiet.json").code == 0
    assert cloudward("detect", "quiet.json", "odd.json").code == 3
    assert cloudward("detect", "quiet.json", "odd.json", "--allow-incomplete").code == 0
    assert cloudward("detect", trail, "--fail-on", "high").code == 1
    assert cloudward("detect", trail, "--fail-on", "never").code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("detect", "missing.json"), "no such file or folder"),
        (("detect",), "what is to be looked at?"),
        (("detect", "trail.json", "--source", "aws-cloudtrial"), "did you mean 'aws-cloudtrail'"),
        (("detect", "trail.json", "--since", "yesterday"), "'yesterday' is no time"),
        (("detect", "trail.json", "--since", "2026-01-02", "--until", "2026-01-01"), "is not after"),
        (("suppress", "add", "--reason", "x", "--detection", "aws-trail-stoped"), "did you mean"),
        (("suppress", "add", "--reason", "x", "--field", "ipp=1"), "did you mean 'ip'"),
        (("suppress", "add", "--reason", "x"), "would hide every alert"),
        (("alerts", "show", "zz"), "there is no alert"),
        (("alerts", "sample", "--plan", "Storrage"), "did you mean 'Storage'"),
        (("events", "query", "okta"), "there are no events"),
        (("events", "query", "aws-cloudtrail", "--where", "eventName"), "is no path with its value"),
    ],
)
def test_a_mistake_says_what_to_do(
    cloudward: Cloudward, trail: Path, words: tuple[str, ...], says: str
) -> None:
    if words != ("detect",):
        cloudward("detect", trail)
    ran = cloudward(*words)
    assert ran.code == 2
    assert says in ran.err


def test_an_alert_is_read_and_answered(cloudward: Cloudward, trail: Path) -> None:
    cloudward("detect", trail)
    id = cloudward("alerts", "list", "-o", "json").json["items"][0]["id"]
    text = cloudward("alerts", "show", id[:6]).out
    for part in (
        "Start the trail again",
        "203.0.113.9",
        "defense evasion (T1562.008)",
        "trail.json:1",
        "What to look at",
    ):
        assert part in text
    assert cloudward("alerts", "set", id[:6], "dismissed").code == 2
    assert cloudward("alerts", "set", id[:6], "dismissed", "--reason", "a test", "--by", "bo").code == 0
    assert cloudward("alerts", "list", "-o", "json").json["total"] == 0
    (one,) = cloudward("alerts", "list", "--state", "dismissed", "-o", "json").json["items"]
    assert (one["state_by"], one["state_reason"]) == ("bo", "a test")


def test_what_is_known_to_be_harmless_is_hidden_and_counted(cloudward: Cloudward, trail: Path) -> None:
    cloudward("detect", "--no-keep", trail, "--until", "2026-01-01")
    given = ("--detection", "aws-trail-stopped", "--field", "ip=203.0.113.*", "--by", "bo")
    added = cloudward("suppress", "add", *given, "--reason", "our own test", "-o", "json")
    (rule,) = added.json["items"]
    assert set(rule) == set(suppress.LISTING.keys)
    cloudward("detect", trail)
    assert cloudward("suppress", "list", "-o", "json").json["items"][0]["hidden"] == 1
    assert cloudward("alerts", "list", "-o", "json").json["total"] == 0
    assert cloudward("suppress", "remove", rule["id"]).code == 0
    assert cloudward("suppress", "list", "-o", "json").json["total"] == 0


def test_a_preview_says_what_would_be_hidden_and_what_not(cloudward: Cloudward, trail: Path) -> None:
    cloudward("detect", trail)
    given = ("suppress", "preview", "--detection", "aws-trail-stopped", "-o", "json", "--by")
    assert cloudward(*given, "bo").json["total"] == 1
    mine = cloudward(*given, "ana")
    assert (mine.json["total"], mine.json["spared"]) == (0, 1)
    assert "ana is named in it" in mine.err


def test_events_are_asked(cloudward: Cloudward, trail: Path) -> None:
    cloudward("detect", trail, SAMPLES / "okta.json")
    ran = cloudward("events", "query", "aws-cloudtrail", "--where", "eventName=stop*", "-o", "json")
    (event,) = ran.json["items"]
    assert set(event) == set(events.LISTING.keys)
    assert event["document"]["eventID"] == "e-1"
    assert cloudward("events", "query", "okta", "--search", "nowhere", "-o", "json").json["total"] == 0
    listed = cloudward("events", "sources", "-o", "json").json["items"]
    assert set(listed[0]) == set(events.SOURCES.keys)
    assert [each["name"] for each in listed if each["kept"]] == ["aws-cloudtrail", "okta"]


def test_what_could_not_be_read_can_be_seen(cloudward: Cloudward, home: Path) -> None:
    (home / "trail.json").write_text(json.dumps({**RECORD, "eventTime": "never"}))
    cloudward("detect", "trail.json")
    (one,) = cloudward("events", "query", "aws-cloudtrail", "--unparsed", "-o", "json").json["items"]
    assert one["problem"] == "it does not say when: no eventTime"


def test_samples_come_and_go(cloudward: Cloudward) -> None:
    assert cloudward("alerts", "sample", "--plan", "Storage").code == 0
    found = cloudward("alerts", "list", "-o", "json").json["items"]
    assert found
    assert all(each["sample"] and each["title"].startswith("Sample alert: ") for each in found)
    cloudward("alerts", "sample", "--remove")
    assert cloudward("alerts", "list", "-o", "json").json["total"] == 0


def test_other_tools_get_one_alert_a_line(cloudward: Cloudward, trail: Path) -> None:
    cloudward("detect", trail)
    (ocsf,) = map(json.loads, cloudward("alerts", "list", "-o", "ocsf").out.splitlines())
    assert (ocsf["class_uid"], ocsf["severity"]) == (2004, "High")
    assert ocsf["evidences"][0]["data"]["eventName"] == "StopLogging"
    (microsoft,) = map(json.loads, cloudward("alerts", "list", "-o", "microsoft").out.splitlines())
    assert microsoft["properties"]["remediationSteps"]
    stix = cloudward("alerts", "list", "-o", "stix").json
    assert stix["type"] == "bundle"
    assert "sighting" in {each["type"] for each in stix["objects"]}


def test_detections_are_listed_shown_and_tested(cloudward: Cloudward, home: Path) -> None:
    listed = cloudward("detections", "list", "trail", "-o", "json").json["items"]
    assert {"aws-trail-stopped"} <= {each["id"] for each in listed}
    assert set(listed[0]) == set(detections.LISTING.keys)
    assert "Start the trail again" in cloudward("detections", "show", "aws-trail-stopped").out
    rule = home / "mine.yml"
    body = "title: Mine\nlogsource: {product: okta, service: okta}\nlevel: low\n"
    body += "detection: {a: {eventType: x}, condition: a}\n"
    rule.write_text(f"{body}examples: {{alert: [{{eventType: x}}], quiet: [{{eventType: y}}]}}\n")
    assert cloudward("detections", "test", rule).code == 0
    rule.write_text(f"{body}examples: {{alert: [{{eventType: z}}], quiet: []}}\n")
    ran = cloudward("detections", "test", rule)
    assert ran.code == 2
    assert "expected alert, found quiet" in ran.out


def test_coverage_is_told_with_its_denominator(cloudward: Cloudward) -> None:
    ran = cloudward("detections", "list", "--coverage", "-o", "json")
    assert set(ran.json["items"][0]) == set(detections.COVERAGE.keys)
    assert sum(ran.json["totals"].values()) == ran.json["total"] == 470
    assert "whose log is read" in cloudward("detections", "list", "--coverage", "--limit", "3").out


def test_detections_that_cannot_fire_are_listed_with_the_fields_that_never_occur(
    cloudward: Cloudward, home: Path, trail: Path
) -> None:
    (home / "mine.yml").write_text(
        "title: Mine\nlogsource: {product: aws, service: cloudtrail}\n"
        "detection: {s: {userIdentity.nmae: x}, condition: s}\n"
    )
    ran = cloudward("detections", "silent", trail, "--rules", home / "mine.yml", "-o", "json")
    assert ran.code == 0
    found = {each["detection"]: each for each in ran.json["items"]}
    assert set(found["mine"]) == set(detections.SILENT.keys)
    assert found["mine"]["fields"] == ["userIdentity.nmae"]
    assert "aws-trail-stopped" not in found
    assert next(each["why"] for id, each in found.items() if id.startswith("okta-")) == (
        "no events of okta were seen"
    )


def test_detections_silent_needs_events(cloudward: Cloudward, home: Path) -> None:
    (home / "empty").mkdir()
    assert cloudward("detections", "silent", home / "empty").code == 2
    assert cloudward("detections", "silent", home / "nowhere").code == 2
    assert cloudward("detections", "silent", home / "empty", "--source", "okat").code == 2


def test_who_asks_for_events_that_are_gone_is_told(cloudward: Cloudward, trail: Path, home: Path) -> None:
    cloudward("detect", trail)
    old = home / "old.json"
    old.write_text(
        json.dumps({"Records": [RECORD | {"eventID": "e-2", "eventTime": "2026-08-01T09:30:00Z"}]})
    )
    cloudward("detect", old)
    before = cloudward("alerts", "list", "-o", "json").json["items"]
    for path in home.rglob("events/aws-cloudtrail/20260801T09/*.parquet"):
        os.utime(path, (1_790_000_000 - 200 * 86_400,) * 2)
    cloudward("retention", "--events", "30")
    ran = cloudward("detect", "--since", "2026-08-01", "--fail-on", "never", "-o", "json")
    assert ran.code == 3
    assert (ran.json["events"], ran.json["expired"]) == (1, {"aws-cloudtrail": "2026-08-01T10:00:00+00:00"})
    assert "Events of aws-cloudtrail before 2026-08-01 10:00 UTC are not kept any more" in ran.err
    whole = cloudward("detect", "--since", "2026-08-02", "--fail-on", "never")
    assert whole.code == 0, "of that time all are there"
    allowed = cloudward("detect", "--since", "2026-08-01", "--fail-on", "never", "--allow-incomplete")
    assert allowed.code == 0
    assert (
        "are not kept any more" in cloudward("events", "query", "aws-cloudtrail", "--since", "2026-08-01").err
    )
    assert cloudward("alerts", "list", "-o", "json").json["items"] == before
    (alert,) = (each["id"] for each in before if each["first"].startswith("2026-08-01"))
    assert "StopLogging" in cloudward("alerts", "show", alert).out, "its evidence stays"
