from __future__ import annotations

import contextlib
import time

import pytest

from cloudward.rules.functions.filters import mentions

ROOT = [
    '$.userIdentity.type = "Root"',
    "$.userIdentity.invokedBy NOT EXISTS",
    '$.eventType != "AwsServiceEvent"',
]
VPC = [f"$.eventName = {name}" for name in ("CreateVpc", "DeleteVpc", "ModifyVpcAttribute")]


@pytest.mark.parametrize(
    "pattern",
    [
        (
            '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS '
            '&& $.eventType != "AwsServiceEvent" }'
        ),
        '{$.eventType!="AwsServiceEvent"&&$.userIdentity.type="Root"&&$.userIdentity.invokedBy NOT EXISTS}',
        (
            "{ ($.userIdentity.type = Root) && "
            "(($.userIdentity.invokedBy NOT EXISTS) && ($.eventType != AwsServiceEvent)) }"
        ),
        (
            "{ $.userIdentity.invokedBy not exists && $.eventType != AwsServiceEvent\n"
            ' && $.userIdentity.type = "Root" }'
        ),
        (
            "{ $.['userIdentity'].type = Root && $.userIdentity.invokedBy NOT EXISTS "
            "&& $.eventType != AwsServiceEvent }"
        ),
    ],
)
def test_order_spaces_parentheses_and_quotes_do_not_matter(pattern: str) -> None:
    assert mentions(pattern, ROOT)


@pytest.mark.parametrize(
    "pattern",
    [
        "{ ($.eventName = CreateVpc) || ($.eventName = DeleteVpc) || ($.eventName = ModifyVpcAttribute) }",
        "{($.eventName=ModifyVpcAttribute)||($.eventName=DeleteVpc)||($.eventName=CreateVpc)}",
        '{ ($.eventName = "CreateVpc") || $.eventName = "DeleteVpc" || $.eventName = Modify* }',
        "{ ($.eventSource = ec2.amazonaws.com) && (($.eventName = *Vpc) || ($.eventName = Modify*)) }",
        "{ $.eventName = * }",
    ],
)
def test_every_event_of_the_list_is_there(pattern: str) -> None:
    assert mentions(pattern, VPC)


@pytest.mark.parametrize(
    "pattern",
    [
        "{ ($.eventName = CreateVpc) || ($.eventName = DeleteVpc) }",
        "{ ($.eventName != CreateVpc) || ($.eventName = DeleteVpc) || ($.eventName = ModifyVpcAttribute) }",
        "{ ($.eventName = CreateVpcs) || ($.eventName = DeleteVpc) || ($.eventName = ModifyVpcAttribute) }",
        "{ ($.eventname = CreateVpc) || ($.eventName = DeleteVpc) || ($.eventName = ModifyVpcAttribute) }",
        "{ ($.eventName = createvpc) || ($.eventName = DeleteVpc) || ($.eventName = ModifyVpcAttribute) }",
        "{ ($.request.eventName = CreateVpc) || ($.eventName = DeleteVpc) || ($.eventName = Modify*) }",
        "{ ($.eventName = CreateVpc) && ($.eventName = DeleteVpc) && ($.eventName = ModifyVpcAttribute) }",
        "{ (($.eventName = CreateVpc) && ($.eventName = DeleteVpc)) && $.eventName = ModifyVpcAttribute }",
        "{ $.eventName = X && ($.eventName = CreateVpc || $.eventName = DeleteVpc || $.eventName = Mod*) }",
        "{ $.eventName != CreateVpc && ($.eventName = X || $.eventName = DeleteVpc) }",
        'CreateVpc DeleteVpc ModifyVpcAttribute "$.eventName = CreateVpc"',
        "[ip, user, $.eventName = CreateVpc]",
        "",
        "   ",
    ],
)
def test_an_event_is_missing_denied_or_can_never_match(pattern: str) -> None:
    assert not mentions(pattern, VPC)


def test_a_value_with_wildcards_is_found_as_it_is_written_or_wider() -> None:
    clauses = ['$.errorCode = "*UnauthorizedOperation"', '$.errorCode = "AccessDenied*"']
    assert mentions(
        '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }', clauses
    )
    assert mentions("{ $.errorCode = * }", clauses)
    assert not mentions(
        '{ ($.errorCode = "Client.UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }', clauses
    )


def test_a_negation_mentions_only_itself() -> None:
    assert mentions("{ $.eventName != HeadBucket }", ["$.eventName != HeadBucket"])
    assert not mentions("{ $.eventName = HeadBucket }", ["$.eventName != HeadBucket"])
    assert not mentions("{ $.eventName != Head* }", ["$.eventName != HeadBucket"])
    assert not mentions("{ $.a EXISTS }", ["$.a NOT EXISTS"])
    assert not mentions("{ $.a IS FALSE }", ["$.a IS TRUE"])


def test_and_binds_tighter_than_or() -> None:
    pattern = "{ $.eventName = A && $.errorCode = X || $.eventName = B && $.errorCode = Y }"
    assert mentions(pattern, ["$.eventName = A", "$.errorCode = Y", "$.eventName = B"])


def test_nothing_is_asked_of_no_filter() -> None:
    assert not mentions(None, VPC)
    assert mentions("{ $.a = 1 }", [])


@pytest.mark.parametrize(
    "pattern",
    [
        "{",
        "{ $.a = }",
        "{ $.a = 1",
        "{ $.a ~ 1 }",
        "{ ($.a = 1 }",
        "{ $.a = 1 } x",
        "{ a = 1 }",
        "{ $.a IS ODD }",
        "{ }",
    ],
)
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"filter pattern|expected"):
        mentions(pattern, VPC)


def test_a_clause_is_one_comparison() -> None:
    with pytest.raises(TypeError, match="more than one comparison"):
        mentions("{ $.a = 1 }", ["$.a = 1 || $.b = 2"])


@pytest.mark.parametrize(
    "pattern", ["{" + "(" * 4000, "{ " + "$.a = 1 && " * 700 + "$.a = 2 }", '{ $.a = "' + "\\" * 8000]
)
def test_hostile_patterns_end_soon(pattern: str) -> None:
    start = time.process_time()
    with contextlib.suppress(ValueError):
        assert not mentions(pattern, VPC)
    assert time.process_time() - start < 20
