"""Blobs of Azure are read on from where they were: real requests, tokens and TLS, to Azurite."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from cloudward.connect.events import prefixes, storages
from cloudward.connect.events.prefixes import Prefix
from cloudward.connect.events.storages import azure
from cloudward.detect.run import Summary
from cloudward.errors import InputError, SignInError, UsageError
from cloudward.store import Store
from tests.authority import Authority
from tests.connect.events.storages.servers import ACCOUNT, KEY, Answers, answering, azurite, token
from tests.detect.test_following import following, kept, lines, new, once

NAME = "insights-logs-audit"
BLOB = "resourceId=/SUBSCRIPTIONS/1/y=2026/m=11/d=20/h=10/m=00/PT1H.json"
ADDRESS = f"az://{ACCOUNT}/{NAME}/resourceId="


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[str]:
    authority.server("127.0.0.1")
    certificate = max(authority.file.parent.glob("[0-9]*.pem"))
    with azurite(certificate) as address:
        yield address


@pytest.fixture
def identity(server: str, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """This machine is one of Azure that has an identity."""
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    with answering() as answers:
        answers.paths["/token"] = 200, token()
        for name, value in {
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            "IDENTITY_ENDPOINT": f"{answers.address}/token",
            "IDENTITY_HEADER": "secret",
            azure.ENDPOINT: server,
            "SSL_CERT_FILE": str(authority.file),
        }.items():
            monkeypatch.setenv(name, value)
        yield answers


@pytest.fixture
def container(identity: Answers, server: str, authority: Authority) -> Iterator[ContainerClient]:
    with ContainerClient(server, NAME, credential=KEY, connection_verify=str(authority.file)) as found:
        found.create_container()
        yield found
        found.delete_container()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as opened:
        yield opened


def append(container: ContainerClient, data: bytes, name: str = BLOB, *, anew: bool = False) -> None:
    blob = container.get_blob_client(name)
    if anew or not blob.exists():
        blob.create_append_blob()
    blob.append_block(data)


def put(container: ContainerClient, name: str, data: bytes) -> None:
    container.upload_blob(name, data, overwrite=True)


@pytest.mark.slow
def test_of_a_blob_that_grows_only_what_is_new_is_read(store: Store, container: ContainerClient) -> None:
    part = lines(3)
    append(container, lines(1, 2) + part[:40])
    append(container, lines(9), "other/PT1H.json")
    found = following(store, [], ADDRESS)
    assert new(found) == 2
    assert new(found) == 0
    append(container, part[40:])
    append(container, lines(4).rstrip())
    assert new(found) == 2, "a record that is whole needs no end of its line"
    append(container, b"\n" + lines(5))
    assert new(following(store, [], ADDRESS)) == 1, "another process goes on"
    assert kept(store) == ["e1", "e2", "e3", "e4", "e5"]


@pytest.mark.slow
def test_a_blob_in_the_place_of_another_is_read_anew(store: Store, container: ContainerClient) -> None:
    append(container, lines(1, 2, 3))
    found = following(store, [], ADDRESS)
    assert new(found) == 3
    append(container, lines(4), anew=True)
    assert new(found) == 1, "it is shorter"
    append(container, lines(5, 6, 7), anew=True)
    assert new(found) == 3, "it is longer, and another one"
    assert kept(store) == ["e1", "e2", "e3", "e4", "e5", "e6", "e7"]


@pytest.mark.slow
@pytest.mark.parametrize("grows", [True, False])
def test_a_blob_that_is_replaced_after_it_was_listed_is_asked_for_again(
    store: Store, container: ContainerClient, monkeypatch: pytest.MonkeyPatch, *, grows: bool
) -> None:
    monkeypatch.setattr(prefixes, "TOGETHER", 1)
    put(container, "resourceId=/a.json", lines(1))
    time.sleep(1.1)  # moments of Azure are whole seconds, and what is older is evaluated first
    if grows:
        append(container, lines(2, 3), "resourceId=/b.json")
    else:
        put(container, "resourceId=/b.json", lines(2, 3))

    def replace(found: Summary) -> None:
        if kept(store) == ["e1"]:
            if grows:
                append(container, lines(4), "resourceId=/b.json", anew=True)
            else:
                put(container, "resourceId=/b.json", lines(4))

    found = once(following(store, [], ADDRESS, told=replace))
    assert found.unparsed == 0
    assert kept(store) == ["e1", "e4"]


@pytest.mark.slow
def test_a_line_without_end_is_read_when_nobody_goes_on_writing(
    container: ContainerClient, identity: Answers
) -> None:
    text = b"Nov 20 10:00:00 web sshd[7]: Failed password for root from 203.0.113.9 port 22 ssh2"
    append(container, text + b"\n" + text)
    later = time.time()
    prefix = Prefix(ADDRESS, clock=lambda: later)

    def size() -> int:
        found = 0
        for group in prefix.new():
            with prefix.fetched(group) as (parts, _):
                found += sum(part.size for part in parts)
        return found

    assert size() == len(text) + 1
    assert size() == 0
    later += 3601
    assert size() == len(text)
    assert size() == 0


@pytest.mark.slow
def test_blobs_that_are_written_at_once_are_read_page_by_page_and_when_they_are_others(
    store: Store, container: ContainerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(azure, "PAGE", 2)
    for number in range(5):
        put(container, f"resourceId=/{number}.json.gz", gzip.compress(lines(number)))
    found = following(store, [], ADDRESS)
    assert new(found) == 5
    put(container, "resourceId=/3.json.gz", gzip.compress(lines(3, 7)))
    assert new(found) == 2, "it has another ETag"
    assert kept(store) == ["e0", "e1", "e2", "e3", "e4", "e7"], "what was known is not there twice"
    files = {each.file for each in _events(store)}
    assert f"az://{ACCOUNT}/{NAME}/resourceId=/4.json.gz" in files


@pytest.mark.slow
def test_what_cannot_be_read_is_named_and_costs_nothing_else(
    store: Store, container: ContainerClient
) -> None:
    put(container, "resourceId=/bad.json.gz", gzip.compress(lines(1))[:-20])
    put(container, "resourceId=/far.json", lines(2))
    container.get_blob_client("resourceId=/far.json").set_standard_blob_tier("Archive")
    put(container, "resourceId=/good.json", lines(3))
    found = following(store, [], ADDRESS)
    summary = found.round()
    assert summary is not None
    assert kept(store) == ["e3"]
    told = {each.file.rpartition("/")[2]: each.problem for each in summary.problems}
    assert told.keys() == {"bad.json.gz", "far.json"}
    assert "BlobArchived" in told["far.json"]
    assert found.round() is None, "it is told once"
    container.get_blob_client("resourceId=/far.json").set_standard_blob_tier("Hot")
    assert new(following(store, [], ADDRESS)) == 1, "what could not be fetched is not forgotten"


@pytest.mark.slow
def test_who_may_not_read_is_told(store: Store, container: ContainerClient, identity: Answers) -> None:
    with pytest.raises(InputError, match=r"cannot read az://devstoreaccount1/nowhere/x: .*ContainerNotFound"):
        new(following(store, [], f"az://{ACCOUNT}/nowhere/x"))
    identity.paths["/token"] = 200, token(audience="https://vault.azure.net")
    with pytest.raises(SignInError, match=f"cannot read {ADDRESS}: "):
        new(following(store, [], ADDRESS))


@pytest.mark.slow
def test_a_prefix_that_cannot_be_listed_any_more_is_told_once_and_read_on(
    store: Store, container: ContainerClient, identity: Answers
) -> None:
    append(container, lines(1))
    found = following(store, [], ADDRESS)
    assert new(found) == 1
    container.delete_container()
    summary = found.round()
    assert summary is not None
    assert (summary.unparsed, summary.problems[0].file) == (1, ADDRESS)
    assert found.round() is None
    container.create_container()
    append(container, lines(2))
    assert new(found) == 1


@pytest.mark.slow
def test_a_process_that_is_killed_loses_nothing_and_reads_nothing_twice(
    tmp_path: Path, container: ContainerClient
) -> None:
    folder = tmp_path / "killed"
    program = str(Path(sys.executable).with_name("cloudward"))
    words = [program, "detect", ADDRESS, "--store", str(folder), "-o", "json"]
    for turn in range(2):
        append(container, lines(*range(turn * 100, turn * 100 + 100)))
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            _until_written(folder, turn)
            process.send_signal(signal.SIGKILL)
    last = subprocess.run(words, check=False, stdout=subprocess.DEVNULL, timeout=120)
    assert last.returncode in {0, 1}, "new alerts, unless the kill came after the last of them"
    with Store.open(folder) as store:
        assert len(kept(store)) == 200


def _until_written(folder: Path, turn: int) -> None:
    """Wait until some of what this turn brought is on disk."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if len([*folder.glob("events/aws-cloudtrail/*/*.parquet")]) > turn:
            return
        time.sleep(0.01)
    raise AssertionError("nothing was written")


def _events(store: Store) -> Any:
    from cloudward.store.events import Events

    return Events(store.folder, store.files).read("aws-cloudtrail")


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("az://", "names no container"),
        ("az://acme", "names no container"),
        ("az://acme/A_B/x", "names no container"),
        ("az://a.example/logs", "no name of a storage account"),
        ("https://acme.blob.core.windows.net.example/logs", "no account of Azure Storage"),
        ("https://user@acme.blob.core.windows.net/logs", "with a signature"),
        ("https://acme.blob.core.windows.net/logs?sv=1&sig=hunter2", "with a signature"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(address: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        storages.opened(address)
    assert "hunter2" not in str(caught.value)


def test_an_address_of_the_portal_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = storages.opened("https://acme.blob.core.windows.net/insights-logs-audit/resourceId%3D/x")
    assert (
        found.name("resourceId=/x/a")
        == "https://acme.blob.core.windows.net/insights-logs-audit/resourceId=/x/a"
    )
    monkeypatch.setenv(azure.ENDPOINT, "http://storage.example")
    with pytest.raises(UsageError, match="https, or on this machine"):
        storages.opened("az://acme/logs")


def test_a_scheme_that_nobody_knows_is_refused_with_those_that_are() -> None:
    assert not storages.is_address("logs/trail.json")
    with pytest.raises(UsageError, match="cannot be read from ftp://") as caught:
        storages.is_address("ftp://example/x")
    assert "gs://BUCKET/PREFIX" in caught.value.hint
