"""Scans as a user runs them: of files, and of an account that moto plays."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from moto import mock_aws
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema  # type: ignore[import-untyped]

from cloudward.cli.commands import scan
from tests.cli.conftest import Cloudward

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "shop", "namespace": "web", "labels": {"team": "shop"}},
    "spec": {
        "selector": {},
        "template": {"spec": {"hostNetwork": True, "containers": [{"name": "web", "image": "shop:1"}]}},
    },
}
SAFE: dict[str, Any] = {
    **DEPLOYMENT,
    "metadata": {"name": "safe", "namespace": "web"},
    "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "web", "image": "shop:1"}]}}},
}
POLICY = "kubernetes-pod-host-network"


def dump(folder: Path, *objects: dict[str, Any], name: str = "cluster.json") -> Path:
    file = folder / name
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
    return file


def test_a_file_in_which_nothing_stands_is_not_a_clean_scan(cloudward: Cloudward, home: Path) -> None:
    file = home / "export.json"
    file.write_text("[]")
    assert cloudward("scan", file).code == 3
    assert cloudward("scan", file, "--allow-incomplete").code == 0


def test_a_file_is_scanned_and_the_worst_comes_first(cloudward: Cloudward, home: Path) -> None:
    ran = cloudward("scan", dump(home, DEPLOYMENT, SAFE), "--policy", POLICY)
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].startswith("cluster:  2 resources in ")
    assert "unhealthy          1       0    0    1" in lines
    assert "healthy            1       0    0    1" in lines
    assert lines[-1] == f"Next: cloudward recommendations {POLICY}"
    assert len(lines) <= 23
    assert ran.err.splitlines() == ["reading 1 part", "cluster.json: 2 resources"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 1),
        (["--fail-on", "high"], 1),
        (["--fail-on", "never"], 0),
        (["--policy", "kubernetes-pod-privileged"], 0),
    ],
)
def test_the_exit_code_tells_what_was_found(
    cloudward: Cloudward, home: Path, words: list[str], code: int
) -> None:
    words = words if "--policy" in words else [*words, "--policy", POLICY]
    assert cloudward("scan", dump(home, DEPLOYMENT), *words).code == code


def test_what_could_not_be_read_is_not_silent(cloudward: Cloudward, home: Path) -> None:
    folder = home / "manifests"
    folder.mkdir()
    dump(folder, SAFE)
    (folder / "broken.json").write_text("{")
    words = ["scan", folder, "--policy", POLICY]
    ran = cloudward(*words)
    assert ran.code == 3
    assert "Not read: " in ran.out
    assert ran.out.endswith("Next: cloudward coverage\n")
    assert cloudward(*words, "--allow-incomplete").code == 0
    dump(folder, DEPLOYMENT)
    assert cloudward(*words, "--allow-incomplete").code == 1, "recommendations come before what is incomplete"


def test_for_programs_the_scan_is_json(cloudward: Cloudward, home: Path) -> None:
    ran = cloudward("scan", dump(home, DEPLOYMENT), "--policy", POLICY, "-o", "json")
    answer = ran.json
    assert set(answer["items"][0]) == set(scan.LISTING.keys)
    assert answer["assessments"]["unhealthy"] == {"low": 0, "medium": 0, "high": 1}
    assert answer["not_read"] == []
    assert ran.code == 1


def test_a_scan_can_be_taken_as_events(cloudward: Cloudward, home: Path) -> None:
    ran = cloudward("scan", dump(home, DEPLOYMENT, SAFE), "-o", "ocsf", "--fail-on", "never")
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.8.0")).get_class_schema("compliance_finding", [])
    validator = Draft202012Validator(schema)
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert {event["resources"][0]["name"] for event in events} == {"web/shop", "web/safe"}
    assert [error.message for event in events for error in validator.iter_errors(event)] == []
    later = cloudward("recommendations", "--status", "all", "-o", "ocsf")
    assert sorted(later.out.splitlines()) == sorted(ran.out.splitlines())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "what is to be scanned?"),
        (["asw"], "no such file or folder: asw; did you mean 'aws'?"),
        (
            ["{file}", "--policy", "kubernetes-pod-hots-network"],
            "unknown policy 'kubernetes-pod-hots-network'; did",
        ),
        (["{file}", "--set", "x"], "--set x: expected POLICY.NAME=VALUE"),
        (["{file}", "--set", f"{POLICY}.days=1"], f"{POLICY}: unknown parameter 'days'"),
        (["{file}", "--region", "eu-west-1"], "--region is for `scan aws`"),
        (["{file}", "--content", "nosuch"], "no such file or folder: "),
        (["{file}", "--fail-on", "hihg"], "invalid value for '--fail-on': 'hihg' is not one of"),
        (["{file}", "--resume"], "--resume goes on with what was asked for then"),
        (["--resume"], "there is no interrupted scan to resume"),
        (["aws", "--cluster", "x"], "--cluster is for files"),
        (["{file}", "--cloud-control", "AWS::Oam::Sink"], "--cloud-control is for `scan aws`"),
        (["aws", "--cloud-control", "AWS::Oam"], "'AWS::Oam' is no type of CloudFormation"),
        (["aws", "--cloud-control", "AWS::S3::Bucket"], "AWS::S3::Bucket is read anyway, by the service s3"),
        (["aws", "--service", "s4"], "unknown AWS service 's4'"),
        (["aws", "--policy", "aws-s3-bucket-publik"], "unknown policy 'aws-s3-bucket-publik'; did you mean"),
    ],
)
def test_what_is_asked_is_checked_before_anything_starts(
    cloudward: Cloudward, home: Path, words: list[str], message: str
) -> None:
    file = str(dump(home, DEPLOYMENT))
    ran = cloudward("scan", *(word.replace("{file}", file) for word in words))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {message}")
    assert cloudward("score").code == 2, "nothing was scanned"


def test_without_credentials_it_says_how_to_sign_in(cloudward: Cloudward) -> None:
    ran = cloudward("scan", "aws")
    assert (ran.code, ran.out) == (4, "")
    assert "hint: sign in first: `aws configure`" in ran.err


def test_nothing_is_written_beside_the_store(cloudward: Cloudward, home: Path) -> None:
    file = dump(home, DEPLOYMENT)
    cloudward("scan", file, "--store", home / "kept")
    assert sorted(path.name for path in home.iterdir()) == ["cluster.json", "kept"]


def test_a_policy_of_ones_own_is_applied(cloudward: Cloudward, home: Path) -> None:
    folder = home / "mine"
    assert cloudward("policies", "new", "my-labels", "--type", "apps/v1/Deployment").code == 0
    folder.mkdir()
    text = cloudward("policies", "new", "my-labels", "--type", "apps/v1/Deployment").out
    text = text.replace('"false"', "'!(\"team\" in meta.tags)'").replace("unhealthy: []", "unhealthy: [{}]")
    text = text.replace("  healthy:\n    - {}", "  healthy:\n    - {document: {}, meta: {tags: {team: x}}}")
    (folder / "my-labels.yaml").write_text(text)
    assert cloudward("policies", "test", folder).err.endswith("1 policy, 2 examples, 0 problems\n")
    cloudward("scan", dump(home, DEPLOYMENT, SAFE), "--content", folder)
    ran = cloudward("recommendations", "my-labels", "--content", folder, "-o", "json")
    assert [item["name"] for item in ran.json["items"]] == ["web/safe"]


POWERFUL: dict[str, Any] = {
    **SAFE,
    "spec": {
        "selector": {},
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "shop:1",
                        "securityContext": {"capabilities": {"add": ["SYS_TIME"]}},
                    }
                ]
            }
        },
    },
}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 1),
        (["--set", 'kubernetes-pod-capabilities.allowed=["SYS_TIME"]'], 0),
        (["--parameters", "everywhere.yaml"], 0),
        (["--parameters", "here.yaml"], 0),
        (["--parameters", "elsewhere.yaml"], 1),
        (["--parameters", "nosuch.yaml"], 2),
        (["--parameters", "broken.yaml"], 2),
        (["--set", "kubernetes-pod-capabilities.allowed=1"], 2),
    ],
)
def test_parameters_change_what_a_policy_asks_for(
    cloudward: Cloudward, home: Path, words: list[str], code: int
) -> None:
    value = "{kubernetes-pod-capabilities: {allowed: [SYS_TIME]}}"
    for name, scope in (("everywhere", "''"), ("here", "shop"), ("elsewhere", "other")):
        (home / f"{name}.yaml").write_text(f"{scope}: {value}\n")
    (home / "broken.yaml").write_text("- a\n")
    file = dump(home, POWERFUL)
    ran = cloudward("scan", file, "--policy", "kubernetes-pod-capabilities", "--cluster", "shop", *words)
    assert ran.code == code


def test_an_exemption_takes_effect_with_the_next_scan(cloudward: Cloudward, home: Path) -> None:
    words = ["scan", dump(home, DEPLOYMENT), "--policy", POLICY]
    assert cloudward(*words).code == 1
    cloudward("exempt", "add", POLICY, "--resource", "cluster/web/Deployment/shop", "--reason", "An agent.")
    assert cloudward(*words).code == 0
    assert cloudward(*words, "--second-person").code == 1
    [item] = cloudward("recommendations", "--exempt", "--status", "all", "-o", "json").json["items"]
    assert (item["unhealthy"], item["exempt"]) == (1, 0)


@pytest.fixture
def account(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS account with one bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-west-1")
        where = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket="acme-invoices", CreateBucketConfiguration=where)
        yield


def test_an_account_is_scanned_recommended_and_explained(cloudward: Cloudward, account: None) -> None:
    ran = cloudward("scan", "aws", "--service", "s3", "--region", "eu-west-1")
    assert ran.code in {1, 3}
    assert ran.out.startswith("123456789012:  ")
    [policy, *_] = [
        item["policy"]
        for item in cloudward("recommendations", "--type", "AWS::S3::Bucket", "-o", "json").json["items"]
    ]
    told = cloudward("explain", "acme-invoices", policy)
    assert told.code == 0
    assert told.out.startswith("unhealthy  ")
    assert "Because\n" in told.out
    [item] = cloudward("explain", "acme-invoices", policy, "-o", "json").json["items"]
    assert item["resource"] == "arn:aws:s3:::acme-invoices"
    assert item["leaves"]


SINK = "AWS::Oam::Sink"
SINK_ARN = "arn:aws:oam:eu-west-1:123456789012:sink/1"


class CloudControl(BaseHTTPRequestHandler):
    """Cloud Control, which knows one sink and no other type."""

    def do_POST(self) -> None:
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        resource = {"Identifier": SINK_ARN, "Properties": json.dumps({"Arn": SINK_ARN, "Name": "logs"})}
        if asked["TypeName"] != SINK:
            self.say(400, {"__type": "UnsupportedActionException", "Message": "does not support LIST action"})
        elif operation == "ListResources":
            self.say(200, {"TypeName": SINK, "ResourceDescriptions": [resource]})
        else:
            self.say(200, {"TypeName": SINK, "ResourceDescription": resource})

    def say(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Nothing."""


@pytest.fixture
def cloud_control(account: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The account with one bucket, and a sink that only Cloud Control knows."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), CloudControl)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDCONTROL", f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def test_a_type_without_a_file_comes_into_inventory_and_one_that_does_not_says_why(
    cloudward: Cloudward, cloud_control: None
) -> None:
    other = "AWS::Oam::Link"
    where = ("--region", "eu-west-1", "--service", "s3", "--policy", "aws-s3-bucket-tls-only")
    cloudward("scan", "aws", *where, "--cloud-control", SINK, "--cloud-control", other)
    found = cloudward("inventory", SINK, "-o", "json").json["items"]
    assert [(item["id"], item["name"]) for item in found] == [(SINK_ARN, "logs")]
    rows = cloudward("coverage", "--all", "-o", "json").json["items"]
    told = [row for row in rows if other in str(row) and row["outcome"] != "not_requested"]
    assert [row["outcome"] for row in told] == ["unsupported"]
    assert "does not support LIST action" in str(told)


def test_one_can_ask_for_all_that_policies_say_of_a_resource(cloudward: Cloudward, home: Path) -> None:
    cloudward("scan", dump(home, DEPLOYMENT))
    ran = cloudward("explain", "web/shop")
    assert ran.out.splitlines()[1].split()[:2] == ["unhealthy", POLICY]
    assert ran.err == f"Next: cloudward explain cluster/web/Deployment/shop {POLICY}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nosuch", POLICY], "there is no resource 'nosuch'"),
        (
            ["web/shop", "kubernetes-pod-hots-network"],
            "unknown policy 'kubernetes-pod-hots-network'; did you mean",
        ),
        (
            ["web/shop", "aws-s3-bucket-versioning"],
            "aws-s3-bucket-versioning does not speak of apps/v1/Deployment",
        ),
    ],
)
def test_what_cannot_be_explained_says_why(
    cloudward: Cloudward, home: Path, words: list[str], message: str
) -> None:
    cloudward("scan", dump(home, DEPLOYMENT))
    ran = cloudward("explain", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {message}")


def test_a_name_that_several_have_asks_which(cloudward: Cloudward, home: Path) -> None:
    folder = home / "both"
    folder.mkdir()
    dump(folder, DEPLOYMENT, {**DEPLOYMENT, "kind": "DaemonSet"})
    cloudward("scan", folder)
    ran = cloudward("explain", "web/shop", POLICY)
    assert ran.code == 2
    assert "2 resources are called 'web/shop'" in ran.err


INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from cloudward.cli import main; main()"
)
"""A shell starts what it puts in the background deaf to interrupts."""


@pytest.mark.slow
def test_an_interrupted_scan_ends_with_130_and_goes_on(
    process: Cloudward, cloudward: Cloudward, home: Path
) -> None:
    folder = home / "many"
    folder.mkdir()
    for file in range(40):
        named = [{**SAFE, "metadata": {"name": f"n{n}", "namespace": f"f{file}"}} for n in range(300)]
        dump(folder, *named, name=f"{file}.json")
    words = [
        sys.executable,
        "-c",
        INTERRUPTIBLE,
        "scan",
        str(folder),
        "--workers",
        "1",
    ]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stderr
        while not running.stderr.readline().endswith(": 300 resources\n"):
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert "`cloudward scan --resume` goes on from here.\n" in err
    assert cloudward("score").code == 2, "nothing half is ever seen"
    ran = cloudward("scan", "--resume", "-o", "json")
    assert "of them read before" in ran.err
    assert ran.json["resources"] == 12_000
