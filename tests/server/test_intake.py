"""The way in for events: what is taken, what is refused, and what becomes of it."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from cloudward.detect import load
from cloudward.errors import FullError
from cloudward.server.evaluating import Evaluator
from cloudward.server.intake import Intake
from cloudward.store import Store, batches, tokens
from cloudward.store.alerts import Alerts
from cloudward.store.events import Events
from tests.detect.test_alerts import event
from tests.server.auth.people import World
from tests.server.auth.people import world as made

HERE, OTHER = "111122223333", "444455556666"
DETECTIONS = load()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Store.open(tmp_path / "store") as store:
        found = made(store)
        yield found
        found.guard.close()


def sender(world: World, source: str = "aws-cloudtrail", **more: Any) -> Any:
    """A client with a token that is bound to a log."""
    admin = world.signed_in()
    body = {"name": "trail", "role": "sender", "source": source, **more}
    answer = admin.call("POST", "/api/v1/tokens", body)
    assert answer.status_code == 201, answer.text
    return world.client(answer.json()["token"])


def record(number: int, account: str = HERE, minutes: float = 0) -> dict[str, Any]:
    """Of a trail that was stopped, by another user in another hour."""
    found = event(number, minutes)
    return {
        **found.document,
        "eventID": f"e{number}",
        "eventTime": found.at.isoformat(),
        "recipientAccountId": account,
    }


def lines(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def evaluated(store: Store) -> int:
    evaluator, count = Evaluator(store, DETECTIONS), 0
    while found := evaluator.round():
        count += found
    return count


def kept(store: Store, source: str = "aws-cloudtrail", aside: str = "") -> list[Any]:
    return list(Events(store.folder, store.files).read(source, aside=aside))


def test_events_that_come_in_become_alerts_however_they_are_packed(world: World) -> None:
    client = sender(world)
    packs: list[Any] = [bytes, gzip.compress, zstandard.compress]
    for number, pack in enumerate(packs):
        data = lines([record(number)])
        form = {"content-encoding": ("identity", "gzip", "zstd")[number]}
        answer = client.post("/api/v1/intake", content=pack(data), headers=form)
        assert answer.status_code == 202, answer.text
        assert answer.json()["bytes"] == len(data)
    assert evaluated(world.store) == 3
    (found,) = Alerts(world.store.database).every()
    assert (found.detection, found.count, found.scope) == ("aws-trail-stopped", 3, HERE)
    assert len({each.file for each in kept(world.store)}) == 3
    assert all(each.file.startswith("intake/cw_") for each in kept(world.store))
    assert not Intake(world.store).spool.waiting()


def test_a_batch_that_comes_again_is_known_before_and_after_it_is_evaluated(world: World) -> None:
    client, data = sender(world), lines([record(1)])
    answers = [client.post("/api/v1/intake", content=data).json() for _ in range(2)]
    assert [each["repeated"] for each in answers] == [False, True]
    assert evaluated(world.store) == 1
    assert client.post("/api/v1/intake", content=data).json() == answers[1]
    assert evaluated(world.store) == 0
    with world.store.database.read() as connection:
        (heard,) = batches.heard(connection)
    assert (heard.source, heard.events) == ("aws-cloudtrail", 1)


def test_a_word_of_the_sender_tells_batches_apart(world: World) -> None:
    client, data = sender(world), lines([record(1)])

    def post(word: str, data: bytes) -> Any:
        return client.post("/api/v1/intake", content=data, headers={"idempotency-key": word})

    assert not post("one", data).json()["repeated"]
    assert not post("two", data).json()["repeated"]
    assert post("one", data).json()["repeated"]
    refused = post("one", lines([record(2)]))
    assert (refused.status_code, refused.json()["hint"]) == (422, "give each its own")


def test_what_a_token_is_not_for_is_kept_as_rejected(world: World) -> None:
    client = sender(world, account=HERE)
    other = {"eventType": "user.session.start", "actor": {}, "published": "2026-11-20T10:00:00Z"}
    other |= {"uuid": "1", "outcome": {}}
    data = lines([record(1), record(2, OTHER), other]) + b"{broken\n"
    assert client.post("/api/v1/intake", content=data).status_code == 202
    assert evaluated(world.store) == 1
    (refused,) = kept(world.store, aside="rejected")
    assert refused.problem == f"it is of {OTHER}, and the token is for {HERE}"
    assert "hunter2" not in refused.document.decode()
    (refused,) = kept(world.store, "okta", aside="rejected")
    assert refused.problem == "it is of okta, and the token is for aws-cloudtrail"
    assert len(kept(world.store, aside="unparsed")) == 1
    with world.store.database.read() as connection:
        found = {each.source: each for each in batches.heard(connection)}
    trail, okta = found["aws-cloudtrail"], found["okta"]
    assert (trail.events, trail.unparsed, trail.rejected, okta.rejected) == (1, 1, 1, 1)
    assert [each.scope for each in Alerts(world.store.database).every()] == [HERE]


def test_a_scope_takes_what_is_below_it_alone(world: World) -> None:
    client = sender(world, scope="ou")
    data = lines([record(1, "inside"), record(2, "outside"), record(3, HERE)])
    client.post("/api/v1/intake", content=data)
    assert evaluated(world.store) == 2, "`inside` and `outside` are no ids of AWS, which nobody can check"
    (refused,) = kept(world.store, aside="rejected")
    assert refused.problem == f"it is of {HERE}, and the token is for ou and what is below it"


def test_events_that_do_not_say_where_they_are_from_are_of_the_scope_of_the_token(world: World) -> None:
    client = sender(world, "kubernetes-audit", scope="inside")
    item = {
        "kind": "Event",
        "auditID": "1",
        "stage": "ResponseComplete",
        "verb": "create",
        "requestURI": "/api/v1/namespaces/default/pods/web/exec?command=sh",
        "user": {"username": "mallory", "groups": ["system:masters"]},
        "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "default", "name": "web"},
        "responseStatus": {"code": 101},
        "requestReceivedTimestamp": "2026-11-20T10:00:00.000000Z",
        "sourceIPs": ["203.0.113.9"],
    }
    body = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [item]}
    assert client.post("/api/v1/intake", json=body).status_code == 202
    assert evaluated(world.store) == 1
    found = Alerts(world.store.database).every()
    assert found
    assert {each.scope for each in found} == {"inside"}


def test_an_event_of_eventbridge_is_taken_as_it_comes(world: World) -> None:
    client = sender(world)
    body = {
        "version": "0",
        "id": "6a7e8feb",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.cloudtrail",
        "account": HERE,
        "time": "2026-11-20T10:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": record(1),
    }
    assert client.post("/api/v1/intake", json=body).status_code == 202
    assert evaluated(world.store) == 1
    assert [each.detection for each in Alerts(world.store.database).every()] == ["aws-trail-stopped"]


REFUSED: list[tuple[bytes, dict[str, str], int, str]] = [
    (b"", {}, 422, "the batch is empty"),
    (b"{}", {"content-encoding": "br"}, 415, "a batch comes plain, as gzip or as zstd, not as 'br'"),
    (b"{}", {"content-encoding": "gzip"}, 422, "the batch says that it is gzip, and it is not"),
    (gzip.compress(b"{}" * 99)[:-9], {"content-encoding": "gzip"}, 422, "it cannot be unpacked"),
    (gzip.compress(bytes(5 << 20)), {}, 413, "it unpacks to more than 20 times its size"),
    (bytes((64 << 20) + 1), {}, 413, "a body has at most 67,108,864 bytes"),
]


def test_what_is_no_batch_is_refused(world: World) -> None:
    client = sender(world)
    for content, headers, status, detail in REFUSED:
        answer = client.post("/api/v1/intake", content=content, headers=headers)
        assert answer.status_code == status
        assert detail in answer.json()["detail"]
        assert answer.headers["content-type"] == "application/problem+json"
    assert not Intake(world.store).spool.waiting()


def test_a_burst_of_the_same_event_is_taken_though_it_packs_well(world: World) -> None:
    data = lines([record(1)] * 500)
    packed = gzip.compress(data)
    assert len(data) > 20 * len(packed)
    assert sender(world).post("/api/v1/intake", content=packed).status_code == 202


def test_who_has_another_token_sends_nothing(world: World) -> None:
    reader = world.token(world.user("bo", "owner"))
    answer = world.client(reader).post("/api/v1/intake", content=b"{}")
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "events come with a token that is bound to a log",
    )
    assert world.client().post("/api/v1/intake", content=b"{}").status_code == 401


def test_a_token_of_a_sender_sees_nothing(world: World) -> None:
    client = sender(world)
    assert client.get("/api/v1/alerts").status_code == 403
    assert client.get("/api/v1/scopes").status_code == 403


NO_TOKENS = [
    ({"role": "sender"}, "a token of the role sender, and no other, has a source"),
    ({"role": "owner", "source": "okta"}, "a token of the role sender, and no other, has a source"),
    ({"role": "sender", "source": "oktta"}, "unknown source 'oktta'; did you mean 'okta'?"),
]


def test_a_token_that_is_bound_to_nothing_is_not_made(world: World) -> None:
    admin = world.signed_in()
    for body, detail in NO_TOKENS:
        answer = admin.call("POST", "/api/v1/tokens", {"name": "x", **body})
        assert (answer.status_code, answer.json()["detail"]) == (422, detail)


def test_who_sends_more_than_is_evaluated_is_told_when_to_come_again(world: World) -> None:
    client = sender(world)
    intake = world.app.state.served.intake
    intake._most = (2, 1 << 30)
    answers = [client.post("/api/v1/intake", content=lines([record(each)])) for each in range(3)]
    assert [each.status_code for each in answers] == [202, 202, 503]
    assert answers[2].headers["retry-after"] == "5"
    assert evaluated(world.store) == 2


def test_bodies_take_no_more_memory_than_there_is_for_them(world: World) -> None:
    intake = Intake(world.store)
    with intake.holding() as held:
        held.more(200 << 20)
        with pytest.raises(FullError), intake.holding() as other:
            other.more(60 << 20)
    with intake.holding() as held:
        held.more(250 << 20)


def test_a_token_that_is_gone_still_says_what_its_batches_are(world: World) -> None:
    client = sender(world, account=HERE)
    client.post("/api/v1/intake", content=lines([record(1, OTHER)]))
    with world.store.database.write() as connection:
        (token,) = tokens.every(connection)
        tokens.forget(connection, token, "test")
    assert evaluated(world.store) == 0
    assert len(kept(world.store, aside="rejected")) == 1


def test_correlations_go_on_after_a_restart_and_count_nothing_twice(world: World) -> None:
    client = sender(world)
    store, seen = world.store, []
    for number in range(3):
        found = {**record(number), "eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com"}
        found |= {"responseElements": {"ConsoleLogin": "Failure"}, "errorMessage": "Failed authentication"}
        client.post("/api/v1/intake", content=lines([found]))
        evaluator = Evaluator(store, DETECTIONS)
        seen.append(evaluator._run.correlator.held)
        evaluator.round()
    assert seen == sorted(seen)
    assert seen[-1] > 0
    folder = store.folder / "spool"
    assert len([each for each in folder.iterdir() if each.name.startswith("state-")]) == 1


def test_one_process_evaluates_at_a_time(world: World) -> None:
    from cloudward.server.evaluating import follow

    folder = world.store.folder / "spool"
    folder.mkdir()
    stop = threading.Event()
    lock = world.store.files.lock(folder / "lock")
    assert lock is not None
    with lock:
        thread = threading.Thread(target=follow, args=(world.store, stop))
        thread.start()
        sender(world).post("/api/v1/intake", content=lines([record(1)]))
        assert len(Intake(world.store).spool.waiting()) == 1
        stop.set()
        thread.join(60)
    assert len(Intake(world.store).spool.waiting()) == 1


def test_batches_are_forgotten_after_a_month(world: World) -> None:
    sender(world).post("/api/v1/intake", content=lines([record(1)]))
    evaluated(world.store)
    now = datetime.now(UTC)
    with world.store.database.write() as connection:
        assert batches.forget(connection, now - timedelta(days=30)) == 0
        assert batches.forget(connection, now + timedelta(seconds=1)) == 1


def test_a_plan_that_is_off_gives_no_alerts_and_keeps_the_events(world: World) -> None:
    body = {"enabled": False, "reason": "A sandbox"}
    answer = world.signed_in().call("PUT", "/api/v1/plans/control-plane", body)
    assert answer.status_code == 200, answer.text
    sender(world).post("/api/v1/intake", content=lines([record(1)]))
    assert evaluated(world.store) == 1
    assert Alerts(world.store.database).every() == []
    assert len(kept(world.store)) == 1


def finding(minutes: int = 0, **more: Any) -> dict[str, Any]:
    """Of GuardDuty."""
    at = (datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(minutes=minutes)).isoformat()
    return {
        "schemaVersion": "2.0",
        "id": "f1",
        "accountId": HERE,
        "arn": f"arn:aws:guardduty:eu-west-1:{HERE}:detector/d/finding/f1",
        "type": "Recon:EC2/Portscan",
        "title": "An instance scans ports",
        "severity": 5,
        "updatedAt": at,
        "service": {"serviceName": "guardduty", "archived": False},
        **more,
    }


def test_alerts_of_another_product_come_in_and_are_kept_in_step(world: World) -> None:
    client = sender(world, "aws-guardduty", account=HERE)
    closed = {"serviceName": "guardduty", "archived": True}
    bad = {key: value for key, value in finding(id="f2").items() if key != "severity"}
    for data in (
        [finding(), bad, finding(accountId=OTHER, id="f3")],
        [finding(5, service=closed)],
        [finding()],
    ):
        assert client.post("/api/v1/intake", content=lines(data)).status_code == 202
    evaluated(world.store)
    (found,) = Alerts(world.store.database).every()
    assert (found.title, found.state.value, found.state_by) == (
        "An instance scans ports",
        "resolved",
        "aws-guardduty",
    )
    with world.store.database.read() as connection:
        (heard,) = batches.heard(connection)
    assert (heard.events, heard.unparsed, heard.rejected) == (3, 1, 1)
    admin = world.signed_in()
    told = admin.call("GET", f"/api/v1/alerts/{found.id}").json()["alert"]
    assert (told["original"]["product"], told["original"]["status"]) == ("Amazon GuardDuty", "archived")
    assert told["detection"] == "aws-guardduty/Recon:EC2/Portscan"
    hidden = {"detection": told["detection"], "reason": "our scanner"}
    assert admin.call("POST", "/api/v1/suppressions", hidden).status_code == 201
