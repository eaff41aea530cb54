"""The checks that most standards ask for are answered; that policies decide is what their examples show."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cloudward import pack

pytestmark = pytest.mark.exam

RANKED = Path(__file__).parents[3] / "shared" / "reference" / "top-checks.csv"


def test_every_ranked_check_of_aws_is_answered() -> None:
    with RANKED.open() as file:
        ranked = [row["check_id"] for row in csv.DictReader(file) if row["provider"] == "aws"]
    policies = pack.load().policies.values()
    answered = {name for policy in policies for name in policy.equivalents.get("prowler", ())}
    assert len(ranked) == 150
    assert [name for name in ranked if name not in answered] == []
    assert {policy.unhealthy for policy in policies} & {"true", "false"} == set()
