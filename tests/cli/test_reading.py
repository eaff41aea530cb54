"""Commands that read a store."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from cloudward.cli.commands import coverage, exempt, inventory, recommendations, score
from cloudward.cli.output import Listing
from tests.cli.conftest import Cloudward
from tests.cli.estate import DEV, HOSTILE, INVOICES, LOGS, PROD, fill


@pytest.fixture(autouse=True)
def store(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = home / "store"
    fill(folder)
    monkeypatch.setenv("CLOUDWARD_STORE", str(folder))
    return folder


def test_recommendations_are_grouped_by_policy_the_worst_first(cloudward: Cloudward) -> None:
    ran = cloudward("recommendations")
    assert ran.code == 0
    assert (
        ran.out
        == """\
Severity  Policy              Unhealthy  Unknown   Gain
high      test-bucket-public          2        0  +25.0
medium    test-ssh                    1        0  +25.0
"""
    )
    assert ran.err == "Next: cloudward recommendations test-bucket-public\n"


def test_a_policy_lists_its_resources_and_a_command_that_explains_one(cloudward: Cloudward) -> None:
    ran = cloudward("recommendations", "test-bucket-public")
    assert (
        ran.out
        == """\
Resource           Region     Scope
acme-invoices      eu-west-1  111122223333
[red]x\\x1b[2J=1+1  eu-west-1  444455556666
"""
    )
    assert ran.err == "Next: cloudward explain acme-invoices test-bucket-public\n"


def test_what_is_unknown_is_listed_with_its_cause(cloudward: Cloudward) -> None:
    ran = cloudward("recommendations", "--status", "unknown", "--resources")
    assert (
        ran.out
        == """\
Resource       Region     Scope         Cause                 Policy
acme-invoices  eu-west-1  111122223333  denied                test-bucket-logged
                                        s3:GetBucketPolicy
                                        not allowed
"""
    )
    [row] = cloudward("recommendations", "--status", "unknown", "--resources", "-o", "json").json["items"]
    assert row["remedy"] == "allow s3:GetBucketPolicy"
    assert row["last_known"] == {"status": "healthy", "at": "2026-01-30T12:00:00Z"}


@pytest.mark.parametrize(
    ("words", "policies"),
    [
        ([], ["test-bucket-public", "test-ssh"]),
        (["--severity", "medium"], ["test-ssh"]),
        (["--scope", PROD.id], ["test-bucket-public"]),
        (["--type", "AWS::EC2::SecurityGroup"], ["test-ssh"]),
        (["--tag", "env=prod"], ["test-bucket-public"]),
        (["--status", "unknown"], ["test-bucket-logged"]),
        (["--status", "healthy"], ["test-bucket-public"]),
        (["--status", "all"], ["test-bucket-public", "test-ssh", "test-bucket-logged"]),
        (["--exempt"], ["test-bucket-public", "test-ssh", "test-bucket-logged"]),
        (["--limit", "1"], ["test-bucket-public"]),
    ],
)
def test_recommendations_can_be_narrowed(cloudward: Cloudward, words: list[str], policies: list[str]) -> None:
    answer = cloudward("recommendations", *words, "-o", "json").json
    assert [item["policy"] for item in answer["items"]] == policies


def test_what_is_exempt_is_counted_apart(cloudward: Cloudward) -> None:
    answer = cloudward("recommendations", "--exempt", "-o", "json").json
    row = next(item for item in answer["items"] if item["policy"] == "test-bucket-logged")
    assert (row["unhealthy"], row["exempt"]) == (0, 1)


def test_the_total_counts_what_a_limit_leaves_out(cloudward: Cloudward) -> None:
    answer = cloudward("recommendations", "--resources", "--limit", 1, "-o", "json").json
    assert (len(answer["items"]), answer["total"]) == (1, 3)
    assert "1 of 3 shown" in cloudward("recommendations", "--resources", "--limit", 1).err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["recommendations", "test-bucket-publik"],
            "unknown policy 'test-bucket-publik'; did you mean 'test-b",
        ),
        (["recommendations", "--scope", "11112222333"], "unknown scope '11112222333'; did you mean '1111"),
        (
            ["recommendations", "--type", "AWS::S3::Buckt"],
            "unknown type 'AWS::S3::Buckt'; did you mean 'AWS::S3::B",
        ),
        (
            ["inventory", "AWS::S3::Buckt"],
            "unknown type or resource 'AWS::S3::Buckt'; did you mean 'AWS::S3::B",
        ),
        (["score", "--scope", "x"], "unknown scope 'x'"),
        (["exempt", "remove", "ex-2"], "there is no exemption 'ex-2'; did you mean 'ex-1'?"),
        (
            ["exempt", "add", "test-shh", "--reason", "x"],
            "unknown policy 'test-shh'; did you mean 'test-ssh'?",
        ),
    ],
)
def test_a_name_that_there_is_not_is_refused_with_the_near_one(
    cloudward: Cloudward, words: list[str], message: str
) -> None:
    ran = cloudward(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {message}")


def test_score_shows_its_floor_and_what_is_assessed(cloudward: Cloudward) -> None:
    ran = cloudward("score")
    assert (
        ran.out
        == """\
Secure score 25 %   floor 12 %   assessed 80 %

Control                               Points  Floor  Unhealthy  Unknown   Gain
Restrict unauthorized network access     1/4    0.8          3        1  +75.0

Scope      Score  Floor  Assessed  Resources
acme-dev     0 %    0 %     100 %          2
acme-prod   50 %   25 %      66 %          2
"""
    )
    answer = cloudward("score", "-o", "json").json
    assert [item["scope"] for item in answer["items"]] == [DEV.id, PROD.id]
    assert answer["overall"] == {"percentage": 0.25, "assessed": 0.8, "floor": 0.125, "weight": 4}


def test_coverage_shows_what_was_not_read(cloudward: Cloudward) -> None:
    ran = cloudward("coverage")
    assert (
        ran.out
        == """\
Call                Outcome  Scope         Region
s3:GetBucketPolicy  denied   111122223333  -
"""
    )
    assert ran.err == "3 rows of coverage in all. --all shows them.\n"
    assert len(cloudward("coverage", "--all", "-o", "json").json["items"]) == 3


def test_where_all_could_be_read_coverage_says_so(cloudward: Cloudward) -> None:
    ran = cloudward("coverage", "--scope", DEV.id)
    assert (ran.out, ran.err.splitlines()[0]) == ("", "Everything that was asked for could be read.")


def test_inventory_counts_lists_and_shows(cloudward: Cloudward) -> None:
    assert (
        cloudward("inventory").out
        == """\
Type                     Count
AWS::S3::Bucket              3
AWS::EC2::SecurityGroup      1
"""
    )
    assert (
        cloudward("inventory", "AWS::S3::Bucket").out
        == """\
Name               Type             Scope         Region
acme-invoices      AWS::S3::Bucket  111122223333  eu-west-1
acme-logs          AWS::S3::Bucket  111122223333  eu-west-1
[red]x\\x1b[2J=1+1  AWS::S3::Bucket  444455556666  eu-west-1
"""
    )
    assert json.loads(cloudward("inventory", INVOICES.id).out)["properties"]["BucketName"] == "acme-invoices"
    [item] = cloudward("inventory", INVOICES.id, "-o", "json").json["items"]
    assert item["tags"] == {"env": "prod"}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--tag", "env=prod"], ["acme-invoices"]),
        (["--search", "acme"], ["acme-invoices", "acme-logs"]),
        (["--region", "us-east-1"], ["ssh"]),
        (["--scope", DEV.id, "AWS::S3::Bucket"], [HOSTILE.name]),
    ],
)
def test_inventory_can_be_narrowed(cloudward: Cloudward, words: list[str], names: list[str]) -> None:
    answer = cloudward("inventory", *words, "-o", "json").json
    assert sorted(item["name"] for item in answer["items"]) == names


def test_exemptions_are_made_listed_and_taken_back(cloudward: Cloudward) -> None:
    made = cloudward(
        "exempt", "add", "test-ssh", "--resource", INVOICES.id, "--reason", "A test.", "--by", "ada",
        "--approved-by", "bob", "--expires", "2999-01-01", "--category", "mitigated", "-o", "json",
    )  # fmt: skip
    assert made.code == 0
    [item] = made.json["items"]
    assert item["scope"] == PROD.id
    assert item["expires"] == "2999-01-01T00:00:00Z"
    listed = cloudward("exempt", "list", "-o", "json").json["items"]
    assert [each["id"] for each in listed] == ["ex-1", item["id"]]
    assert cloudward("exempt", "remove", item["id"]).code == 0
    assert (
        cloudward("exempt").out
        == """\
Id    Policy           Category  Resource          Expires     Reason
ex-1  test-bucket-log  waiver    arn:aws:s3:::acm  2026-05-01  It is the log
      ged                        e-logs                        bucket.
"""
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--reason", "x"], "what is exempt?"),
        (["--reason", "x", "--resource", "nosuch"], "there is no resource 'nosuch'"),
        (["--reason", "x", "--resource", LOGS.id, "--scope", DEV.id], f"there is no resource '{LOGS.id}' in"),
        (["--reason", " ", "--resource", LOGS.id], "an exemption needs a reason"),
        (["--reason", "x", "--resource", LOGS.id, "--expires", "2020-01-01"], "expires: 2020-01-01 is not"),
        (
            ["--reason", "x", "--resource", LOGS.id, "--by", "ada", "--approved-by", "ada"],
            "approved_by: ada cannot",
        ),
        (["--reason", "x", "--resource", LOGS.id, "--expires", "soon"], "invalid value for '--expires'"),
    ],
)
def test_an_exemption_that_says_too_little_is_refused(
    cloudward: Cloudward, words: list[str], message: str
) -> None:
    ran = cloudward("exempt", "add", "test-ssh", *words)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {message}")
    assert len(cloudward("exempt", "list", "-o", "json").json["items"]) == 1


def test_csv_is_for_spreadsheets(cloudward: Cloudward) -> None:
    ran = cloudward("inventory", "AWS::S3::Bucket", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["name"] for row in rows] == ["acme-invoices", "acme-logs", "[red]x\\x1b[2J=1+1"]
    assert json.loads(rows[2]["tags"]) == {"name": "=cmd()"}


LISTS: list[tuple[Listing, list[str]]] = [
    (recommendations.RECOMMENDATIONS, ["recommendations", "--status", "all"]),
    (recommendations.RESOURCES, ["recommendations", "--resources", "--status", "all"]),
    (score.LISTING, ["score"]),
    (coverage.LISTING, ["coverage", "--all"]),
    (inventory.TYPES, ["inventory"]),
    (inventory.RESOURCES, ["inventory", "AWS::S3::Bucket"]),
    (inventory.DOCUMENT, ["inventory", INVOICES.id]),
    (exempt.LISTING, ["exempt", "list"]),
]


@pytest.mark.parametrize(("listing", "words"), LISTS, ids=lambda case: getattr(case, "name", None))
def test_every_item_has_exactly_the_documented_keys(
    cloudward: Cloudward, listing: Listing, words: list[str]
) -> None:
    answer: dict[str, Any] = cloudward(*words, "-o", "json").json
    assert answer["items"]
    assert answer["total"] == len(answer["items"])
    for item in answer["items"]:
        assert set(item) == set(listing.keys)
    header = cloudward(*words, "-o", "csv").out.splitlines()[0]
    assert header.split(",") == list(listing.keys)


@pytest.mark.parametrize("words", [words for _, words in LISTS])
def test_without_a_store_there_is_a_next_step_and_no_store_is_made(
    cloudward: Cloudward, home: Path, words: list[str]
) -> None:
    ran = cloudward(*words, "--store", home / "other")
    assert ran.code == 2
    assert ran.err == (
        f"error: nothing was scanned into {home / 'other'} yet\nhint: cloudward scan aws, or cloudward demo\n"
    )
    assert not (home / "other").exists()


def test_reading_writes_nothing_outside_the_store(cloudward: Cloudward, home: Path, store: Path) -> None:
    for _, words in LISTS:
        cloudward(*words)
    assert list(home.iterdir()) == [store]
