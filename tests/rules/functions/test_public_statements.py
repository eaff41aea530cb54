"""Who is let in: documents worked by hand, each with the page of AWS that decides it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloudward.rules.functions.public import public_statements

CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted((Path(__file__).parent / "public_statements").glob("*.yaml"))
    for case in yaml.safe_load(file.read_text())
]


@pytest.mark.parametrize("case", CASES)
def test_the_statements_that_let_anyone_in(case: dict[str, Any]) -> None:
    assert [s["Sid"] for s in public_statements(case["document"])] == case["public"]


def test_every_case_names_the_page_that_decides_it_and_a_reason() -> None:
    cases: list[dict[str, Any]] = [param.values[0] for param in CASES]  # type: ignore[misc]
    assert len(cases) >= 60
    assert all(case["page"].startswith("https://docs.aws.amazon.com/") for case in cases)
    assert all(len(case["reason"]) > 10 for case in cases)
    assert len({case["name"] for case in cases}) == len(cases)


def test_no_document_lets_nobody_in() -> None:
    assert public_statements(None) == []


def test_the_evidence_is_the_statement_as_statements_gives_it() -> None:
    document = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}}
    (found,) = public_statements(document)
    assert found["Principal"] == ["*"]
    assert found["Action"] == ["s3:Get*"]
    assert found["Sid"] is None


@pytest.mark.parametrize(
    "document",
    [
        {
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Ref": "Account"},
                "Action": "s3:*",
                "Resource": "*",
            }
        },
        {
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": {"Fn::GetAtt": ["R", "Arn"]}},
                "Action": "s3:*",
            }
        },
        {"Statement": {"Effect": "allow", "Principal": "*", "Action": "s3:*"}},
        {"Statement": ["text"]},
        {"Statement": {"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": "x"}}},
        {"Statement": {"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"k": [None]}}}},
    ],
)
def test_what_is_no_policy_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        public_statements(document)


def hostile(**given: Any) -> dict[str, Any]:
    return {"Sid": "open", "Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*", **given}


LONG = "*a" * 1500
NAMES = [f"arn:aws:s3:::bucket-{number}/*" for number in range(3_000)]


@pytest.mark.parametrize(
    "statements",
    [
        [hostile(Action=["s3:" + LONG] * 100), *[hostile(Effect="Deny", Action="s3:" + LONG + "b")] * 50],
        [hostile(Resource="a" * 100_000), hostile(Effect="Deny", Resource=LONG * 30)],
        [hostile(Action=NAMES, Resource=NAMES), hostile(Effect="Deny", Action=NAMES, Resource=NAMES)],
        [
            hostile(
                Principal={"Federated": ["graph.facebook.com"] * 20_000},
                Condition={"StringLike": {"a": NAMES}},
            )
        ],
        [hostile(Condition={"StringLike": dict.fromkeys(NAMES, NAMES[:10])})],
        [
            hostile(
                Condition={
                    "IpAddress": {"aws:SourceIp": [f"10.{n % 256}.{n // 256}.0/24" for n in range(9_000)]}
                }
            )
        ],
    ],
    ids=["actions", "lengths", "pairs", "providers", "keys", "addresses"],
)
def test_a_hostile_document_costs_little(statements: list[dict[str, Any]]) -> None:
    start = time.process_time()
    assert len(public_statements({"Statement": statements})) <= 1
    assert time.process_time() - start < 20


def test_denials_that_cost_too_much_take_nothing_back() -> None:
    denials = [hostile(Effect="Deny", Action="s3:" + LONG + "b")] * 50
    assert len(public_statements({"Statement": [hostile(Action=["s3:" + LONG] * 100), *denials]})) == 1
