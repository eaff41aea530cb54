"""Objects of Google Cloud Storage are read once: real requests and tokens, to fake-gcs-server."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from cloudward.connect.events import storages
from cloudward.connect.events.prefixes import Prefix
from cloudward.connect.events.storages import google
from cloudward.errors import InputError, SignInError, UsageError
from cloudward.store import Store
from tests.connect.events.storages.servers import Answers, answering, service_account
from tests.connect.events.storages.servers import google as playing
from tests.detect.test_following import following, kept, lines, new, once

ADDRESS = "gs://acme-logs/cloudaudit/"
LIST = "/storage/v1/b/acme-logs/o"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with playing(tmp_path_factory.mktemp("google")) as address:
        yield address


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """A service account, and who gives it tokens; it answers as the storage too."""
    with answering() as answers:
        answers.paths["/token"] = 200, {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}
        file = service_account(tmp_path, f"{answers.address}/token")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        monkeypatch.setenv(google.ENDPOINT, answers.address)
        yield answers


@pytest.fixture
def bucket(server: str, account: Answers, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(google.ENDPOINT, server)
    httpx.post(f"{server}/storage/v1/b", json={"name": "acme-logs"})
    for each in httpx.get(f"{server}{LIST}").json().get("items", ()):
        httpx.delete(f"{server}{LIST}/{quote(each['name'], safe='')}")
    return server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as opened:
        yield opened


def put(bucket: str, name: str, data: bytes) -> None:
    where = f"{bucket}/upload/storage/v1/b/acme-logs/o"
    httpx.post(where, params={"uploadType": "media", "name": name}, content=data).raise_for_status()


@pytest.mark.slow
def test_objects_are_read_page_by_page_and_when_they_are_others(
    store: Store, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google, "PAGE", 2)
    for number in range(5):
        put(bucket, f"cloudaudit/{number} #.json.gz", gzip.compress(lines(number)))
    put(bucket, "other/a.json", lines(9))
    found = following(store, [], ADDRESS)
    assert new(found) == 5
    assert new(found) == 0
    put(bucket, "cloudaudit/3 #.json.gz", gzip.compress(lines(3, 7)))
    assert new(following(store, [], ADDRESS)) == 2, "another process goes on; it is another generation"
    assert kept(store) == ["e0", "e1", "e2", "e3", "e4", "e7"]


@pytest.mark.slow
def test_an_object_that_was_replaced_after_it_was_listed_waits_for_the_next_list(
    store: Store, bucket: str
) -> None:
    put(bucket, "cloudaudit/a.json", lines(1))
    prefix = Prefix(ADDRESS)
    (group,) = prefix.new()
    put(bucket, "cloudaudit/a.json", lines(1, 2))
    with prefix.fetched(group) as (parts, broken):
        assert (parts, broken) == ([], [])
    (group,) = prefix.new()
    with prefix.fetched(group) as (parts, broken):
        assert parts[0].path.read_bytes() == lines(1, 2)


@pytest.mark.slow
def test_what_is_broken_is_named_and_costs_nothing_else(store: Store, bucket: str) -> None:
    put(bucket, "cloudaudit/bad.json.gz", gzip.compress(lines(1))[:-20])
    put(bucket, "cloudaudit/good.json", lines(3))
    summary = following(store, [], ADDRESS).round()
    assert summary is not None
    assert kept(store) == ["e3"]
    assert {each.file for each in summary.problems} == {f"{ADDRESS}bad.json.gz"}


@pytest.mark.slow
def test_a_bucket_that_is_not_there_is_told(store: Store, bucket: str) -> None:
    with pytest.raises(InputError, match=r"cannot read gs://nowhere/x: Not Found \(404\)"):
        new(following(store, [], "gs://nowhere/x"))


def listed(*names: str) -> dict[str, object]:
    """A page as the reference of the interface has it."""
    data = len(lines(1))
    return {
        "items": [
            {"name": each, "size": str(data), "updated": "2026-11-20T10:00:00.000Z", "generation": "1"}
            for each in names
        ]
    }


def test_an_object_that_is_denied_costs_nothing_else_and_is_not_forgotten(
    store: Store, account: Answers
) -> None:
    denied = {"error": {"code": 403, "message": "logs@shop does not have storage.objects.get access"}}
    account.paths[LIST] = 200, listed("cloudaudit/a", "cloudaudit/b")
    account.paths[f"{LIST}/cloudaudit%2Fa"] = 403, denied
    account.paths[f"{LIST}/cloudaudit%2Fb"] = 200, lines(2)
    found = following(store, [], ADDRESS)
    summary = found.round()
    assert summary is not None
    assert [(each.file, each.problem) for each in summary.problems] == [
        (
            f"{ADDRESS}a",
            f"cannot read {ADDRESS}a: logs@shop does not have storage.objects.get access (403)",
        )
    ]
    assert kept(store) == ["e2"]
    assert new(found) == 0, "it is not asked for again at once"
    account.paths[f"{LIST}/cloudaudit%2Fa"] = 200, lines(1)
    assert new(following(store, [], ADDRESS)) == 1


def test_an_object_that_is_replaced_before_its_fetch_is_asked_for_again_and_then_told(
    store: Store, account: Answers
) -> None:
    other: tuple[int, object] = 412, {"error": {"code": 412, "message": "conditionNotMet"}}
    first = iter([other])
    account.paths[LIST] = 200, listed("cloudaudit/a", "cloudaudit/hot")
    account.paths[f"{LIST}/cloudaudit%2Fa"] = lambda: next(first, (200, lines(1)))
    account.paths[f"{LIST}/cloudaudit%2Fhot"] = other
    found = once(following(store, [], ADDRESS))
    assert kept(store) == ["e1"]
    assert [(each.file, each.problem) for each in found.problems] == [
        (f"{ADDRESS}hot", f"{ADDRESS}hot was written to in between")
    ]
    account.paths[f"{LIST}/cloudaudit%2Fhot"] = 200, lines(2)
    assert once(following(store, [], ADDRESS)).unparsed == 0
    assert kept(store) == ["e1", "e2"]


def test_an_object_that_ends_too_early_is_told(store: Store, account: Answers) -> None:
    account.paths[LIST] = 200, listed("cloudaudit/a")
    account.paths[f"{LIST}/cloudaudit%2Fa"] = 200, lines(1)[:-9]
    summary = following(store, [], ADDRESS).round()
    assert summary is not None
    assert "ended before its end" in summary.problems[0].problem


@pytest.mark.parametrize(
    ("status", "document", "problem"),
    [
        (403, {"error": {"code": 403, "message": "no"}}, r"no \(403\)"),
        (200, b"<html>", "not one of Google Cloud Storage"),
        (200, {"items": [{}]}, "not one of Google Cloud Storage"),
        (302, b"", r"\(302\)"),
    ],
)
def test_a_list_that_is_none_is_no_empty_bucket(
    store: Store, account: Answers, status: int, document: object, problem: str
) -> None:
    account.paths[LIST] = status, document
    with pytest.raises(InputError, match=problem):
        new(following(store, [], ADDRESS))


def test_who_is_not_signed_in_is_told(
    store: Store, account: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.paths[LIST] = 401, {"error": {"code": 401, "message": "Invalid Credentials"}}
    with pytest.raises(SignInError, match=r"Invalid Credentials \(401\)"):
        new(following(store, [], ADDRESS))
    account.paths["/token"] = 400, {"error": "invalid_grant"}
    with pytest.raises(SignInError, match="invalid_grant"):
        new(following(store, [], ADDRESS))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "gone.json"))
    with pytest.raises(SignInError, match=r"gone\.json"):
        new(following(store, [], ADDRESS))


def test_an_address_that_is_none_is_refused() -> None:
    for address in ("gs://", "gs:///x", "gs://a/x", "gs://a b/x"):
        with pytest.raises(UsageError, match="names no bucket"):
            storages.opened(address)
