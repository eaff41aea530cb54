"""How a run ends, as a user meets it: 2 before 1 before 3 before 0; 4 and 130 whatever was found."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cli.conftest import Cloudward
from tests.cli.test_scan import INTERRUPTIBLE
from tests.honesty.front import EXPIRED, Front, front

HIGH, MEDIUM = "kubernetes-pod-privileged", "kubernetes-pod-host-port"


def pod(name: str, **container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "shop:1", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "web"}, "spec": spec}


SAFE = pod("safe")
BAD = pod("bad", securityContext={"privileged": True})


@pytest.fixture
def exports(home: Path) -> Path:
    folder = home / "shop"
    folder.mkdir()
    return folder


def put(folder: Path, *objects: Any, broken: bool = False) -> None:
    for number, each in enumerate(objects):
        (folder / f"{number}.json").write_text(json.dumps(each))
    if broken:
        (folder / "broken.json").write_text("{")


@pytest.mark.parametrize(
    ("bad", "broken", "words", "code"),
    [
        (False, False, [], 0),
        (False, True, [], 3),
        (False, True, ["--allow-incomplete"], 0),
        (False, True, ["--fail-on", "never"], 3),
        (True, False, [], 1),
        (True, False, ["--fail-on", "high"], 1),
        (True, False, ["--fail-on", "never"], 0),
        (True, False, ["--allow-incomplete"], 1),
        (True, True, [], 1),
        (True, True, ["--fail-on", "never"], 3),
        (True, True, ["--fail-on", "never", "--allow-incomplete"], 0),
        (True, True, ["--policy", "kubernetes-pod-privilegde"], 2),
        (True, True, ["--region", "eu-west-1"], 2),
        (True, True, ["--content", "mine"], 2),
        (True, True, ["--set", f"{HIGH}.days=1"], 2),
        (True, True, ["--keep", "1"], 2),
    ],
)
def test_the_first_that_is_true_of_2_1_3_0(
    cloudward: Cloudward, home: Path, exports: Path, bad: bool, broken: bool, words: list[str], code: int
) -> None:
    put(exports, SAFE, *([BAD] if bad else []), broken=broken)
    (home / "mine").mkdir()
    (home / "mine" / "own.yaml").write_text("titel: x\n")
    given = words if "--policy" in words else [*words, "--policy", HIGH]
    ran = cloudward("scan", exports, *given)
    assert ran.code == code, ran.err
    assert bool(ran.out) == (code != 2)
    assert ran.err.startswith("error: ") == (code == 2)


@pytest.mark.parametrize(
    ("policy", "container", "least", "code"),
    [
        (HIGH, {"securityContext": {"privileged": True}}, "high", 1),
        (MEDIUM, {"ports": [{"containerPort": 80, "hostPort": 80}]}, "high", 0),
        (MEDIUM, {"ports": [{"containerPort": 80, "hostPort": 80}]}, "medium", 1),
        (MEDIUM, {"ports": [{"containerPort": 80, "hostPort": 80}]}, "low", 1),
        (MEDIUM, {"ports": [{"containerPort": 80, "hostPort": 80}]}, "never", 0),
    ],
)
def test_only_what_is_severe_enough_fails(
    cloudward: Cloudward, exports: Path, policy: str, container: dict[str, Any], least: str, code: int
) -> None:
    put(exports, pod("one", **container))
    ran = cloudward("scan", exports, "--policy", policy, "--fail-on", least, "-o", "json")
    severity = "high" if policy == HIGH else "medium"
    assert ran.json["assessments"]["unhealthy"][severity] == 1
    assert ran.code == code


def test_what_is_unknown_alone_does_not_fail(cloudward: Cloudward, exports: Path) -> None:
    """A value that cannot be taken makes a verdict unknown; everything was read."""
    put(exports, pod("odd", securityContext={"privileged": "perhaps"}))
    ran = cloudward("scan", exports, "--policy", HIGH, "-o", "json")
    assert ran.json["assessments"]["unknown"]["high"] == 1
    assert ran.code == 0


# Amazon's side


@pytest.fixture(scope="module")
def aws() -> Iterator[Front]:
    with front() as door:
        yield door


@pytest.fixture
def account(home: Path, aws: Front, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """An account with a bucket and two keys, played by a server."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_PROFILE", "default")  # so that what --profile sets is undone
    monkeypatch.delenv("AWS_PROFILE")
    aws.answer = EXPIRED
    aws.broken, aws.hangs = lambda _number, _service: False, None
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="shop")
    boto3.client("kms", region_name="us-east-1").create_key()
    aws.asked.clear()
    yield aws
    aws.broken = lambda _number, _service: False


SCAN = ("scan", "aws", "--region", "us-east-1", "--service", "s3", "--service", "kms", "--workers", "1")


def test_without_credentials_it_is_4(cloudward: Cloudward, account: Front, monkeypatch: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    ran = cloudward(*SCAN)
    assert (ran.code, ran.out) == (4, "")
    assert "hint: sign in first" in ran.err
    assert account.asked == []


def test_a_profile_that_there_is_not_is_4(cloudward: Cloudward, account: Front) -> None:
    ran = cloudward(*SCAN, "--profile", "nosuch")
    assert (ran.code, ran.out) == (4, "")
    assert "nosuch" in ran.err


def test_credentials_that_have_expired_are_4(cloudward: Cloudward, account: Front) -> None:
    account.broken = lambda _number, _service: True
    ran = cloudward(*SCAN)
    assert (ran.code, ran.out) == (4, "")
    assert "ExpiredToken" in ran.err
    assert cloudward("score").code == 2, "nothing half is ever seen"


def test_what_is_asked_wrongly_is_2_before_anybody_signs_in(
    cloudward: Cloudward, account: Front, monkeypatch: Any
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert cloudward(*SCAN, "--policy", "aws-s3-bucket-publik").code == 2
    assert cloudward("scan", "aws", "--service", "s4").code == 2
    assert account.asked == []


def test_a_region_that_is_not_enabled_is_2(cloudward: Cloudward, account: Front) -> None:
    ran = cloudward("scan", "aws", "--region", "eu-west-11", "--service", "kms")
    assert ran.code == 2
    assert "did you mean 'eu-west-1'?" in ran.err


def test_credentials_that_expire_halfway_are_4_and_the_scan_goes_on_with_new_ones(
    cloudward: Cloudward, account: Front
) -> None:
    """Also when something bad was found by then."""
    account.broken = lambda _number, service: service == "s3"
    ran = cloudward(*SCAN)
    assert (ran.code, ran.out) == (4, "")
    assert "--resume" in ran.err
    assert cloudward("score").code == 2, "nothing half is ever seen"
    done = account.asked.count("kms")
    assert done
    account.broken = lambda _number, _service: False
    ran = cloudward("scan", "--resume", "-o", "json")
    assert ran.code == 1
    assert account.asked.count("kms") == done, "what was read is not read again"
    assert ran.json["resources"] == cloudward(*SCAN, "-o", "json").json["resources"]


DENIED = b"<Error><Code>AccessDenied</Code><Message>not authorized</Message><RequestId>1</RequestId></Error>"


def test_what_is_denied_is_3_and_comes_after_what_was_found(cloudward: Cloudward, account: Front) -> None:
    account.broken, account.answer = lambda _number, service: service == "s3", DENIED
    assert cloudward(*SCAN).code == 1, "a key is not rotated"
    assert cloudward(*SCAN, "--policy", "aws-s3-bucket-versioning").code == 3
    assert cloudward(*SCAN, "--policy", "aws-s3-bucket-versioning", "--allow-incomplete").code == 0


@pytest.mark.slow
def test_an_interrupt_while_nobody_answers_is_130_at_once(account: Front, cloudward: Cloudward) -> None:
    account.hangs = threading.Event()
    account.broken = lambda _number, service: service == "s3"
    words = [sys.executable, "-c", INTERRUPTIBLE, *SCAN]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        while "s3" not in account.asked:
            assert running.poll() is None
            time.sleep(0.05)
        begun = time.monotonic()
        running.send_signal(signal.SIGINT)
        try:
            out, err = running.communicate(timeout=30)
        finally:
            running.kill()  # else a scan that is deaf would hold up the tests for ever
    took = time.monotonic() - begun
    account.hangs.set()
    assert (running.returncode, out) == (130, "")
    assert "`cloudward scan --resume` goes on from here.\n" in err
    assert took < 10
    account.broken, account.hangs = lambda _number, _service: False, None
    assert cloudward("scan", "--resume").code == 1
