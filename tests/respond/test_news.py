"""What is new after a scan, told once to who asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cloudward.model import Outcome, Severity, Status
from cloudward.pack import Pack, load
from cloudward.respond import news
from cloudward.store import Store, channels, jobs
from cloudward.store.channels import Channel
from tests.store.build import NOW, ONE, TWO, account, assessment, listed, resource, scanned

LATER = NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load()


@pytest.fixture
def store(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    with Store.open(begun(tmp_path / "store")) as opened:
        yield opened


def listen(store: Store, events: dict[str, Any], id: str = "ops", **more: Any) -> None:
    given = {"scope": "", "enabled": True, **more}
    with store.database.write() as connection:
        channel = Channel(id, "webhook", {}, events, created_by="ann", created_at=NOW, **given)
        channels.keep(connection, channel, "ann")


def told(
    store: Store, pack: Pack, job: str = "job", scopes: tuple[str, ...] = (ONE,)
) -> list[dict[str, Any]]:
    """The messages that are queued after a scan, as this job."""
    with store.database.read() as connection:
        before = {each.id for each in jobs.every(connection)}
    news.after_scan(store, pack, [account(id) for id in scopes], job, LATER, LATER)
    with store.database.read() as connection:
        return [each.payload["message"] for each in jobs.every(connection) if each.id not in before]


BUCKET, POLICY = resource("b"), "aws-s3-bucket-versioning"


def test_what_became_unhealthy_since_is_told_once_by_severity(store: Store, pack: Pack) -> None:
    listen(store, {"recommendations": "medium"})
    old = assessment(BUCKET, "old", status=Status.UNHEALTHY, severity=Severity.HIGH)
    new = [
        replace(old, policy=POLICY, since=LATER, severity=Severity.MEDIUM),
        replace(old, policy="low", since=LATER, severity=Severity.LOW),
        replace(old, policy="again", since=LATER, restarted=True),
        replace(old, policy="exempt", since=LATER, exemption="x"),
        replace(old, policy="healthy", since=LATER, status=Status.HEALTHY),
    ]
    scanned(store, BUCKET, listed(), assessments=[old, *new])
    (message,) = told(store, pack)
    assert message["title"] == "1 resource newly unhealthy in account 1"
    assert message["lines"] == [f"medium: {pack.policies[POLICY].title} (1 resource)"]
    assert (message["level"], message["event"]) == ("medium", "recommendations")
    assert told(store, pack) == [], "the same job tells it once"


def test_a_channel_of_a_scope_hears_of_that_alone_and_one_that_is_off_of_nothing(
    store: Store, pack: Pack
) -> None:
    new = assessment(BUCKET, POLICY, status=Status.UNHEALTHY, since=LATER)
    scanned(store, BUCKET, listed(), assessments=[new], scopes=(ONE, TWO))
    listen(store, {"recommendations": "low"}, scope=TWO)
    listen(store, {"recommendations": "low"}, id="off", enabled=False)
    assert told(store, pack, scopes=(ONE, TWO)) == []
    listen(store, {"recommendations": "low"}, id="one", scope=ONE)
    assert [message["scopes"] for message in told(store, pack, scopes=(ONE, TWO))] == [[ONE]]


def test_a_score_is_told_when_it_falls_below_and_not_while_it_stays(store: Store, pack: Pack) -> None:
    listen(store, {"score": 0.7})
    found = []
    for percentage in (0.8, 0.6, 0.5, 0.9, 0.65):
        scanned(store, BUCKET, listed(), percentage=percentage)
        found.append([message["lines"] for message in told(store, pack, f"job-{percentage}")])
    assert found == [[], [["account 1: 60% from 80%"]], [], [], [["account 1: 65% from 90%"]]]


def test_what_could_be_read_before_and_cannot_be_now_is_told(store: Store, pack: Pack) -> None:
    listen(store, {"coverage": True})
    denied = listed(outcome=Outcome.DENIED, count=0)
    scanned(store, listed())
    assert told(store, pack, "first") == []
    scanned(store, denied)
    (message,) = told(store, pack, "second")
    assert message["lines"] == ["account 1 eu-west-1: list of AWS::S3::Bucket is denied"]
    scanned(store, denied)
    assert told(store, pack, "third") == [], "it was lost before"


def test_a_control_that_changes_is_told(store: Store, pack: Pack) -> None:
    standard = next(
        id for id, each in pack.standards.items() if any(POLICY in c.policies for c in each.controls)
    )
    control = next(c.id for c in pack.standards[standard].controls if POLICY in c.policies)
    listen(store, {"compliance": [standard]})
    found = []
    for number, status in enumerate((Status.HEALTHY, Status.UNHEALTHY, Status.UNHEALTHY)):
        scanned(store, BUCKET, listed(), assessments=[assessment(BUCKET, POLICY, status=status)])
        found.append(told(store, pack, f"job-{number}"))
    first, second, third = found
    assert (first, third) == ([], [])
    changes = {each["control"]: each["state"] for each in second[0]["data"]["controls"]}
    assert changes[control] == "failed"
    assert second[0]["level"] == "high"
