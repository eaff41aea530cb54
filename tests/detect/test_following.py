"""Files that grow and buckets that fill are read on from where they were, whatever was killed."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cloudward.connect.events.tailing import Tail
from cloudward.detect import load
from cloudward.detect.following import TRIES, Following
from cloudward.detect.run import Run, Summary
from cloudward.errors import InputError, UsageError
from cloudward.rules.completion import sealer
from cloudward.store import Store, batches
from cloudward.store.alerts import Alerts
from cloudward.store.events import Events
from tests.detect.test_alerts import event

DETECTIONS = load()


@pytest.fixture
def store(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    with Store.open(begun(tmp_path / "store")) as opened:
        yield opened


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


def record(number: int) -> dict[str, Any]:
    found = event(number)
    return {**found.document, "eventID": f"e{number}", "eventTime": found.at.isoformat()}


def lines(*numbers: int) -> bytes:
    return b"".join(json.dumps(record(each)).encode() + b"\n" for each in numbers)


def following(
    store: Store,
    paths: list[Path],
    *buckets: str,
    source: str = "",
    told: Callable[[Summary], None] = lambda _: None,
) -> Following:
    """As a new process begins it."""
    events = Events(store.folder, store.files)
    run = Run(DETECTIONS, Alerts(store.database), sealer(store.key), events)
    return Following(store, run, paths, buckets, source, told)


def new(found: Following) -> int:
    count = 0
    while (summary := found.round()) is not None:
        count += sum(summary.events.values())
    return count


def once(found: Following) -> Summary:
    """A run that ends."""
    total = Summary()
    for each in found.once():
        total.add(each)
    return total


def kept(store: Store, source: str = "aws-cloudtrail") -> list[str]:
    return sorted(each.id for each in Events(store.folder, store.files).read(source))


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_only_whole_lines_are_read_and_none_twice(store: Store, logs: Path) -> None:
    path, part = logs / "trail.json", lines(3)
    append(path, lines(1, 2) + part[:40])
    found = following(store, [path])
    assert new(found) == 2
    assert new(found) == 0
    append(path, part[40:])
    assert new(found) == 1
    append(path, lines(4))
    assert new(following(store, [path])) == 1, "another process goes on"
    assert kept(store) == ["e1", "e2", "e3", "e4"]
    (alert,) = Alerts(store.database).every()
    assert alert.count == 4
    with store.database.read() as connection:
        (heard,) = batches.heard(connection)
    assert (heard.source, heard.way, heard.events) == ("aws-cloudtrail", "files", 4)


@pytest.mark.parametrize("whole_folder", [True, False])
def test_a_file_that_is_rotated_goes_on_under_its_new_name(
    store: Store, logs: Path, whole_folder: bool
) -> None:
    path = logs / "trail.json"
    append(path, lines(1))
    found = following(store, [logs if whole_folder else path])
    assert new(found) == 1
    append(path, lines(2))
    path.rename(logs / "trail.json.1")
    append(path, lines(3))
    assert new(found) == 2
    assert kept(store) == ["e1", "e2", "e3"]


def test_a_file_that_is_cut_begins_anew(store: Store, logs: Path) -> None:
    path = logs / "trail.json"
    append(path, lines(1, 2))
    found = following(store, [path])
    assert new(found) == 2
    path.write_bytes(lines(3))
    assert new(found) == 1
    path.write_bytes(b'{"eventVersion": "1.11", ' + lines(4)[1:] + lines(5, 6))
    assert new(found) == 3, "it begins otherwise, so it is another one"


def test_new_files_of_a_folder_are_found_and_what_is_packed_is_read_when_it_is_whole(
    store: Store, logs: Path
) -> None:
    found = following(store, [logs])
    assert new(found) == 0
    packed, document = logs / "1.json.gz", logs / "2.json"
    packed.write_bytes(gzip.compress(lines(1)))
    document.write_text(json.dumps({"Records": [record(2), record(3)]}, indent=1))
    append(logs / "3.json", lines(4))
    assert new(found) == 1, "somebody may still write to the others"
    for path in (packed, document):
        os.utime(path, (1, 1))
    assert new(found) == 3
    assert new(found) == 0
    assert kept(store) == ["e1", "e2", "e3", "e4"]


def test_lines_of_text_are_the_same_events_as_in_the_whole_file(store: Store, logs: Path) -> None:
    path = logs / "auth.log"
    text = "Nov 20 10:00:0{} web sshd[7]: Failed password for root from 203.0.113.9 port 22 ssh2\n"
    append(path, "".join(text.format(each) for each in range(3)).encode())
    found = following(store, [path])
    assert new(found) == 3
    append(path, "".join(text.format(each) for each in range(3, 6)).encode())
    assert new(found) == 3
    first = kept(store, "linux-log")
    with Store.open(store.folder.parent / "other") as other:
        again = following(other, [path])
        assert new(again) == 6
        assert kept(other, "linux-log") == first


def test_a_source_that_is_named_is_so_for_every_part(logs: Path, store: Store) -> None:
    path = logs / "flows.log"
    row = "2 111122223333 eni-1 203.0.113.9 10.0.0.5 4{} 22 6 1 40 1795168800 1795168860 REJECT OK\n"
    append(path, row.format(1).encode())
    found = following(store, [path], source="aws-vpcflow")
    assert new(found) == 1
    append(path, row.format(2).encode())
    assert new(found) == 1
    assert len(kept(store, "aws-vpcflow")) == 2


def test_a_file_that_cannot_be_read_is_told_once_and_costs_no_other(store: Store, logs: Path) -> None:
    append(logs / "trail.json", lines(1))
    found = following(store, [Path("/proc/self/mem"), logs / "trail.json"])
    first = found.round()
    assert first is not None
    assert (first.unparsed, sum(first.events.values())) == (1, 1)
    assert first.problems[0].file == "/proc/self/mem"
    append(logs / "trail.json", lines(2))
    second = found.round()
    assert second is not None
    assert (second.unparsed, sum(second.events.values())) == (0, 1)


def test_a_place_where_nothing_can_come_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        following(store, [tmp_path / "gone" / "x.log"])


def test_how_far_was_read_is_plain_data(logs: Path) -> None:
    append(logs / "a.json", lines(1))
    tail = Tail([logs])
    assert len(tail.new()) == 1
    assert Tail([logs], json.loads(json.dumps(tail.state()))).new() == []


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.Session())
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="trails")
        yield s3


def put(bucket: Any, key: str, *numbers: int) -> None:
    body = gzip.compress(json.dumps({"Records": [record(each) for each in numbers]}).encode())
    bucket.put_object(Bucket="trails", Key=key, Body=body)


def test_objects_of_a_bucket_are_read_once(store: Store, bucket: Any) -> None:
    address = "s3://trails/AWSLogs/"
    put(bucket, "AWSLogs/b.json.gz", 1, 2)
    put(bucket, "other/c.json.gz", 9)
    found = following(store, [], address)
    assert new(found) == 2
    assert new(following(store, [], address)) == 0
    put(bucket, "AWSLogs/a.json.gz", 3)
    assert new(following(store, [], address)) == 1, "it came later, whatever its name"
    assert kept(store) == ["e1", "e2", "e3"]
    files = {each.file for each in Events(store.folder, store.files).read("aws-cloudtrail")}
    assert files == {"s3://trails/AWSLogs/a.json.gz", "s3://trails/AWSLogs/b.json.gz"}


def test_an_object_that_is_older_than_what_is_remembered_is_not_read_again(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cloudward.connect.events import prefixes

    monkeypatch.setattr(prefixes, "OVERLAP", timedelta(0))
    put(bucket, "a.json.gz", 1)
    found = prefixes.Prefix("s3://trails/")
    (group,) = found.new()
    later = [group[0]._replace(at=datetime(2100, 1, 1, tzinfo=UTC))]
    with found.fetched(later):
        pass
    put(bucket, "b.json.gz", 2)
    again = prefixes.Prefix("s3://trails/", json.loads(json.dumps(found.state())))
    assert again.new() == []


def test_an_object_that_cannot_be_read_costs_nothing_else_and_is_not_forgotten(
    store: Store, bucket: Any
) -> None:
    put(bucket, "a.json.gz", 1)
    bucket.put_object(Bucket="trails", Key="b.json.gz", Body=b"x", StorageClass="GLACIER")
    put(bucket, "c.json.gz", 3)
    found = following(store, [], "s3://trails/")
    summary = found.round()
    assert summary is not None
    assert kept(store) == ["e1", "e3"]
    assert [each.file for each in summary.problems] == ["s3://trails/b.json.gz"]
    assert "InvalidObjectState" in summary.problems[0].problem
    assert found.round() is None, "it is told once"
    put(bucket, "b.json.gz", 2)
    assert new(following(store, [], "s3://trails/")) == 1


def before_fetch(act: Callable[[str], None]) -> None:
    """Somebody acts between the list and the fetch of a key."""

    def hook(params: dict[str, Any], **_: Any) -> None:
        act(params["Key"])

    assert boto3.DEFAULT_SESSION is not None
    boto3.DEFAULT_SESSION.events.register("provide-client-params.s3.GetObject", hook)


def test_an_object_that_is_replaced_before_its_fetch_is_asked_for_again(store: Store, bucket: Any) -> None:
    put(bucket, "a.json.gz", 1)
    replaced = iter([2])

    def act(key: str) -> None:
        for number in replaced:
            put(bucket, key, number)

    before_fetch(act)
    found = once(following(store, [], "s3://trails/"))
    assert (sum(found.events.values()), found.unparsed) == (1, 0)
    assert kept(store) == ["e2"]


def test_an_object_that_is_replaced_all_the_time_is_named_and_costs_nothing_else(
    store: Store, bucket: Any
) -> None:
    put(bucket, "hot.json.gz", 1)
    put(bucket, "still.json.gz", 100)
    numbers, ended = count(2), list[bool]()

    def act(key: str) -> None:
        if key == "hot.json.gz" and not ended:
            put(bucket, key, next(numbers))

    before_fetch(act)
    found = once(following(store, [], "s3://trails/"))
    assert next(numbers) <= 2 + 2 * TRIES, "it ends"
    assert kept(store) == ["e100"]
    assert [(each.file, each.problem) for each in found.problems] == [
        ("s3://trails/hot.json.gz", "s3://trails/hot.json.gz was written to in between")
    ]
    assert found.unparsed == 1
    ended.append(True)
    assert once(following(store, [], "s3://trails/")).unparsed == 0, "the next run has it"
    assert len(kept(store)) == 2


def test_an_object_that_is_followed_and_replaced_waits_for_the_next_look(store: Store, bucket: Any) -> None:
    put(bucket, "a.json.gz", 1)
    replaced = iter([2])

    def act(key: str) -> None:
        for number in replaced:
            put(bucket, key, number)

    before_fetch(act)
    found = following(store, [], "s3://trails/")
    assert found.round() is None
    assert new(found) == 1


@pytest.mark.parametrize("empty", [True, False])
def test_an_object_that_is_replaced_and_then_gone_or_empty_is_nothing_to_read(
    store: Store, bucket: Any, *, empty: bool
) -> None:
    put(bucket, "a.json.gz", 1)
    listed = following(store, [], "s3://trails/")
    replaced = iter([2])

    def act(key: str) -> None:
        for number in replaced:
            put(bucket, key, number)

    before_fetch(act)
    assert listed.round() is None
    if empty:
        bucket.put_object(Bucket="trails", Key="a.json.gz", Body=b"")
    else:
        bucket.delete_object(Bucket="trails", Key="a.json.gz")
    assert once(listed) == Summary()


def test_an_object_that_is_gone_before_its_fetch_is_named(store: Store, bucket: Any) -> None:
    put(bucket, "a.json.gz", 1)
    before_fetch(lambda key: bucket.delete_object(Bucket="trails", Key=key))
    found = once(following(store, [], "s3://trails/"))
    assert [each.file for each in found.problems] == ["s3://trails/a.json.gz"]
    assert "NoSuchKey" in found.problems[0].problem


def test_an_object_that_is_too_large_is_told_and_not_fetched(
    store: Store, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cloudward.connect.events import prefixes

    monkeypatch.setattr(prefixes, "LARGEST", 100)
    put(bucket, "a.json.gz", 1)
    found = following(store, [], "s3://trails/")
    summary = found.round()
    assert summary is not None
    assert [each.file for each in summary.problems] == ["s3://trails/a.json.gz"]
    assert found.round() is None


def test_a_bucket_that_cannot_be_read_is_told(store: Store, bucket: Any) -> None:
    with pytest.raises(InputError, match=r"cannot read s3://nowhere/x: .*NoSuchBucket"):
        new(following(store, [], "s3://nowhere/x"))
    with pytest.raises(UsageError, match="names no bucket"):
        following(store, [], "s3://")
