"""`cloudward compare` as a user meets it, with files as Prowler writes them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from cloudward.cli.commands import compare
from tests.cli.conftest import Cloudward
from tests.cli.test_events import ACCOUNT, FIRST, account

__all__ = ["account"]

CHECK = "s3_bucket_object_versioning"


def ocsf(resource: str, status: str, check: str = CHECK) -> dict[str, Any]:
    """As much of an OCSF Detection Finding as says what was found."""
    return {
        "metadata": {"event_code": check, "product": {"name": "Prowler"}},
        "status_code": status,
        "class_uid": 2004,
        "cloud": {"account": {"uid": ACCOUNT}, "provider": "aws", "region": "us-east-1"},
        "resources": [{"uid": resource, "name": resource.rpartition(":")[2], "region": "us-east-1"}],
    }


FINDINGS = [
    ocsf("arn:aws:s3:::invoices", "FAIL"),
    ocsf("arn:aws:s3:::photos", "PASS"),
    ocsf("arn:aws:s3:::gone", "FAIL"),
    ocsf("arn:aws:s3:::photos", "FAIL", "s3_something_else"),
]


@pytest.fixture
def scanned(account: None, cloudward: Cloudward) -> Cloudward:
    cloudward(*FIRST)
    return cloudward


def as_csv(path: Path) -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(
            ["CHECK_ID", "STATUS", "ACCOUNT_UID", "REGION", "RESOURCE_UID", "RESOURCE_NAME", "RISK"]
        )
        for each in FINDINGS:
            resource, (code, status) = (
                each["resources"][0],
                (each["metadata"]["event_code"], each["status_code"]),
            )
            rows.writerow([code, status, ACCOUNT, "us-east-1", resource["uid"], resource["name"], "a, b"])
    return path


@pytest.fixture(params=["ocsf", "csv"])
def results(request: pytest.FixtureRequest, home: Path) -> Path:
    if request.param == "csv":
        return as_csv(home / "results.csv")
    path = home / "results.ocsf.json"
    path.write_text(json.dumps(FINDINGS))
    return path


def test_both_formats_give_the_same_comparison(scanned: Cloudward, results: Path) -> None:
    answer = scanned("compare", "prowler", results, "--output", "json").json
    assert answer["counts"]["different"] == 1
    items = [item for item in answer["items"] if item["theirs"]]
    assert [(each["resource"].rpartition(":")[2], each["agreement"]) for each in items] == [
        ("invoices", "same"),
        ("photos", "different"),
        ("gone", "only_theirs"),
        ("photos", "only_theirs"),
    ]
    assert set(answer["items"][0]) == set(compare.LISTING.keys)


def test_people_see_counts_by_check(scanned: Cloudward, home: Path) -> None:
    results = as_csv(home / "results.csv")
    ran = scanned("compare", "prowler", results)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].split() == ["Check", "Same", "Differ", "Open", "Ours", "Theirs"]
    assert lines[1].split() == [CHECK, "1", "1", "0", "0", "1"]
    assert lines[-1].split()[0] == "All"
    assert all(len(line) <= 80 for line in lines)
    assert "--agreement different" in ran.err
    listed = scanned("compare", "prowler", results, "--agreement", "different")
    assert "arn:aws:s3:::photos" in listed.out.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "results.json, record 1: this is no finding of Prowler"),
        ('[{"a": 1}]', "results.json, record 1: this is no finding of Prowler (KeyError: 'resources')"),
        (json.dumps([ocsf("x", "SHRUG")]), "record 1: this is no finding of Prowler"),
        ('[{"metadata"', "results.json, record 1: not JSON"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_is_no_result_is_one_clear_line(
    scanned: Cloudward, home: Path, text: str, said: str
) -> None:
    path = home / "results.json"
    path.write_text(text)
    ran = scanned("compare", "prowler", path)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())


def test_names_are_checked_first(scanned: Cloudward, home: Path) -> None:
    assert "did you mean 'prowler'" in scanned("compare", "prowlr", home / "x.json").err
    assert "no such file" in scanned("compare", "prowler", home / "x.json").err
