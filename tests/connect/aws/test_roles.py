"""Credentials of a role: renewed in time, and what is said when there are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cloudward.connect.aws.outcomes import Verdict
from cloudward.connect.aws.pace import Clock
from cloudward.connect.aws.roles import AGAIN, MARGIN, Role
from cloudward.connect.aws.transport import Kind, Reply
from cloudward.model import Outcome

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DENIED = Verdict(Outcome.DENIED, message="AccessDenied: no")


class Time:
    """A clock that is set by hand."""

    now = NOW

    def clock(self) -> Clock:
        return Clock(now=lambda: self.now)


class Sts:
    """Answers in turn; credentials are good for an hour from when they are given."""

    def __init__(self, time: Time, *answers: Verdict | None) -> None:
        self.time, self.answers, self.asked = time, list(answers), 0

    def __call__(self) -> Verdict:
        self.asked += 1
        return (self.answers.pop(0) if self.answers else None) or self._given()

    def _given(self) -> Verdict:
        names = {"AccessKeyId": f"ASIA{self.asked}", "SecretAccessKey": "s", "SessionToken": "t"}
        ends = (self.time.now + HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
        user = {"Arn": "arn:aws:sts::111122223333:assumed-role/cloudward/cloudward"}
        return Verdict(Outcome.READ, {"Credentials": {**names, "Expiration": ends}, "AssumedRoleUser": user})


def signed_with(role: Role) -> Any:
    key = role()
    return key if isinstance(key, Reply) else key.access_key


def test_they_are_asked_for_once_while_they_are_good() -> None:
    time = Time()
    sts = Sts(time)
    role = Role(sts, time.clock())
    assert [signed_with(role), signed_with(role), sts.asked] == ["ASIA1", "ASIA1", 1]


def test_they_are_renewed_before_they_end() -> None:
    time = Time()
    role = Role(Sts(time), time.clock())
    assert signed_with(role) == "ASIA1"
    time.now = NOW + HOUR - MARGIN
    assert signed_with(role) == "ASIA2"


def test_when_they_cannot_be_renewed_the_old_ones_serve_to_their_end() -> None:
    time = Time()
    sts = Sts(time, None, DENIED, DENIED, DENIED)
    role = Role(sts, time.clock())
    signed_with(role)
    time.now = NOW + HOUR - MARGIN
    assert signed_with(role) == "ASIA1"
    assert (signed_with(role), sts.asked) == ("ASIA1", 2), "nobody is pestered"
    time.now = NOW + HOUR
    refused = signed_with(role)
    assert (refused.kind, refused.code) == (Kind.REFUSED, "AccessDenied")
    assert refused.message == "sts:AssumeRole: AccessDenied: no"


def test_a_refusal_is_not_for_ever() -> None:
    time = Time()
    sts = Sts(time, DENIED)
    role = Role(sts, time.clock())
    assert isinstance(signed_with(role), Reply)
    assert (isinstance(signed_with(role), Reply), sts.asked) == (True, 1)
    time.now += AGAIN
    assert signed_with(role) == "ASIA2"


def test_an_answer_that_makes_no_sense_is_a_failure() -> None:
    time = Time()
    role = Role(Sts(time, Verdict(Outcome.READ, {"Credentials": {"AccessKeyId": "x"}})), time.clock())
    refused = signed_with(role)
    assert (refused.code, refused.message) == (
        "NoCredentials",
        "sts:AssumeRole: the answer holds no credentials",
    )
