"""Which policies a choice of services means, and what is worth reading for them."""

from __future__ import annotations

import pytest

from cloudward import pack
from cloudward.assess.selection import narrowed, rules, wanted
from cloudward.connect.aws.facts import modules, owners
from tests.assess.build import policy
from tests.assess.content import made

PACK = pack.load()


@pytest.mark.parametrize(
    ("service", "id", "also"),
    [
        ("iam", "aws-iam-root-mfa", {"account"}),
        ("s3", "aws-s3-account-public-access-block", {"account"}),
        ("ec2", "aws-ec2-ebs-default-encryption", {"account"}),
        ("cloudtrail", "aws-cloudtrail-bucket-public", {"s3"}),
        ("cloudwatch", "aws-cloudwatch-alarm-root-use", {"cloudtrail", "logs"}),
        ("rds", "aws-rds-instance-backup-plan", {"backup"}),
    ],
)
def test_a_service_brings_its_policies_and_what_they_need(service: str, id: str, also: set[str]) -> None:
    running, services = narrowed(PACK, None, [service], owners())
    assert id in running
    assert services is not None
    assert services >= {service, *also}


def test_a_service_brings_no_policy_of_another() -> None:
    running, services = narrowed(PACK, None, ["kms"], owners())
    assert {id.split("-")[1] for id in running} == {"kms"}
    assert services == {"kms"}


def test_named_policies_run_whatever_the_services() -> None:
    running, services = narrowed(PACK, ["aws-kms-key-rotation"], ["s3"], owners())
    assert list(running) == ["aws-kms-key-rotation"]
    assert services == {"s3", "kms"}


def test_without_a_choice_everything_runs_and_is_read() -> None:
    running, services = narrowed(PACK, None, None, owners())
    assert running.keys() == PACK.policies.keys()
    assert services is None


def test_what_is_said_of_the_account_itself_belongs_to_it() -> None:
    running, _ = narrowed(PACK, None, ["account"], owners())
    assert "aws-account-security-contact" in running
    assert "aws-iam-root-mfa" not in running


def test_each_policy_of_aws_belongs_to_a_service() -> None:
    of_services = {id for name in modules() for id in narrowed(PACK, None, [name], owners())[0]}
    assert {id for id in PACK.policies if id.startswith("aws-")} <= of_services


def test_paths_that_conditions_read_are_wanted() -> None:
    pack = made({"old": policy("old", "Key", applies="p.Active", unhealthy="age(p.Created) > 1")})
    assert wanted(rules(pack, pack.policies)) == {"Key": {"Active", "Created"}}


def test_what_conditions_read_of_other_types_is_wanted() -> None:
    pack = made({"net": policy("net", "Net", unhealthy='!related("Log", "Of", p.NetId).exists(l, l.On)')})
    assert wanted(rules(pack, pack.policies)) == {"Net": {"NetId"}, "Log": {"Of", "On"}}


def test_tags_are_wanted_when_a_condition_reads_them() -> None:
    pack = made({"team": policy("team", "Key", unhealthy='!("team" in meta.tags)')})
    assert wanted(rules(pack, pack.policies)) == {"Key": {"meta.tags"}}
