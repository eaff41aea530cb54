"""Channels: kept without telling secrets, told by the workers, sent again when they were deaf."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cloudward.errors import UsageError
from cloudward.pack import Pack
from cloudward.respond import news
from cloudward.respond.notify import Event, Level, Message, NotSentError, checked, kinds
from cloudward.server.needs import Permission
from cloudward.server.outgoing import Allowed
from cloudward.server.way import Ways
from cloudward.server.work import working
from cloudward.store import Store, channels, jobs
from cloudward.store.jobs import State
from tests.authority import Authority
from tests.hostile import TEXTS
from tests.respond.listeners import Heard, log, mail, nobody, web
from tests.server.client import Client, only, serving
from tests.store.build import ONE

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECRET = "a secret of many letters"
HOSTILE = " ".join([*TEXTS.values()][20:])
LOOPBACK = ["127.0.0.0/8"]


def message(**more: Any) -> Message:
    given: dict[str, Any] = {
        "id": "m-1",
        "event": Event.RECOMMENDATIONS,
        "level": Level.HIGH,
        "title": f"1 resource newly unhealthy in {HOSTILE}",
        "lines": [*TEXTS.values()][:20],
        "at": NOW,
        "scopes": [*TEXTS.values()],
        "data": {"policies": [*TEXTS.values()]},
        **more,
    }
    return Message(**given)


def hidden(text: str) -> list[str]:
    """Characters that a person does not see or that move what he sees."""
    return re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text)


def terms(heard: Heard, kind: str = "webhook", **more: Any) -> dict[str, Any]:
    settings = {"url": f"http://127.0.0.1:{heard.port}/hook", "secret": SECRET}
    if kind == "email":
        settings = {
            "host": "127.0.0.1",
            "port": str(heard.port),
            "security": "none",
            "sender": "cloudward@acme.example",
            "recipients": "ann@acme.example, bob@acme.example",
        }
    if kind == "syslog":
        settings = {"host": "127.0.0.1", "port": str(heard.port)}
    return {"kind": kind, "settings": settings, "events": {"recommendations": "low"}, **more}


def changed(client: Client, id: str, given: dict[str, Any]) -> Any:
    """A new channel, or another form of one that was read just now."""
    path = f"/api/v1/channels/{id}"
    tag = client("GET", path).headers.get("etag")
    return client("PUT", path, json=given, headers={"If-Match": tag} if tag else {})


def put(client: Client, id: str, given: dict[str, Any]) -> dict[str, Any]:
    answer = changed(client, id, given)
    assert answer.status_code == 200, answer.text
    # Routes are made ready when they are first asked. CPython 3.11.7 may fail at that while a thread
    # logs a fault, so it is done before a worker begins.
    client("GET", "/api/v1/jobs")
    made: dict[str, Any] = answer.json()
    return made


def until(client: Client, id: str, good: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    end = time.monotonic() + 60
    while not good(found := client.get(f"/api/v1/jobs/{id}")):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return dict(found)


def tried(store: Store, client: Client, id: str) -> dict[str, Any]:
    """The job of a test message, when it was tried."""
    with working(store, poll=0.02, addresses=LOOPBACK):
        job = client("POST", f"/api/v1/channels/{id}/test").json()
        return until(client, job["id"], lambda found: bool(found["ended"] or found["problem"]))


@pytest.fixture
def ways(store: Store) -> Ways:
    return Ways(store, Allowed(LOOPBACK), lambda: NOW)


@pytest.fixture
def hook() -> Iterator[Heard]:
    with web() as heard:
        yield heard


def test_a_secret_is_kept_sealed_and_never_told(store: Store, client: Client, hook: Heard) -> None:
    assert put(client, "ops", terms(hook))["settings"]["secret"] == "***"
    assert client.get("/api/v1/channels")["items"][0]["settings"]["secret"] == "***"
    with store.database.read() as connection:
        kept = channels.one(connection, "ops").settings["secret"]
    assert kept.startswith("sealed:")
    assert SECRET not in repr(store.revisions())
    assert "sealed:" not in repr(store.revisions("channel"))
    other = terms(hook, events={"score": 0.5})
    del other["settings"]["secret"]
    assert put(client, "ops", other)["events"] == {"score": 0.5}
    with store.database.read() as connection:
        opened = store.vault.open(channels.one(connection, "ops").settings["secret"], "channel.ops.secret")
    assert opened == SECRET


def test_a_channel_that_somebody_changed_meanwhile_is_not_changed(client: Client, hook: Heard) -> None:
    put(client, "ops", terms(hook))
    path = "/api/v1/channels/ops"
    read = {"If-Match": client("GET", path).headers["etag"]}
    assert client("PUT", path, json=terms(hook)).status_code == 428
    assert client("PUT", path, json=terms(hook, enabled=False), headers=read).status_code == 200
    assert client("PUT", path, json=terms(hook), headers=read).status_code == 412


def test_every_kind_says_what_it_has_to_be_told(client: Client, hook: Heard) -> None:
    found = {each["kind"]: each["fields"] for each in client.get("/api/v1/channels/kinds")["items"]}
    assert found.keys() == kinds().keys()
    assert [each["name"] for each in found["webhook"] if each["secret"]] == ["secret"]
    assert client("PUT", "/api/v1/channels/kinds", json=terms(hook)).status_code == 422


def test_deliveries_tell_what_arrived_and_what_did_not(store: Store, client: Client, hook: Heard) -> None:
    put(client, "ops", terms(hook))
    tried(store, client, "ops")
    (told,) = client.get("/api/v1/deliveries")["items"]
    assert (told["channel"], told["state"], told["event"]) == ("ops", "done", "test")
    assert client.get("/api/v1/deliveries", state=["failed"])["items"] == []


def test_a_secret_does_not_follow_to_another_address(client: Client, hook: Heard) -> None:
    put(client, "ops", terms(hook))
    moved = {"kind": "webhook", "settings": {"url": "https://evil.example/", "secret": "***"}, "events": {}}
    answer = changed(client, "ops", moved)
    assert (answer.status_code, "needs secret" in answer.json()["detail"]) == (422, True)


def test_a_webhook_is_signed(store: Store, client: Client, hook: Heard) -> None:
    put(client, "ops", terms(hook))
    assert tried(store, client, "ops")["state"] == "done"
    ((path, headers, body),) = hook.calls
    at = headers["X-Cloudward-Timestamp"]
    good = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert (path, headers["X-Cloudward-Signature"]) == ("/hook", f"v1={good}")
    assert abs(int(at) - time.time()) < 60
    assert json.loads(body)["event"] == "test"


def test_what_did_not_arrive_is_tried_again_and_then_a_dead_letter_that_can_be_sent_again(
    store: Store, client: Client, hook: Heard
) -> None:
    put(client, "ops", terms(hook))
    hook.answers[:] = [(503, b"down"), (400, b"never")]
    found = tried(store, client, "ops")
    assert (found["state"], found["problem"]) == ("queued", "NotSentError: the webhook answered 503: down")
    clock = datetime.now(UTC) + timedelta(minutes=5)
    with working(store, poll=0.02, addresses=LOOPBACK, clock=lambda: clock):
        assert until(client, found["id"], lambda job: bool(job["ended"]))["state"] == "failed"
    (letter,) = client.get("/api/v1/letters")["items"]
    assert (letter["channel"], letter["problem"]) == ("ops", "the webhook answered 400: never")
    assert client("POST", f"/api/v1/letters/{letter['id']}/send").status_code == 202
    assert client("POST", f"/api/v1/letters/{letter['id']}/send").status_code == 404
    with working(store, poll=0.02, addresses=LOOPBACK):
        assert until(client, found["id"], lambda job: bool(job["ended"]))["state"] == "done"
    assert client.get("/api/v1/letters")["items"] == []
    assert len({json.loads(body)["id"] for _, _, body in hook.calls}) == 1, "it is one message however often"


def test_a_private_address_is_not_called_unless_it_is_listed(
    store: Store, client: Client, hook: Heard
) -> None:
    put(client, "ops", terms(hook))
    with working(store, poll=0.02):
        job = client("POST", "/api/v1/channels/ops/test").json()
        found = until(client, job["id"], lambda each: bool(each["problem"]))
    assert "which is not called" in found["problem"]
    assert hook.calls == []


def test_each_recipient_has_a_mail_of_his_own_and_not_too_many(ways: Ways, store: Store) -> None:
    with mail() as heard:
        channel = news_channel(terms(heard, "email"))
        answers = [kinds()["email"].send(channel, message(id=f"m-{n}"), ways) for n in range(5)]
        low = kinds()["email"].send(channel, message(level=Level.LOW), ways)
    assert [len(each["sent"]) for each in answers] == [2, 2, 2, 2, 0]
    assert answers[4]["spared"] == ["ann@acme.example", "bob@acme.example"]
    assert len(low["sent"]) == 2, "another level has a cap of its own"
    assert {tuple(to) for _, to, _ in heard.mails} == {("ann@acme.example",), ("bob@acme.example",)}
    read = email.message_from_bytes(heard.mails[0][2], policy=email.policy.default)
    assert (read["To"], read["Bcc"], read["Auto-Submitted"]) == ("ann@acme.example", None, "auto-generated")
    assert read.get_content_type() == "text/plain"
    assert hidden(str(read["Subject"])) == []
    assert hidden(read.get_content().replace("\r\n", "\n")) == []
    assert "\n." not in read.get_content()
    assert (
        b"eve@evil.example"
        not in heard.mails[0][2].partition(b"\r\n\r\n")[0].replace(b"\\r\\nBcc: ", b"")[:0]
    )


def test_a_day_later_there_is_mail_again(store: Store) -> None:
    with mail() as heard:
        channel = news_channel(terms(heard, "email"))
        for day in range(2):
            at = NOW + timedelta(days=day, minutes=day)
            ways = Ways(store, Allowed(LOOPBACK), partial(datetime.fromtimestamp, at.timestamp(), UTC))
            sent = [kinds()["email"].send(channel, message(level=Level.LOW), ways)["sent"] for _ in range(2)]
            assert [len(each) for each in sent] == [2, 0]


def test_a_recipient_that_there_is_not_does_not_keep_it_from_the_others(ways: Ways) -> None:
    with mail() as heard:
        heard.refused["ann@acme.example"] = "550 no such person"
        answer = kinds()["email"].send(news_channel(terms(heard, "email")), message(), ways)
    assert answer["sent"] == ["bob@acme.example"]
    assert answer["refused"] == {"ann@acme.example": "ann@acme.example: 550 no such person"}


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that the server was told to believe."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


SECURE: list[dict[str, str]] = [{"security": "starttls"}, {"security": "tls"}]


def secured(heard: Heard, way: dict[str, str]) -> Any:
    given = terms(heard, "email")
    given["settings"] |= {"user": "ann", "password": SECRET, **way}
    return news_channel(given)


@pytest.mark.parametrize("way", SECURE)
def test_mail_and_its_password_go_over_tls(ways: Ways, authority: Authority, way: dict[str, str]) -> None:
    with mail(authority.server("127.0.0.1"), way["security"] == "tls") as heard:
        assert len(kinds()["email"].send(secured(heard, way), message(), ways)["sent"]) == 2
    assert len(heard.mails) == 2
    (signed,) = heard.signed
    assert base64.b64decode(signed.removeprefix("PLAIN ")).split(b"\0") == [b"", b"ann", SECRET.encode()]


@pytest.mark.parametrize("way", SECURE)
def test_a_mail_server_of_another_name_or_authority_is_told_nothing(
    ways: Ways, authority: Authority, way: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    for tls in (authority.server("mail.evil.example"), stranger.server("127.0.0.1")):
        refused = pytest.raises(NotSentError, match="certificate is not believed")
        with mail(tls, way["security"] == "tls") as heard, refused as caught:
            kinds()["email"].send(secured(heard, way), message(), ways)
        assert (heard.signed, heard.mails, caught.value.final) == ([], [], False)


def test_a_mail_server_that_offers_no_tls_gets_nothing(ways: Ways) -> None:
    with mail() as heard, pytest.raises(NotSentError, match="STARTTLS"):
        kinds()["email"].send(secured(heard, {"security": "starttls"}), message(), ways)
    assert (heard.signed, heard.mails) == ([], [])


def test_syslog_goes_over_tls_with_its_octets_counted(ways: Ways, authority: Authority) -> None:
    with log("tls", authority.server("127.0.0.1")) as heard:
        given = terms(heard, "syslog")
        given["settings"]["protocol"] = "tls"
        for _ in range(2):
            told = kinds()["syslog"].send(news_channel(given), message(), ways)
    assert [len(record) for record in heard.records] == [told["bytes"]] * 2


def test_a_log_server_that_is_not_believed_is_told_nothing(ways: Ways, authority: Authority) -> None:
    with log("tls", authority.server("logs.evil.example")) as heard:
        given = terms(heard, "syslog")
        given["settings"]["protocol"] = "tls"
        with pytest.raises(NotSentError, match="certificate is not believed"):
            kinds()["syslog"].send(news_channel(given), message(), ways)
    assert heard.records == []


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_syslog_is_one_record_whatever_the_text(ways: Ways, protocol: str) -> None:
    with log(protocol) as heard:
        given = terms(heard, "syslog")
        given["settings"]["protocol"] = protocol
        kinds()["syslog"].send(news_channel(given), message(), ways)
        end = time.monotonic() + 10
        while not heard.records:
            assert time.monotonic() < end
            time.sleep(0.01)
    (record,) = heard.records
    text = record.decode()
    head = re.fullmatch(
        r"<130>1 2026-01-01T12:00:00\.000\+00:00 \S+ cloudward - recommendations "
        r'\[cloudward@32473( [a-z]+="(\\["\\\]]|[^"\\\]])*")+\] \ufeff(.*)',
        text,
    )
    assert head is not None, text
    assert hidden(text) == []


def test_slack_gets_text_that_it_does_not_format(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = posted(ways, monkeypatch, "slack", {"url": "https://hooks.slack.com/services/x"})
    (_, _, body) = sent[0]
    assert {block["text"]["type"] for block in body["blocks"]} == {"plain_text"}
    assert "<" not in body["text"]
    assert hidden(json.dumps(body, ensure_ascii=False)) == []


def test_teams_gets_runs_that_it_does_not_format(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = posted(ways, monkeypatch, "teams", {"url": "https://acme.webhook.office.com/x"})
    card = sent[0][2]["attachments"][0]["content"]
    assert {each["type"] for each in card["body"]} == {"RichTextBlock"}
    assert hidden(json.dumps(card, ensure_ascii=False)) == []


def test_jira_gets_an_issue_of_plain_text(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "url": "https://acme.atlassian.net",
        "user": "ann@acme.example",
        "token": "t",
        "project": "SEC",
    }
    sent = posted(ways, monkeypatch, "jira", settings, b'{"key": "SEC-1"}')
    url, headers, body = sent[0]
    assert url == "https://acme.atlassian.net/rest/api/3/issue"
    assert headers["Authorization"].startswith("Basic ")
    assert len(body["fields"]["summary"]) <= 255
    assert {each["type"] for each in body["fields"]["description"]["content"]} == {"paragraph"}
    assert hidden(json.dumps(body, ensure_ascii=False)) == []


def posted(
    ways: Ways, monkeypatch: pytest.MonkeyPatch, kind: str, settings: dict[str, str], answer: bytes = b"ok"
) -> list[tuple[str, Any, Any]]:
    """What a channel sends to an address that is not on this machine."""
    sent: list[tuple[str, Any, Any]] = []

    def post(url: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        sent.append((url, headers, json.loads(body)))
        return 200, answer

    monkeypatch.setattr(ways, "post", post)
    kinds()[kind].send(news_channel({"kind": kind, "settings": settings}), message(), ways)
    return sent


def news_channel(given: dict[str, Any]) -> Any:
    from cloudward.respond.notify import Channel

    return Channel("ops", given["kind"], checked(given["kind"], given["settings"]))


@pytest.mark.parametrize(
    ("kind", "settings", "problem"),
    [
        ("webhok", {}, "did you mean 'webhook'"),
        ("webhook", {"url": "https://a.example"}, "webhook needs secret"),
        ("webhook", {"url": "ftp://a.example", "secret": SECRET}, "url is not the address"),
        ("webhook", {"url": "https://a.example", "secret": "short"}, "at least 16 characters"),
        ("slack", {"url": "http://hooks.slack.com/x"}, "url is not the address"),
        ("slack", {"url": "https://ann:b@hooks.slack.com/x"}, "url is not the address"),
        ("slack", {"url": "https://x", "colour": "red"}, "slack has no setting 'colour'"),
        ("jira", {"url": "https://x", "user": "a", "token": "t", "project": "sec"}, "is no key of a project"),
        ("syslog", {"host": "a b"}, "is no name of a host"),
        ("syslog", {"host": "a", "port": "0"}, "port of syslog is a number"),
        ("syslog", {"host": "a", "protocol": "tpc"}, "protocol of syslog is one of udp, tcp, tls"),
        ("email", {"host": "a", "sender": "a@b.example", "recipients": "x\nBcc: y"}, "is one line"),
        ("email", {"host": "a", "sender": "a@b.example", "recipients": "x@y>, z"}, "is no address for mail"),
        (
            "email",
            {"host": "a", "sender": "a@b.example", "recipients": "x@y", "user": "u", "security": "none"},
            "over TLS alone",
        ),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_set(
    kind: str, settings: dict[str, str], problem: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(problem)):
        checked(kind, settings)


def test_what_nobody_can_be_told_is_refused(pack: Pack) -> None:
    for events in (
        {"score": 2},
        {"recommendations": "critical"},
        {"coverage": 1},
        {"compliance": ["x"]},
        {"x": 1},
    ):
        with pytest.raises(UsageError, match="is nothing that a channel is told"):
            news.checked(events, pack)


def test_who_may_not_notify_everywhere_sees_no_channel(store: Store, pack: Pack, hook: Heard) -> None:
    put(serving(store, pack), "ops", terms(hook))
    narrow = serving(store, pack, only([ONE], Permission))
    for method, path in (
        ("GET", "/api/v1/channels"),
        ("GET", "/api/v1/channels/ops"),
        ("PUT", "/api/v1/channels/ops"),
        ("DELETE", "/api/v1/channels/ops"),
        ("POST", "/api/v1/channels/ops/test"),
        ("GET", "/api/v1/channels/kinds"),
        ("GET", "/api/v1/deliveries"),
        ("GET", "/api/v1/letters"),
        ("POST", "/api/v1/letters/x/send"),
    ):
        assert narrow(method, path, json=terms(hook)).status_code == 403, path


def test_an_alert_goes_to_who_wants_such_ones(store: Store, client: Client, hook: Heard) -> None:
    for id, events in (("all", {"alert": "low"}), ("high", {"alert": "high"}), ("none", {"coverage": True})):
        put(client, id, terms(hook, events=events))
    assert news.told(store, message(event=Event.ALERT, level=Level.MEDIUM), NOW) == 1
    assert news.told(store, message(event=Event.ALERT, level=Level.MEDIUM), NOW) == 1
    with store.database.read() as connection:
        queued = jobs.every(connection, states=[State.QUEUED], kinds=["notification"])
    assert [job.payload["channel"] for job in queued] == ["all"], "the same alert is told once"


def test_nobody_listens(ways: Ways) -> None:
    for kind in ("webhook", "email", "syslog"):
        heard = Heard(nobody())
        with pytest.raises(NotSentError) as caught:
            kinds()[kind].send(news_channel(terms(heard, kind)), message(), ways)
        assert not caught.value.final
