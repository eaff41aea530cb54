from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest

from cloudward.assess.scan import Latest, Summary, scan
from cloudward.assess.selection import chosen, rules, wanted
from cloudward.assess.world import Facts
from cloudward.connect import Unit
from cloudward.errors import SignInError, UsageError
from cloudward.model import (
    Assessment,
    Assignment,
    Cause,
    Coverage,
    Effect,
    Outcome,
    Provider,
    Reason,
    Resource,
    Scope,
    Status,
)
from cloudward.rules.ast import Const
from cloudward.rules.rule import Rule, Use
from cloudward.store import Store
from cloudward.store.files import Files
from tests.assess.build import NOW, coverage, exemption, policy
from tests.assess.content import CONTENT, made
from tests.assess.estate import Estate, account
from tests.assess.runs import ACCOUNT, DAY, READ, H, U, X, bucket, key


@dataclass
class Given:
    """A connector over an estate: a unit for each scope."""

    estate: Estate
    name: str = "given"
    broken: set[str] = field(default_factory=set)
    collected: list[str] = field(default_factory=list)

    def scopes(self) -> list[Scope]:
        return self.estate.accounts

    def units(self) -> list[Unit]:
        return [Unit(scope.id, scope, None, "all") for scope in self.estate.accounts]

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        if unit.id in self.broken:
            raise SignInError("signed out")
        self.collected.append(unit.id)
        yield from (each for each in self.estate.given if each.scope == unit.scope.id)


@pytest.fixture
def store(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    with Store.open(begun(tmp_path / "store")) as opened:
        yield opened


def company(*given: Resource | Coverage) -> Given:
    return Given(Estate(given=[*given, *READ]))


def scanned(store: Store, connector: Given, now: datetime = NOW, **more: Any) -> Summary:
    return scan(store, connector, CONTENT, clock=lambda: now, **more)


def found(store: Store) -> dict[tuple[str, str], Assessment]:
    rows = (row.assessment for row in store.assessments())
    return {(each.policy, each.resource): each for each in rows}


def test_a_scan_collects_assesses_and_publishes(store: Store) -> None:
    summary = scanned(store, company(key(Owner="nobody"), bucket(), ACCOUNT))
    assert found(store)["key-owner", "key"].status is U
    assert found(store)["key-used", "key"].status is H
    assert (summary.resources, summary.evaluated, summary.kept, summary.exempt) == (3, 6, 0, 0)
    counts = Counter((each.severity, each.status) for each in found(store).values())
    assert summary.counts == counts
    assert summary.score == next(score for _, _, score in store.scores("s"))
    assert (summary.score.unread, summary.holes) == ((), [])
    assert [each.state for each in store.scans()] == ["finished"]


def test_a_scope_is_called_as_it_calls_itself(store: Store) -> None:
    """Its alias; gone when it says that it has none, kept when nobody could ask."""
    bare = Estate(accounts=[Scope("s", Provider.AWS, "account", "s")])

    def called(*given: Resource) -> tuple[str, str]:
        summary = scanned(store, Given(replace(bare, given=[*given, *READ])))
        return summary.scopes[0].name, next(scope.name for scope in store.scopes())

    of = partial(Resource, "AWS::::Account:s", "AWS::::Account", Provider.AWS, "s", None, "s")
    assert called(bucket()) == ("s", "s")
    assert called(of({"Alias": "larch-lane"})) == ("larch-lane", "larch-lane")
    assert called(bucket()) == ("larch-lane", "larch-lane")
    assert called(of({})) == ("larch-lane", "larch-lane")
    assert called(of({"Alias": None})) == ("s", "s")


def test_the_next_scan_evaluates_only_what_changed(store: Store) -> None:
    scanned(store, company(key("a"), key("b"), bucket()))
    summary = scanned(store, company(key("a"), key("b", Owner="nobody"), bucket()), NOW + DAY)
    assert (summary.evaluated, summary.kept) == (3, 5)
    after = found(store)
    assert (after["key-owner", "b"].since, after["key-owner", "a"].since) == (NOW + DAY, NOW)
    assert after["key-owner", "a"].snapshot == summary.scan


def test_a_type_that_goes_dark_stays_in_the_store_as_unknown(store: Store) -> None:
    scanned(store, company(key(Owner="nobody")))
    dark = [row for row in READ if row.type != "Key"]
    denied = coverage(
        "Key", Outcome.DENIED, call="iam:ListKeys", cause=Cause(Reason.DENIED, "iam:ListKeys", "no")
    )
    summary = scanned(store, Given(Estate(given=[*dark, denied])), NOW + DAY)
    after = found(store)["key-owner", "key"]
    assert (after.status, after.cause) == (X, Cause(Reason.DENIED, "iam:ListKeys", "Key in s: no"))
    assert after.since == NOW
    assert after.last_known is not None
    assert after.last_known.status is U
    assert summary.holes == [denied]
    assert (summary.score.unread, summary.score.floor) == (("Key",), 0)
    again = scanned(store, company(key(Owner="nobody")), NOW + 2 * DAY)
    assert again.evaluated == 3
    assert found(store)["key-owner", "key"].since == NOW


def test_exemptions_of_the_store_have_an_effect_until_they_expire(store: Store) -> None:
    store.exempt(exemption("key-owner", expires=NOW + DAY))
    summary = scanned(store, company(key(Owner="nobody")))
    assert (summary.exempt, found(store)["key-owner", "key"].exemption) == (1, "x-key-owner")
    later = scanned(store, company(key(Owner="nobody")), NOW + DAY)
    assert (later.exempt, later.evaluated, later.kept) == (0, 1, 2)


def test_where_a_second_person_is_required_an_exemption_waits_for_one(store: Store) -> None:
    store.exempt(exemption("key-owner"))
    assert scanned(store, company(key(Owner="nobody")), second_person=True).exempt == 0


def test_parameters_hold_for_the_scope_that_they_are_given_for(store: Store) -> None:
    given = {"s": {"key-old": {"max_days": 1}}}
    scanned(store, company(key()), parameters=given)
    assert found(store)["key-old", "key"].status is U


def moved(scope: str, *given: Resource | Coverage) -> list[Resource | Coverage]:
    """The same in another scope."""
    return [replace(each, scope=scope) for each in (*given, *READ)]


def two() -> Given:
    both = moved("one", key(), bucket()) + moved("two", key(), bucket())
    return Given(Estate(given=both, accounts=[account("one"), account("two")]))


def test_an_interrupted_scan_goes_on_where_it_ended(store: Store) -> None:
    broken = two()
    broken.broken.add("two")
    with pytest.raises(SignInError):
        scanned(store, broken, workers=1)
    assert store.scopes() == []
    whole = two()
    summary = scanned(store, whole, staging=store.resume())
    assert whole.collected == ["two"]
    assert (summary.resources, summary.evaluated) == (4, 10)
    assert [each.state for each in store.scans()] == ["finished"]


class Cut(Files):
    """The second snapshot that is written is interrupted."""

    written = 0

    def publish(self, file: IO[bytes], aside: Path, path: Path) -> None:
        self.written += path.suffix == ".parquet"
        if self.written == 2:
            raise KeyboardInterrupt
        super().publish(file, aside, path)


def test_scopes_that_were_published_before_an_interruption_are_counted_too(tmp_path: Path) -> None:
    with Store.open(tmp_path, Cut()) as store, pytest.raises(KeyboardInterrupt):
        scanned(store, two())
    with Store.open(tmp_path) as store:
        assert [scope.id for scope in store.scopes()] == ["one"]
        summary = scanned(store, two(), staging=store.resume())
    assert (summary.resources, summary.evaluated, sum(summary.counts.values())) == (4, 5, 10)
    assert summary.score.weight == 2


def test_everywhere_sees_scopes_of_earlier_scans(store: Store) -> None:
    scanned(store, Given(Estate(given=moved("one", key()), accounts=[account("one")])))
    with store.begin(Provider.AWS, "given", [account("two")], ["u"]) as staging:
        with staging.unit("u") as unit:
            for each in moved("two", key("other")):
                unit.add(each)
        use = Use("everywhere", "Key", reads=("Owner",))
        facts = Facts(Latest(store, staging), CONTENT.types, [Rule("p", "Key", Const(True), uses=(use,))])
        assert [row.id for row in facts.everywhere("Key", "two")] == ["other", "key"]


def assigned(id: str, effect: Effect, scope: str = "", **more: Any) -> Assignment:
    return Assignment(id, effect, "ann", NOW, scope, **more)


def test_a_disabled_policy_is_not_evaluated_there_and_is_out_of_the_score(store: Store) -> None:
    store.assign(assigned("x", Effect.DISABLED, "one", policy="key-owner"))
    both = moved("one", key(Owner="nobody")) + moved("two", key(Owner="nobody"))
    estate = Given(Estate(given=both, accounts=[account("one"), account("two")]))
    summary = scanned(store, estate)
    found = {(row.assessment.scope, row.assessment.policy) for row in store.assessments()}
    assert found == {("one", "key-old"), ("one", "key-used")} | {
        ("two", policy) for policy in ("key-old", "key-used", "key-owner")
    }
    scores = {score.scope: score.percentage for _, _, score in store.scores()}
    assert scores == {"one": 1.0, "two": 0.0}
    assert summary.disabled == 1


def test_what_is_disabled_keeps_its_history_and_starts_anew_when_it_is_enabled_again(store: Store) -> None:
    first = scanned(store, company(key(Owner="nobody"))).scan
    store.assign(assigned("x", Effect.DISABLED, "s", policy="key-owner"))
    scanned(store, company(key(Owner="nobody")), NOW + DAY)
    assert ("key-owner", "key") not in found(store)
    kept = [each.policy for each in store.snapshot("s", first).assessments()]
    assert "key-owner" in kept
    store.unassign("x", "ann")
    again = scanned(store, company(key(Owner="nobody")), NOW + 2 * DAY)
    assert (again.evaluated, again.kept) == (1, 2)
    after = found(store)["key-owner", "key"]
    assert (after.since, after.last_known) == (NOW + 2 * DAY, None)


def test_a_disabled_policy_is_not_kept_as_unknown_when_its_type_goes_dark(store: Store) -> None:
    scanned(store, company(key(Owner="nobody")))
    store.assign(assigned("x", Effect.DISABLED, policy="key-owner"))
    dark = [row for row in READ if row.type != "Key"]
    scanned(store, Given(Estate(given=[*dark, coverage("Key", Outcome.DENIED)])), NOW + DAY)
    assert {policy for policy, _ in found(store)} == {"key-old", "key-used"}


def test_what_no_policy_of_a_scope_looks_at_is_not_missed_there(store: Store) -> None:
    dark = [row for row in READ if row.type != "Key"]
    connector = Given(Estate(given=[bucket(public=False), *dark, coverage("Key", Outcome.DENIED)]))
    assert scanned(store, connector).score.unread == ("Key",)
    for id in ("key-old", "key-owner", "key-used"):
        store.assign(assigned(id, Effect.DISABLED, "s", policy=id))
    assert scanned(store, connector, NOW + DAY).score.unread == ()


def test_assigned_parameters_hold_in_their_scope_and_change_what_is_evaluated_again(store: Store) -> None:
    scanned(store, two())
    strict = {"key-old": {"max_days": 1}}
    store.assign(assigned("x", Effect.AUDIT, "one", policy="key-old", parameters=strict))
    summary = scanned(store, two(), NOW)
    old = {
        row.assessment.scope: (row.assessment.status, row.assessment.parameters)
        for row in store.assessments(policy="key-old")
    }
    assert old == {"one": (U, {"max_days": 1}), "two": (H, {"max_days": 45})}
    assert (summary.evaluated, summary.kept) == (1, 9)
    scanned(store, two(), NOW, parameters={"": {"key-old": {"max_days": 60}}})
    rows = store.assessments(policy="key-old")
    assert {row.assessment.parameters["max_days"] for row in rows} == {60}, "what is given for a scan wins"


WIDE = made(
    {
        "key-copied": policy(
            "key-copied", "Key", unhealthy='everywhere("Bucket").exists(b, b.Public)', hash="key-copied"
        )
    }
)


def test_everywhere_sees_the_scopes_of_the_assignment_alone(store: Store) -> None:
    organization = Scope("o", Provider.AWS, "organization")
    accounts = [organization, account("one", "o"), account("two", "o")]
    given = moved("one", key(), bucket(public=False)) + moved("two", key(), bucket(public=True))
    connector = Given(Estate(given=[*given, *moved("o")], accounts=accounts))

    def statuses() -> dict[str, Status]:
        scan(store, connector, WIDE, clock=lambda: NOW)
        return {row.assessment.scope: row.assessment.status for row in store.assessments()}

    assert statuses() == {"one": U, "two": U}
    store.assign(assigned("x", Effect.AUDIT, "one", policy="key-copied"))
    assert statuses() == {"one": X, "two": U}, "another account may have one, but it is not looked at"
    store.unassign("x", "ann")
    store.assign(assigned("y", Effect.AUDIT, "o", policy="key-copied"))
    assert statuses() == {"one": U, "two": U}


def test_a_tie_of_assignments_is_refused_before_anything_runs(store: Store) -> None:
    connector = company(key())
    store.assign(assigned("x", Effect.AUDIT, policy="key-old"))
    store.assign(assigned("y", Effect.DISABLED, policy="key-old"))
    with pytest.raises(UsageError, match=r"x \(key-old\) and y \(key-old\) differ on its effect"):
        scanned(store, connector)
    assert (connector.collected, store.scans()) == ([], [])


def test_names_are_checked_before_anything_runs(store: Store) -> None:
    connector = company(key())
    with pytest.raises(UsageError, match="unknown policy 'key-owned'; did you mean 'key-owner'"):
        scanned(store, connector, policies=["key-owned"])
    with pytest.raises(UsageError, match="max_days"):
        scanned(store, connector, parameters={"s": {"key-old": {"max_days": 0}}})
    assert (connector.collected, store.scans()) == ([], [])


def test_a_policy_that_is_not_chosen_is_out_of_the_score(store: Store) -> None:
    summary = scanned(store, company(key(Owner="nobody")), policies=["key-used"])
    assert [policy for policy, _ in found(store)] == ["key-used"]
    assert (summary.score.percentage, summary.score.max) == (1, 10)


def test_what_rules_read_is_wanted() -> None:
    asked = wanted(rules(CONTENT, chosen(CONTENT, ["net-log", "key-old"])))
    assert asked == {"Net": {"NetId"}, "Log": {"Of", "On"}, "Key": {"Active", "Created"}}


@dataclass
class Counting(Given):
    requests: int = 3


def test_requests_are_told_where_somebody_is_asked(store: Store) -> None:
    assert scanned(store, company(key())).requests is None
    assert scanned(store, Counting(company(key()).estate)).requests == 3
