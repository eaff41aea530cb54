from __future__ import annotations

from datetime import timedelta

import pytest

from cloudward.assess.exemptions import Exemptions, check
from cloudward.errors import UsageError
from cloudward.model import Exemption, Provider, Scope
from tests.assess.build import NOW, exemption

LATER = NOW + timedelta(days=1)
TREE = [Scope("o", Provider.AWS, "organization"), Scope("s", Provider.AWS, "account", parent="o")]


def found(*given: Exemption, second_person: bool = False, resource: str = "r") -> str | None:
    at_work = Exemptions(given, TREE, NOW, second_person=second_person).of("p", "s", resource)
    return at_work.id if at_work else None


def test_one_of_the_scope_covers_every_resource() -> None:
    assert found(exemption("p", id="x")) == "x"


def test_one_of_a_scope_above_covers_what_is_below() -> None:
    assert found(exemption("p", id="x", scope="o")) == "x"


def test_one_of_another_scope_policy_or_resource_covers_nothing() -> None:
    assert found(exemption("p", scope="other"), exemption("q"), exemption("p", resource="another")) is None


def test_the_nearest_one_wins() -> None:
    above = exemption("p", id="above", scope="o", resource="r")
    scope = exemption("p", id="scope")
    own = exemption("p", id="own", resource="r")
    assert found(above, scope, own) == "own"
    assert found(above, scope) == "scope"
    assert found(above) == "above"


def test_the_latest_of_equals_wins() -> None:
    assert found(exemption("p", id="b"), exemption("p", id="a", created_at=LATER)) == "a"


def test_an_expired_one_has_no_effect_and_hides_none() -> None:
    expired = exemption("p", id="new", created_at=LATER, expires=NOW)
    assert found(expired) is None
    assert found(expired, exemption("p", id="old")) == "old"
    assert found(exemption("p", id="x", expires=LATER)) == "x"


@pytest.mark.parametrize(("approved_by", "expected"), [(None, None), ("ann", None), ("bob", "x")])
def test_where_a_second_person_is_required_only_what_another_approved_has_an_effect(
    approved_by: str | None, expected: str | None
) -> None:
    given = exemption("p", id="x", approved_by=approved_by)
    assert found(given, second_person=True) == expected
    assert found(given) == "x"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Exemption("x", "p", "s", exemption("p").category, "  ", "ann", NOW), "needs a reason"),
        (exemption("p", expires=NOW), "expires"),
        (exemption("p", approved_by="ann"), "approved_by"),
    ],
)
def test_an_exemption_that_makes_no_sense_is_refused(wrong: Exemption, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check(wrong, second_person=True)


def test_one_that_waits_for_the_second_person_may_be_made() -> None:
    check(exemption("p", expires=LATER), second_person=True)
    check(exemption("p", approved_by="ann"))


def test_a_loop_of_scopes_ends() -> None:
    loop = [Scope("s", Provider.AWS, "a", parent="t"), Scope("t", Provider.AWS, "a", parent="s")]
    assert Exemptions([exemption("p", scope="else")], loop, NOW).of("p", "s", "r") is None
