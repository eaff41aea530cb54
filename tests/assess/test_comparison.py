"""Two scanners side by side: who says what of the same resource."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudward.assess.comparison import Agreement, Pair, compare
from cloudward.connect.findings import Finding, Verdict
from cloudward.model import Assessment, Cause, Reason, Status
from tests.assess.build import assessment, policy

ACCOUNT = "111122223333"
POLICIES = {
    "bucket-logging": replace(
        policy("bucket-logging", "T"),
        equivalents={"prowler": {"s3_logging": {"min_days": "days"}}},
        note="Trails count too.",
    ),
    "no-equivalent": policy("no-equivalent", "T"),
}


def ours(status: Status, resource: str = "arn:aws:s3:::logs", **more: object) -> Assessment:
    made = assessment("bucket-logging", resource, status)
    return replace(made, scope=ACCOUNT, region=None, **more)  # type: ignore[arg-type]


def theirs(verdict: str, resource: str = "arn:aws:s3:::logs", **more: str) -> Finding:
    given = {"check": "s3_logging", "account": ACCOUNT, "region": "eu-west-1", **more}
    return Finding(verdict=Verdict(verdict), resource=resource, **given)


def compared(findings: list[Finding], assessments: list[Assessment]) -> list[Pair]:
    return list(compare(findings, "prowler", POLICIES, assessments, [ACCOUNT]))


@pytest.mark.parametrize(
    ("status", "verdict", "agreement"),
    [
        (Status.UNHEALTHY, "fail", Agreement.SAME),
        (Status.HEALTHY, "pass", Agreement.SAME),
        (Status.NOT_APPLICABLE, "pass", Agreement.SAME),
        (Status.UNHEALTHY, "pass", Agreement.DIFFERENT),
        (Status.HEALTHY, "fail", Agreement.DIFFERENT),
        (Status.NOT_APPLICABLE, "fail", Agreement.DIFFERENT),
        (Status.HEALTHY, "manual", Agreement.UNDECIDED),
        (Status.UNKNOWN, "pass", Agreement.UNDECIDED),
    ],
)
def test_what_both_say_of_a_resource(status: Status, verdict: str, agreement: Agreement) -> None:
    cause = Cause(Reason.DENIED, "s3:GetBucketLogging") if status is Status.UNKNOWN else None
    (pair,) = compared([theirs(verdict)], [ours(status, cause=cause)])
    assert (pair.agreement, pair.policy, pair.ours) == (agreement, "bucket-logging", status)


def test_why_they_differ() -> None:
    (pair,) = compared([theirs("pass")], [ours(Status.UNHEALTHY, parameters={"days": 30})])
    assert pair.why == "It ran with days = 30. Trails count too."
    denied = ours(Status.UNKNOWN, cause=Cause(Reason.DENIED, "s3:GetBucketLogging"))
    assert compared([theirs("pass")], [denied])[0].why == str(denied.cause)


def test_what_only_one_of_them_says() -> None:
    other, strange = theirs("fail", "arn:aws:s3:::other"), theirs("fail", check="s3_new")
    found = compared([other, strange], [ours(Status.HEALTHY)])
    assert [(each.check, each.resource, each.agreement, each.why) for each in found] == [
        ("s3_logging", "arn:aws:s3:::logs", Agreement.ONLY_OURS, "no finding speaks of it"),
        (
            "s3_logging",
            "arn:aws:s3:::other",
            Agreement.ONLY_THEIRS,
            "the last scan did not read this resource",
        ),
        ("s3_new", "arn:aws:s3:::logs", Agreement.ONLY_THEIRS, "no policy answers this check"),
    ]


def test_an_account_that_was_not_scanned_is_told() -> None:
    (pair,) = compared([theirs("fail", account="9" * 12)], [ours(Status.HEALTHY)])
    assert pair.why == "the account was not scanned"


def test_findings_about_parts_of_an_account_are_one_verdict_about_it() -> None:
    whole = ours(Status.UNHEALTHY, f"T:{ACCOUNT}")
    found = compared([theirs("pass", "arn:one"), theirs("fail", "arn:two")], [whole])
    assert [(each.theirs, each.agreement) for each in found] == [(Verdict.FAIL, Agreement.SAME)]


def test_a_region_has_the_findings_of_that_region() -> None:
    here = replace(ours(Status.HEALTHY, f"T:{ACCOUNT}/eu-west-1"), region="eu-west-1")
    there = replace(ours(Status.HEALTHY, f"T:{ACCOUNT}/us-east-1"), region="us-east-1")
    found = compared([theirs("pass", "a"), theirs("fail", "b", region="us-east-1")], [here, there])
    assert [each.agreement for each in found] == [Agreement.SAME, Agreement.DIFFERENT]


def test_a_finding_that_knows_a_name_alone_meets_the_resource() -> None:
    (pair,) = compared([theirs("fail", "logs")], [ours(Status.UNHEALTHY)])
    assert pair.agreement is Agreement.SAME


def test_policies_that_answer_a_check_together_agree_when_one_of_them_finds_it() -> None:
    twin = replace(POLICIES["bucket-logging"], id="bucket-delivery")
    half = replace(ours(Status.NOT_APPLICABLE), policy="bucket-delivery")
    policies = {**POLICIES, "bucket-delivery": twin}
    found = list(compare([theirs("fail")], "prowler", policies, [ours(Status.UNHEALTHY), half], [ACCOUNT]))
    assert {pair.agreement for pair in found} == {Agreement.SAME}
    alone = list(compare([theirs("fail")], "prowler", policies, [ours(Status.UNHEALTHY)], [ACCOUNT]))
    assert [pair.agreement for pair in alone] == [Agreement.SAME]


resources = st.lists(st.sampled_from("abcd"), unique=True)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(resources, resources)
def test_nothing_is_lost(mine: list[str], other: list[str]) -> None:
    found = compared([theirs("fail", name) for name in other], [ours(Status.HEALTHY, name) for name in mine])
    assert sorted(each.resource for each in found) == sorted({*mine, *other})
    assert all(first.resource != second.resource for first, second in pairwise(found))
