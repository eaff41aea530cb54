"""What a selection of AWS Backup takes, case by case after AWS's page."""

from __future__ import annotations

from typing import Any

import pytest

from cloudward.rules.functions.backup import selected_by

ARN = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
TABLES = "arn:aws:dynamodb:*:*:table/*"
TAGS = {"backup": "true", "stage": "prod"}


def tag(key: str, value: str) -> dict[str, str]:
    return {"ConditionType": "STRINGEQUALS", "ConditionKey": key, "ConditionValue": value}


def condition(operator: str, key: str, value: str) -> dict[str, Any]:
    return {operator: [{"ConditionKey": f"aws:ResourceTag/{key}", "ConditionValue": value}]}


@pytest.mark.parametrize(
    ("selection", "patterns"),
    [
        (None, []),
        ({}, ["*"]),
        ({"Resources": ["*"]}, ["*"]),
        ({"Resources": [TABLES]}, [TABLES]),
        ({"Resources": [ARN, TABLES, "arn:aws:ec2:*:*:volume/*"]}, [ARN, TABLES]),
        ({"Resources": ["arn:aws:ec2:*:*:volume/*"]}, []),
        ({"Resources": ["*"], "NotResources": [TABLES]}, []),
        ({"Resources": ["*"], "NotResources": ["arn:aws:ec2:*:*:volume/*"]}, ["*"]),
        ({"ListOfTags": [tag("backup", "true")]}, ["*"]),
        ({"ListOfTags": [tag("backup", "no"), tag("stage", "prod")]}, ["*"]),
        ({"ListOfTags": [tag("backup", "no")]}, []),
        ({"Resources": [TABLES], "ListOfTags": [tag("backup", "no")]}, []),
        ({"Conditions": condition("StringEquals", "backup", "true")}, ["*"]),
        ({"Conditions": condition("StringEquals", "backup", "True")}, []),
        ({"Conditions": condition("StringLike", "stage", "pr*")}, ["*"]),
        ({"Conditions": condition("StringLike", "owner", "*")}, []),
        ({"Conditions": condition("StringNotEquals", "stage", "prod")}, []),
        ({"Conditions": condition("StringNotEquals", "owner", "x")}, ["*"]),
        ({"Conditions": condition("StringNotLike", "stage", "dev*")}, ["*"]),
        (
            {
                "Conditions": {
                    **condition("StringEquals", "backup", "true"),
                    **condition("StringNotLike", "stage", "p*"),
                }
            },
            [],
        ),
    ],
)
def test_selection_takes_what_its_parts_say_together(selection: Any, patterns: list[str]) -> None:
    assert selected_by(selection, ARN, TAGS) == patterns


def test_what_cannot_be_understood_is_refused() -> None:
    with pytest.raises(TypeError):
        selected_by({"Resources": [{"Ref": "Table"}]}, ARN, TAGS)
    with pytest.raises(ValueError, match="StringNear"):
        selected_by({"Conditions": {"StringNear": []}}, ARN, TAGS)
