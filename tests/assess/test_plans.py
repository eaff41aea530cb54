"""Plans switch policies off, where they say and below, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cloudward.assess.assignments import Assignments
from cloudward.assess.plans import PLANS, Plans, plans_of, switched
from cloudward.assess.tree import Tree
from cloudward.errors import UsageError
from cloudward.model import Assignment, Effect, Provider, Scope, Switch
from cloudward.pack import load

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCOPES = [
    Scope("o", Provider.AWS, "organization"),
    Scope("prod", Provider.AWS, "organizational_unit", parent="o"),
    Scope("one", Provider.AWS, "account", parent="prod"),
    Scope("two", Provider.AWS, "account", parent="o"),
]
BUCKET, KEY, ROOT = "aws-s3-bucket-versioning", "aws-kms-key-rotation", "aws-iam-root-mfa"


def switch(plan: str, scope: str, on: bool = False) -> Switch:
    return Switch(f"{plan}-{scope or 'all'}", plan, scope, on, "ann", NOW)


def holding(*switches: Switch, assigned: tuple[Assignment, ...] = ()) -> Assignments:
    return Assignments.of_pack(assigned, load(), SCOPES, switches)


def test_without_a_switch_everything_is_on() -> None:
    plans = Plans([], Tree(SCOPES))
    assert all(plans.on(plan.id, scope.id) for plan in PLANS for scope in SCOPES)
    assert not holding()


def test_the_nearest_switch_decides() -> None:
    plans = Plans([switch("storage", ""), switch("storage", "prod", on=True)], Tree(SCOPES))
    assert [scope.id for scope in SCOPES if plans.on("storage", scope.id)] == ["prod", "one"]


def test_a_workload_that_is_off_takes_its_policies_and_no_others() -> None:
    assigned = holding(switch("storage", "prod"))
    assert not assigned.audited(BUCKET, "one")
    assert assigned.audited(BUCKET, "two")
    assert assigned.audited(KEY, "one")
    assert assigned.somewhere(BUCKET)
    assert not holding(switch("storage", "")).somewhere(BUCKET)


def test_without_posture_no_policy_is_evaluated() -> None:
    assigned = holding(switch("posture", "one"))
    assert not any(assigned.audited(id, "one") for id in load().policies)
    assert all(assigned.audited(id, "two") for id in load().policies)


def test_off_is_off_whatever_is_assigned_nearer_and_says_who_said_so() -> None:
    wanted = Assignment("a", Effect.AUDIT, "bob", NOW, scope="one", policy=BUCKET)
    found = holding(switch("storage", ""), assigned=(wanted,)).of(BUCKET, "one")
    assert found.effect is Effect.DISABLED
    assert [(each.plan, each.scope, each.created_by) for each in found.by] == [("storage", "", "ann")]
    assert holding(assigned=(wanted,)).audited(BUCKET, "one")


def test_on_again_below_leaves_the_word_to_assignments() -> None:
    off = Assignment("a", Effect.DISABLED, "bob", NOW, scope="one", policy=BUCKET)
    assigned = holding(switch("storage", ""), switch("storage", "prod", on=True), assigned=(off,))
    assert assigned.of(BUCKET, "one").by == (off,)


def test_scopes_that_are_switched_apart_are_not_alike() -> None:
    assigned = holding(switch("storage", "one"))
    assert assigned.situation("one") != assigned.situation("two")


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["AWS::S3::Bucket"], ("posture", "storage")),
        (["AWS::S3::Bucket", "AWS::RDS::DBInstance"], ("posture",)),
        (["AWS::::Account"], ("posture",)),
        (["v1/Pod", "apps/v1/Deployment"], ("posture", "containers")),
        (["Microsoft.Storage/storageAccounts"], ("posture", "storage")),
    ],
)
def test_a_policy_belongs_to_a_workload_when_all_of_its_types_do(
    types: list[str], expected: tuple[str, ...]
) -> None:
    assert plans_of(types) == expected


def test_every_pattern_of_the_providers_that_are_read_fits_a_type() -> None:
    from fnmatch import fnmatchcase

    types = load().types
    ours = [each for plan in PLANS for each in plan.types if each.startswith("AWS::")]
    assert [each for each in ours if not any(fnmatchcase(type, each) for type in types)] == []


def test_a_plan_or_scope_that_there_is_not_is_refused_with_the_near_name() -> None:
    for plan, scope, message in (("storrage", "", "did you mean 'storage'"), ("storage", "prdo", "'prod'")):
        with pytest.raises(UsageError, match=message):
            switched(plan, scope, False, "ann", NOW, "", (), Tree(SCOPES))
