"""Differences, questions in SQL, content, permissions and the doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from cloudward.cli.commands import diff, doctor, permissions, policies, version
from cloudward.cli.output import Listing
from tests.cli.conftest import Cloudward
from tests.cli.test_scan import DEPLOYMENT, POLICY, SAFE, dump

OTHER: dict[str, Any] = {**SAFE, "metadata": {"name": "other", "namespace": "web"}}


@pytest.fixture
def scanned(cloudward: Cloudward, home: Path) -> Cloudward:
    """A cluster that was scanned twice: `shop` was mended, `other` came, `safe` went."""
    cloudward("scan", dump(home, DEPLOYMENT, SAFE))
    mended = {**SAFE, "metadata": DEPLOYMENT["metadata"]}
    cloudward("scan", dump(home, mended, OTHER))
    return cloudward


def test_what_changed_between_the_last_two_scans(scanned: Cloudward) -> None:
    ran = scanned("diff")
    assert ran.code == 0
    assert (
        ran.out
        == """\
Kind     Type                Name       Region  Paths
added    apps/v1/Deployment  web/other  -       -
removed  apps/v1/Deployment  web/safe   -       -
changed  apps/v1/Deployment  web/shop   -       spec.template.spec.hostNetwork
"""
    )


def test_scans_can_be_named(scanned: Cloudward) -> None:
    item = scanned("diff", "-o", "json").json["items"][0]
    back = scanned("diff", item["new"], item["old"], "-o", "json").json["items"]
    assert {each["name"]: each["kind"] for each in back}["web/safe"] == "added"
    assert scanned("diff", "20200101-000000-abcdef").err.startswith(
        "error: unknown scan '20200101-000000-abcdef'"
    )


def test_one_scan_has_nothing_to_compare(cloudward: Cloudward, home: Path) -> None:
    cloudward("scan", dump(home, SAFE))
    ran = cloudward("diff")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(
        "error: there are no two scans of the same scope to compare\nhint: scan again; kept"
    )


def test_questions_are_answered(scanned: Cloudward) -> None:
    ran = scanned("query", "SELECT name, 1 AS n, 2 AS n FROM resources ORDER BY name")
    assert (
        ran.out
        == """\
name       n  n_2
web/other  1    2
web/shop   1    2
"""
    )
    answer = scanned(
        "query", "SELECT status, count(*) AS n FROM assessments GROUP BY ALL ORDER BY 1", "-o", "json"
    )
    assert {item["status"] for item in answer.json["items"]} >= {"healthy", "unhealthy"}


def test_every_table_is_in_the_guide(scanned: Cloudward) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "query.md").read_text()
    listed = scanned("query", "SELECT * FROM nosuch").err.partition("there are ")[2].split("\n")[0]
    tables = listed.split(", ")
    assert len(tables) > 10
    assert [table for table in tables if table not in guide] == []


REFUSED = {
    "COPY resources TO 'x'": "a question is exactly one SELECT; this is COPY",
    "SELECT 1; SELECT 2": "a question is exactly one SELECT; this is SELECT, SELECT",
    "SELECT * FROM resorces": "there is no table 'resorces'; did you mean 'resources'?",
    "SELECT * FROM read_csv('/etc/passwd')": "read_csv() is not allowed in a question",
    "SELECT * FROM '/etc/passwd'": "there is no table '/etc/passwd'",
}


def test_a_question_that_is_no_question_is_refused(scanned: Cloudward, subtests: pytest.Subtests) -> None:
    for sql, message in REFUSED.items():
        with subtests.test(sql=sql):
            ran = scanned("query", sql)
            assert (ran.code, ran.out) == (2, "")
            assert ran.err.startswith(f"error: {message}")


def test_policies_are_listed_narrowed_and_shown(cloudward: Cloudward) -> None:
    everything = cloudward("policies").out.splitlines()
    assert len(everything) > 100
    ran = cloudward("policies", "list", "host-network", "--provider", "kubernetes", "-o", "json")
    assert [item["id"] for item in ran.json["items"]] == [POLICY]
    shown = cloudward("policies", "show", POLICY).out
    assert shown.startswith("Pods should not share the network of their node\n")
    assert "\nSomething is wrong when\n  " in shown
    assert cloudward("policies", "show", "kubernetes-pod-hots-network").code == 2


def test_a_skeleton_is_printed_and_written_only_where_asked(cloudward: Cloudward, home: Path) -> None:
    printed = cloudward("policies", "new", "my-rule")
    assert list(home.iterdir()) == []
    ran = cloudward("policies", "new", "my-rule", "--to", home)
    assert (ran.code, ran.out) == (0, "")
    assert (home / "my-rule.yaml").read_text() == printed.out
    assert "is there already" in cloudward("policies", "new", "my-rule", "--to", home).err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["My Rule"], "'My Rule' is no id"),
        (
            ["my-rule", "--type", "AWS::S3::Buckt"],
            "unknown type 'AWS::S3::Buckt'; did you mean 'AWS::S3::Bucket'?",
        ),
        ([POLICY], f"there is a policy '{POLICY}' already"),
        (["my-rule", "--to", "nosuch"], "nosuch/my-rule.yaml cannot be written"),
    ],
)
def test_a_skeleton_that_could_not_work_is_refused(
    cloudward: Cloudward, words: list[str], message: str
) -> None:
    ran = cloudward("policies", "new", *words)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {message}")


RULE = """\
title: Buckets should keep versions
resource: AWS::S3::Bucket
unhealthy: p.VersioningConfiguration.Status != "Enabled"
severity: low
why: Because.
fix: {cli: do it}
examples:
  healthy:
    - {VersioningConfiguration: {Status: Enabled}}
    - {}
"""


def test_an_example_that_comes_out_otherwise_is_shown_with_its_reason(
    cloudward: Cloudward, home: Path
) -> None:
    (home / "my-rule.yaml").write_text(RULE)
    ran = cloudward("policies", "test", "my-rule.yaml")
    assert ran.code == 2
    assert (
        ran.out
        == """\
my-rule.yaml:10  my-rule
  expected healthy, found unhealthy as AWS::S3::Bucket
    p.VersioningConfiguration.Status is "Suspended" (!= "Enabled": yes)
"""
    )
    assert ran.err == "1 policy, 2 examples, 1 problem\n"
    trials = cloudward("policies", "test", "my-rule.yaml", "-o", "json").json["items"]
    assert [trial["passed"] for trial in trials] == [True, False]


def test_broken_content_names_file_line_and_the_near_name(cloudward: Cloudward, home: Path) -> None:
    (home / "my-rule.yaml").write_text(
        RULE.replace("VersioningConfiguration.Status !=", "VersioningConfig.Status !=")
    )
    ran = cloudward("policies", "test", "my-rule.yaml")
    assert ran.code == 2
    assert ran.err.startswith("error: my-rule.yaml:3:14: ")
    assert "VersioningConfiguration" in ran.err
    error = json.loads(cloudward("policies", "test", "my-rule.yaml", "-o", "json").err)["error"]
    assert (error["kind"], error["file"], error["line"]) == ("condition", "my-rule.yaml", 3)


def test_a_policy_without_examples_is_a_problem(cloudward: Cloudward, home: Path) -> None:
    (home / "my-rule.yaml").write_text(RULE.partition("examples:")[0])
    ran = cloudward("policies", "test", "my-rule.yaml")
    assert (ran.code, ran.out) == (2, "my-rule.yaml  my-rule has no examples\n")


def test_permissions_are_what_the_connector_declares(cloudward: Cloudward) -> None:
    document = json.loads(cloudward("permissions", "aws", "--document").out)
    [statement] = document["Statement"]
    assert {"s3:GetBucketPolicy", "ec2:DescribeRegions", "iam:ListUsers"} <= set(statement["Action"])
    reading = ("Describe", "Get", "List", "Generate", "Lookup", "BatchGet", "Simulate", "GET")
    others = [each for each in statement["Action"] if not each.partition(":")[2].startswith(reading)]
    assert others == [], "a scan only reads"
    assert cloudward("permissions", "aws", "--service", "s4").err.startswith("error: unknown service 's4'")
    assert cloudward("permissions", "asw").code == 2


def test_the_doctor_says_what_is_missing(cloudward: Cloudward) -> None:
    ran = cloudward("doctor", "-o", "json")
    states = {item["check"]: item["state"] for item in ran.json["items"]}
    assert states == {
        "python": "ok",
        "libraries": "ok",
        "content": "ok",
        "store": "missing",
        "disk": "ok",
        "work": "ok",
        "aws": "missing",
    }
    assert ran.code == 0


def test_the_doctor_says_who_is_signed_in(cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        checks = {item["check"]: item for item in cloudward("doctor", "-o", "json").json["items"]}
    assert checks["aws"]["state"] == "ok"
    assert "123456789012" in checks["aws"]["found"]


def test_the_doctor_ends_with_2_when_something_is_broken(cloudward: Cloudward, home: Path) -> None:
    (home / "my-rule.yaml").write_text("title: x\n")
    ran = cloudward("doctor", "--offline", "--content", "my-rule.yaml", "-o", "json")
    assert ran.code == 2
    [broken] = [item for item in ran.json["items"] if item["state"] == "broken"]
    assert broken["check"] == "content"


@pytest.mark.parametrize(
    ("listing", "words"),
    [
        (version.LISTING, ["version"]),
        (doctor.LISTING, ["doctor", "--offline"]),
        (permissions.LISTING, ["permissions", "aws"]),
        (policies.LISTING, ["policies", "list"]),
        (policies.TRIALS, ["policies", "test", "my-rule.yaml"]),
    ],
    ids=lambda case: getattr(case, "name", None),
)
def test_every_item_has_exactly_the_documented_keys(
    cloudward: Cloudward, home: Path, listing: Listing, words: list[str]
) -> None:
    (home / "my-rule.yaml").write_text(RULE)
    check(cloudward, listing, words)


def test_changes_have_the_documented_keys(scanned: Cloudward) -> None:
    check(scanned, diff.LISTING, ["diff"])


def check(cloudward: Cloudward, listing: Listing, words: list[str]) -> None:
    answer = cloudward(*words, "-o", "json").json
    assert answer["items"]
    for item in answer["items"]:
        assert set(item) == set(listing.keys)
