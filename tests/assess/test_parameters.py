from __future__ import annotations

from typing import Any

import pytest

from cloudward.assess.parameters import Parameters
from cloudward.assess.tree import EVERYWHERE
from cloudward.errors import UsageError
from cloudward.model import Parameter, Provider, Scope
from tests.assess.build import policy

POLICY = policy(
    "p",
    params={
        "days": Parameter("int", 45, min=1, max=365),
        "share": Parameter("number", 0.5, min=0, max=1),
        "strict": Parameter("bool", False),
        "level": Parameter("string", "low", values=("low", "high")),
        "ports": Parameter("list", [22], min=0, max=65535),
        "names": Parameter("list", []),
    },
)
POLICIES = {"p": POLICY}
TREE = [Scope("o", Provider.AWS, "organization"), Scope("s", Provider.AWS, "account", parent="o")]


def test_defaults_hold_where_nothing_is_given() -> None:
    assert Parameters(POLICIES).of("p", "s") == {
        "days": 45,
        "share": 0.5,
        "strict": False,
        "level": "low",
        "ports": [22],
        "names": [],
    }


def test_the_nearest_scope_wins_value_by_value() -> None:
    given = {
        EVERYWHERE: {"p": {"days": 1, "strict": True}},
        "o": {"p": {"days": 2}},
        "s": {"p": {"share": 1}},
    }
    values = Parameters(POLICIES, given, TREE)
    assert [values.of("p", "s")[name] for name in ("days", "share", "strict")] == [2, 1, True]
    assert [values.of("p", "else")[name] for name in ("days", "share", "strict")] == [1, 0.5, True]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("days", "30", "p: parameter 'days': '30' is not a whole number"),
        ("days", 1.5, "p: parameter 'days': 1.5 is not a whole number"),
        ("days", True, "p: parameter 'days': True is not a whole number"),
        ("days", 0, "p: parameter 'days': 0 is less than 1"),
        ("days", 366, "p: parameter 'days': 366 is more than 365"),
        ("share", float("nan"), "p: parameter 'share': nan is not a number"),
        ("strict", 1, "p: parameter 'strict': 1 is not true or false"),
        ("level", "medium", "p: parameter 'level': 'medium' is none of low, high"),
        ("ports", 22, "p: parameter 'ports': 22 is not a list"),
        ("ports", ["22"], "p: parameter 'ports': ['22'] is not a list of numbers"),
        ("ports", [22, 70000], "p: parameter 'ports': 70000 is more than 65535"),
        ("names", [1], "p: parameter 'names': [1] is not a list of texts"),
        ("dayz", 3, "p: unknown parameter 'dayz'; did you mean 'days'?"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(name: str, value: Any, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        Parameters(POLICIES, {"s": {"p": {name: value}}})
    assert str(refused.value) == message


def test_an_unknown_policy_is_refused_with_the_near_name() -> None:
    with pytest.raises(UsageError, match="unknown policy 'aws-s4'; did you mean 'aws-s3'"):
        Parameters({"aws-s3": POLICY}, {EVERYWHERE: {"aws-s4": {}}})


def test_a_list_may_be_emptied() -> None:
    assert Parameters(POLICIES, {"s": {"p": {"ports": []}}}).of("p", "s")["ports"] == []
