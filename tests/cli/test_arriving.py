"""How events arrive, as a user sees it: what follows files, health, tokens, a canary."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cloudward.cli import arriving
from cloudward.store import Store, bindings, users
from tests.cli.conftest import Cloudward
from tests.cli.test_detect import RECORD
from tests.server.test_killed import server


def user(folder: Path) -> None:
    with Store.open(folder) as store, store.database.write() as connection:
        made = users.new("ann", "test")
        users.keep(connection, made, "test")
        bindings.keep(connection, bindings.new(made.id, "owner", "", "test"), "test")


def test_what_came_is_shown_and_what_is_silent(cloudward: Cloudward, home: Path) -> None:
    path = home / "trail.json"
    path.write_text(json.dumps(RECORD) + "\n{broken\n")
    cloudward("detect", path)
    ran = cloudward("events", "health", "-o", "json")
    assert ran.code == 0
    (trail, unknown) = ran.json["items"]
    assert set(trail) == set(arriving.HEALTH.keys)
    assert (trail["source"], trail["way"], trail["events"], trail["silent"]) == (
        "aws-cloudtrail",
        "files",
        1,
        False,
    )
    assert (unknown["source"], unknown["unparsed"]) == ("unknown", 1)


def test_a_token_is_made_for_a_log(cloudward: Cloudward, home: Path) -> None:
    user(home / "data" / "cloudward")
    ran = cloudward("events", "token", "okta", "--user", "ann")
    assert ran.code == 0
    assert ran.out.startswith("cw_")
    assert "did you mean 'okta'" in cloudward("events", "token", "oktta", "--user", "ann").err
    assert "did you mean 'ann'" in cloudward("events", "token", "okta", "--user", "anna").err
    assert "unknown scope 'x'" in cloudward("events", "token", "okta", "--user", "ann", "--scope", "x").err


def test_a_canary_asks_for_its_token(cloudward: Cloudward) -> None:
    ran = cloudward("events", "canary")
    assert ran.code == 2
    assert "CLOUDWARD_TOKEN" in ran.err


def test_what_is_new_in_a_bucket_is_looked_at(cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="trails")
        s3.put_object(Bucket="trails", Key="logs/1.json", Body=json.dumps({"Records": [RECORD]}).encode())
        first = cloudward("detect", "s3://trails/logs/", "-o", "json")
        assert (first.code, first.json["total"]) == (1, 1)
        again = cloudward("detect", "s3://trails/logs/", "-o", "json")
        assert (again.code, again.json["total"]) == (0, 0)


def test_an_object_that_changes_all_the_time_is_named_and_ends_as_what_could_not_be_read(
    cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.Session())
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="trails")
        numbers = iter(range(100))

        def write(**_: Any) -> None:
            s3.put_object(Bucket="trails", Key="hot.json", Body=f"{{{next(numbers)}".encode())

        write()
        assert boto3.DEFAULT_SESSION is not None
        boto3.DEFAULT_SESSION.events.register("provide-client-params.s3.GetObject", write)
        ran = cloudward("detect", "s3://trails/", "-o", "json")
        assert (ran.code, ran.json["unparsed"]) == (3, 1)
        assert "s3://trails/hot.json:0: s3://trails/hot.json was written to in between" in ran.err
        assert cloudward("detect", "s3://trails/", "--allow-incomplete").code == 0


@pytest.mark.slow
def test_a_file_is_followed_until_it_is_told_to_end(home: Path) -> None:
    path, store = home / "trail.json", home / "store"
    path.write_text("")
    words = ["detect", str(path), "--follow", "--store", str(store)]
    code = "from cloudward.cli import main; main()"
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code, *words], **pipes) as process:
        assert process.stdout is not None
        with path.open("a") as file:
            file.write(json.dumps(RECORD) + "\n")
        assert "aws" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "1 event, 1 alert" in err


@pytest.mark.slow
def test_a_canary_comes_through_a_server(
    cloudward: Cloudward, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / "data" / "cloudward"
    user(folder)
    monkeypatch.setenv("CLOUDWARD_TOKEN", cloudward("events", "token", "okta", "--user", "ann").out.strip())
    with server(folder, home / "log") as (process, address):
        ran = cloudward("events", "canary", "--url", address)
        assert ran.code == 0, ran.err
        assert "came through in" in ran.err
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert time.monotonic() - begun < 60
    assert cloudward("alerts", "list", "-o", "json").json["total"] == 0, "it is done with"
    assert os.environ["CLOUDWARD_TOKEN"]
