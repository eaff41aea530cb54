"""Which policies a choice of services means, and what is read for them."""

from __future__ import annotations

import pytest

from cloudward import pack
from cloudward.assess.selection import narrowed
from cloudward.connect.aws.facts import owners

PACK = pack.load()


@pytest.mark.parametrize(
    ("service", "policy", "also"),
    [
        ("iam", "aws-iam-root-mfa", {"account"}),
        ("s3", "aws-s3-account-public-access-block", {"account"}),
        ("ec2", "aws-ec2-ebs-default-encryption", {"account"}),
        ("cloudtrail", "aws-cloudtrail-bucket-public", {"s3"}),
        ("cloudwatch", "aws-cloudwatch-alarm-root-use", {"cloudtrail", "logs"}),
        ("rds", "aws-rds-instance-backup-plan", {"backup"}),
    ],
)
def test_a_service_brings_its_policies_and_what_they_need(service: str, policy: str, also: set[str]) -> None:
    running, services = narrowed(PACK, None, [service], owners())
    assert policy in running
    assert services is not None
    assert services >= {service, *also}


def test_a_service_brings_no_policy_of_another() -> None:
    running, services = narrowed(PACK, None, ["kms"], owners())
    assert {policy.rsplit("-")[1] for policy in running} == {"kms"}
    assert services == {"kms"}


def test_named_policies_run_whatever_the_services() -> None:
    running, services = narrowed(PACK, ["aws-kms-key-rotation"], ["s3"], owners())
    assert list(running) == ["aws-kms-key-rotation"]
    assert services == {"s3", "kms"}


def test_without_a_choice_everything_runs_and_is_read() -> None:
    running, services = narrowed(PACK, None, None, owners())
    assert running.keys() == PACK.policies.keys()
    assert services is None
