from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cloudward.assess.scan import Summary
from cloudward.cli.summary import record, show
from cloudward.model import (
    Cause,
    Coverage,
    Gain,
    Outcome,
    Policy,
    Provider,
    Reason,
    Scope,
    ScopeState,
    Score,
    Severity,
    Status,
)

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TOP = [
    ("aws-s3-bucket-public-access-block", Severity.HIGH, 12, 6.1),
    ("aws-iam-root-access-key", Severity.HIGH, 2, 3.34),
    ("aws-ec2-security-group-ssh", Severity.MEDIUM, 7, 2.2),
    ("aws-cloudtrail-log-file-validation", Severity.LOW, 3, 1.1),
    ("aws-kms-key-rotation", Severity.MEDIUM, 31, 0.0),
    ("aws-lambda-function-runtime", Severity.LOW, 1, 0.0),
]
ACCOUNTS = [
    Scope(f"{n}" * 12, Provider.AWS, "account", name) for n, name in enumerate(("acme-prod", "acme-dev"), 1)
]
SCORE = Score(
    scope="",
    current=23.53,
    max=39,
    percentage=0.6033,
    weight=67,
    assessed=0.974,
    floor=0.5812,
    unread=("AWS::EC2::FlowLog", "AWS::KMS::Key", "AWS::S3::Bucket"),
    gains=tuple(Gain(id, count, count, 1.0, increase) for id, _, count, increase in TOP),
)
POLICIES = {id: Policy(id, "A title", severity, ("AWS::S3::Bucket",), "true") for id, severity, _, _ in TOP}
UNHEALTHY = {id: count for id, _, count, _ in TOP}
COUNTS = {
    (Severity.HIGH, Status.UNHEALTHY): 12,
    (Severity.MEDIUM, Status.UNHEALTHY): 34,
    (Severity.LOW, Status.UNKNOWN): 3,
    (Severity.MEDIUM, Status.HEALTHY): 1230,
    (Severity.LOW, Status.NOT_APPLICABLE): 17,
}


def answer(call: str, outcome: Outcome, region: str | None, count: int = 1) -> Coverage:
    return Coverage(
        ACCOUNTS[0].id,
        region,
        "AWS::S3::Bucket",
        call,
        outcome,
        False,
        count,
        NOW,
        Cause(Reason.DENIED, call),
    )


SUMMARY = Summary(
    scan="20260131-120000-abc",
    scopes=ACCOUNTS,
    score=SCORE,
    counts=COUNTS,
    resources=412,
    exempt=4,
    requests=1503,
    holes=[
        answer("s3:GetBucketPolicy", Outcome.DENIED, "eu-west-1", 2),
        answer("ec2:DescribeFlowLogs", Outcome.FAILED, "eu-west-1"),
        answer("ec2:DescribeFlowLogs", Outcome.FAILED, "us-east-1"),
        answer("kms:ListKeys", Outcome.DENIED, "us-east-1"),
    ],
    evaluated=1296,
    kept=0,
    collecting=37.9,
    assessing=0.3,
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_a_scan_fits_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    show(SUMMARY, POLICIES, UNHEALTHY)
    shown = capsys.readouterr().out
    assert (
        shown
        == """\
acme-prod, acme-dev:  412 resources in 38 s, 1,503 requests
Secure score 60 %   floor 58 %   assessed 97 %
Not read everywhere: 3 types, which the floor takes for unhealthy

Assessments     High  Medium  Low    All
unhealthy         12      34    0     46
unknown            0       0    3      3
healthy            0   1,230    0  1,230
not applicable     0       0   17     17

Fix first                           Severity  Resources  Gain
aws-s3-bucket-public-access-block   high             12  +6.1
aws-iam-root-access-key             high              2  +3.3
aws-ec2-security-group-ssh          medium            7  +2.2
aws-kms-key-rotation                medium           31     -
aws-cloudtrail-log-file-validation  low               3  +1.1

Not read: 3 calls; what needs them is unknown: see cloudward coverage
Call                  Outcome  Where
ec2:DescribeFlowLogs  failed   111111111111 eu-west-1 and 1 more
kms:ListKeys          denied   111111111111 us-east-1

Next: cloudward recommendations aws-s3-bucket-public-access-block
"""
    )
    lines = shown.splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80


def test_a_clean_scan_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    show(
        replace(SUMMARY, score=replace(SCORE, gains=(), floor=None), holes=[], scopes=ACCOUNTS * 3),
        POLICIES,
        {},
    )
    shown = capsys.readouterr().out
    assert shown.startswith("acme-prod, acme-dev and 4 more:  412 resources in 38 s, 1,503 requests\n")
    assert "floor not determined" in shown
    assert shown.endswith("Next: cloudward inventory\n")


def test_with_nothing_to_fix_the_next_step_is_what_was_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    show(replace(SUMMARY, score=replace(SCORE, gains=())), POLICIES, {})
    assert capsys.readouterr().out.endswith("Next: cloudward coverage\n")


def test_the_name_of_an_account_cannot_speak_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show(replace(SUMMARY, scopes=[replace(ACCOUNTS[0], name="\x1b[2J[red]x")]), POLICIES, UNHEALTHY)
    assert capsys.readouterr().out.startswith("\\x1b[2J[red]x:")


def test_for_programs_it_says_the_same() -> None:
    told = record(SUMMARY)
    assert told["assessments"]["unhealthy"] == {"low": 0, "medium": 34, "high": 12}
    assert told["not_read"][0] == {
        "call": "ec2:DescribeFlowLogs",
        "outcome": "failed",
        "places": ("111111111111 eu-west-1", "111111111111 us-east-1"),
        "types": ("AWS::S3::Bucket",),
    }


def test_what_adds_nothing_to_the_score_is_shown_by_severity(capsys: pytest.CaptureFixture[str]) -> None:
    show(replace(SUMMARY, score=replace(SCORE, gains=(), max=0)), POLICIES, UNHEALTHY)
    shown = capsys.readouterr().out
    assert "Secure score not determined" in shown
    first = shown.partition("Fix first")[2].splitlines()[1:3]
    assert [line.split()[0] for line in first] == [TOP[0][0], TOP[1][0]]


def many(count: int) -> list[Scope]:
    return [Scope(f"{n:012}", Provider.AWS, "account", f"acme-{n}") for n in range(count)]


def test_what_failed_alike_in_the_same_of_many_accounts_is_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scopes = [
        *many(48),
        replace(ACCOUNTS[0], state=ScopeState.LEFT),
        replace(ACCOUNTS[1], state=ScopeState.LEFT),
    ]
    dark, closed = scopes[7].id, [scope.id for scope in scopes[20:24]]
    calls = [f"ec2:Describe{n}" for n in range(90)]
    holes = [
        *(
            replace(answer(call, Outcome.DENIED, region), scope=dark)
            for call in calls
            for region in ("a", "b")
        ),
        *(replace(answer("sts:AssumeRole", Outcome.DENIED, None), scope=id) for id in closed),
        replace(answer("kms:ListKeys", Outcome.FAILED, "a"), scope=scopes[1].id),
    ]
    show(replace(SUMMARY, scopes=scopes, holes=holes, disabled=2), POLICIES, UNHEALTHY)
    shown = capsys.readouterr().out
    assert "acme-0, acme-1 and 48 more:" in shown
    assert "Left the organization: acme-prod, acme-dev\n" in shown
    assert (
        """
Not read: 92 calls; what needs them is unknown: see cloudward coverage
Call                       Outcome  Where
ec2:Describe0 and 89 more  denied   acme-7
sts:AssumeRole             denied   acme-20 and 3 more
"""
        in shown
    )
    lines = shown.splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(("failed", "where"), [(2, "acme-0, acme-1"), (5, "all 5 accounts")])
def test_which_of_many_accounts_a_call_failed_in_is_said(
    capsys: pytest.CaptureFixture[str], failed: int, where: str
) -> None:
    scopes = many(5)
    holes = [
        replace(answer(call, Outcome.FAILED, "a"), scope=scope.id)
        for call in ("dax:DescribeClusters", "mq:ListBrokers")
        for scope in scopes[:failed]
    ]
    show(replace(SUMMARY, scopes=scopes, holes=holes), POLICIES, UNHEALTHY)
    assert f"\ndax:DescribeClusters and 1 more  failed   {where}\n" in capsys.readouterr().out
