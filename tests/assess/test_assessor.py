from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from cloudward.assess.assessor import ENGINE, Assessor
from cloudward.assess.tree import EVERYWHERE
from cloudward.assess.world import Facts
from cloudward.model import (
    Cause,
    Coverage,
    LastKnown,
    Outcome,
    Reason,
    Resource,
    Severity,
    Source,
)
from tests.assess.build import NOW, coverage, exemption
from tests.assess.content import CONTENT, made
from tests.assess.estate import Estate, flat
from tests.assess.runs import (
    ACCOUNT,
    DAY,
    DENIED,
    READ,
    H,
    N,
    Run,
    U,
    X,
    block,
    bucket,
    estate,
    key,
    log,
    net,
    run,
)


def test_an_assessment_says_what_makes_it_reproducible() -> None:
    found = run(estate(key()))["key-old", "key"]
    assert (found.status, found.cause, found.scope, found.type, found.region) == (H, None, "s", "Key", None)
    assert (found.snapshot, found.engine, found.evaluated_at, found.since) == (
        NOW.isoformat(),
        ENGINE,
        NOW,
        NOW,
    )
    assert (found.policy_hash, found.parameters) == ("key-old", {"max_days": 45})
    assert len(found.document_hash) == 40
    assert len(found.key) == 32
    assert found.due == datetime.fromisoformat("2026-01-16T00:00:00Z")


def test_tags_that_can_be_read_at_last_are_a_change() -> None:
    untagged = replace(key(), unread={"meta.tags": DENIED})
    first = run(estate(untagged))
    assert run(estate(untagged), first, NOW + DAY).evaluated == 0
    assert run(estate(key()), first, NOW + DAY).evaluated == 3


def test_what_is_unchanged_is_not_evaluated_again() -> None:
    first = run(estate(ACCOUNT, key(), net(), log(), bucket(), block(False)))
    again = run(estate(ACCOUNT, key(), net(), log(), bucket(), block(False)), first, NOW + DAY)
    assert (first.evaluated, first.kept) == (8, 0)
    assert (again.evaluated, again.kept) == (0, 8)
    assert again.found == [replace(each, snapshot=(NOW + DAY).isoformat()) for each in first.found]


def test_a_key_becomes_too_old_with_no_change_of_its_document() -> None:
    here = estate(key("a"), key("b", created="2025-12-02T00:00:00Z"))
    first = run(here)
    before = run(here, first, datetime.fromisoformat("2026-01-15T23:59:59Z"))
    assert before.evaluated == 0
    then = datetime.fromisoformat("2026-01-16T00:00:00Z")
    after = run(here, before, then)
    assert (after.evaluated, after.kept) == (1, 5)
    assert (after["key-old", "a"].status, after["key-old", "a"].since) == (U, then)
    assert after.status("key-old", "b") is H
    assert after["key-old", "a"].due is None


def test_an_exemption_expires_with_no_change_of_the_document() -> None:
    here, until = estate(key("a", Owner="nobody"), key("b")), NOW + 2 * DAY
    agreed = [exemption("key-owner", id="x", resource="a", expires=until)]
    first = run(here, exempt=agreed)
    assert (first["key-owner", "a"].exemption, first["key-owner", "a"].due) == ("x", until)
    assert run(here, first, NOW + DAY, exempt=agreed).evaluated == 0
    after = run(here, first, until, exempt=agreed)
    assert (after.evaluated, after.kept) == (1, 5)
    assert after["key-owner", "a"].exemption is None
    assert after["key-owner", "a"].due is None
    assert after["key-owner", "a"].since == NOW


def test_an_exemption_that_is_made_or_taken_back_touches_its_own_alone() -> None:
    here = estate(key("a"), key("b"))
    first = run(here)
    agreed = [exemption("key-owner", id="x", resource="a", expires=NOW + 9 * DAY)]
    made = run(here, first, NOW + DAY, exempt=agreed)
    assert (made.evaluated, made["key-owner", "a"].exemption) == (1, "x")
    back = run(here, made, NOW + DAY)
    assert (back.evaluated, back["key-owner", "a"].exemption, back["key-owner", "a"].due) == (1, None, None)


def test_a_clock_that_went_back_makes_everything_new() -> None:
    first = run(estate(key()))
    assert run(estate(key()), first, NOW - DAY).evaluated == 3


def test_parameters_of_a_scope_change_their_policy_alone() -> None:
    here = estate(key())
    first = run(here)
    strict = run(here, first, NOW + DAY, parameters={"s": {"key-old": {"max_days": 1}}})
    assert strict.evaluated == 1
    assert (strict["key-old", "key"].status, strict["key-old", "key"].parameters) == (U, {"max_days": 1})
    assert run(here, first, NOW + DAY, parameters={"other": {"key-old": {"max_days": 1}}}).evaluated == 0
    assert run(here, parameters={EVERYWHERE: {"key-old": {"max_days": 1}}}).status("key-old", "key") is U


@pytest.mark.parametrize(
    ("changed", "evaluated"),
    [
        (log(on=False), ["account-log", "net-here", "net-log"]),
        (log(Of="other"), ["net-log"]),
        (log(Note="changed"), []),
        (net("us"), []),
    ],
)
def test_facts_about_others_matter_to_the_policies_that_ask_for_them(
    changed: Resource, evaluated: list[str]
) -> None:
    first = run(estate(ACCOUNT, net(), log(), key(), bucket(), block(True)))
    rest = [each for each in (ACCOUNT, net(), log(), key(), bucket(), block(True)) if each.id != changed.id]
    after = run(estate(*rest, changed), first, NOW + DAY)
    new = [each.policy for each in after.found if each.evaluated_at > NOW and each.resource != "net-us"]
    assert sorted(new) == evaluated


def test_a_view_matters_to_the_policies_that_read_it() -> None:
    first = run(estate(bucket(), block(True)))
    assert first.status("bucket-public", "bucket") is H
    after = run(estate(bucket(), block(False)), first, NOW + DAY)
    assert (after.evaluated, after.status("bucket-public", "bucket")) == (1, U)


def test_fields_that_no_policy_reads_do_not_matter() -> None:
    first = run(estate(key()))
    assert run(estate(key(Seen="just now", Undeclared=1)), first, NOW + DAY).evaluated == 0
    assert run(estate(key(Owner="bob")), first, NOW + DAY).evaluated == 3


def test_what_is_unread_matters() -> None:
    first = run(estate(key()))
    unread = replace(key(Runtime={}), unread={"Runtime.Used": DENIED})
    after = run(estate(unread), first, NOW + DAY)
    assert after.evaluated == 3
    assert (after["key-used", "key"].status, after["key-used", "key"].cause) == (X, DENIED)
    elsewhere = replace(key(), unread={"Undeclared": DENIED})
    assert run(estate(elsewhere), first, NOW + DAY).evaluated == 0


def test_a_new_version_of_a_policy_starts_since_anew_and_says_so() -> None:
    first = run(estate(key()))
    newer = made({**CONTENT.policies, "key-owner": replace(CONTENT.policies["key-owner"], hash="2")})
    after = run(estate(key()), first, NOW + DAY, content=newer)
    assert after.evaluated == 1
    found = after["key-owner", "key"]
    assert (found.status, found.since, found.restarted, found.policy_hash) == (H, NOW + DAY, True, "2")
    later = run(estate(key(Owner="nobody")), after, NOW + 2 * DAY, content=newer)["key-owner", "key"]
    assert (later.status, later.since, later.restarted) == (U, NOW + 2 * DAY, False)


def test_another_severity_is_no_new_version() -> None:
    first = run(estate(key()))
    graver = made(
        {**CONTENT.policies, "key-owner": replace(CONTENT.policies["key-owner"], severity=Severity.HIGH)}
    )
    after = run(estate(key()), first, NOW + DAY, content=graver)
    assert (after.evaluated, after["key-owner", "key"].severity) == (0, Severity.HIGH)
    assert after["key-owner", "key"].since == NOW


def denied_once() -> Resource:
    found = replace(key(), unread={"Owner": DENIED})
    return replace(found, properties={name: v for name, v in found.properties.items() if name != "Owner"})


def test_unknown_keeps_since_and_what_was_last_known() -> None:
    first = run(estate(key()))
    seen = run(estate(key()), first, NOW + DAY)
    dark = run(estate(denied_once()), replace_at(seen, NOW + DAY), NOW + 2 * DAY)
    found = dark["key-owner", "key"]
    assert (found.status, found.cause, found.since) == (X, DENIED, NOW)
    assert found.last_known == LastKnown(H, NOW + DAY)
    still = run(estate(denied_once()), dark, NOW + 3 * DAY)["key-owner", "key"]
    assert (still.since, still.last_known) == (NOW, LastKnown(H, NOW + DAY))
    same = run(estate(key()), dark, NOW + 3 * DAY)["key-owner", "key"]
    assert (same.status, same.since, same.last_known) == (H, NOW, None)
    worse = run(estate(key(Owner="nobody")), dark, NOW + 3 * DAY)["key-owner", "key"]
    assert (worse.status, worse.since, worse.last_known) == (U, NOW + 3 * DAY, None)


def replace_at(seen: Run, at: datetime) -> Run:
    """As if one assessment of the run was made then, so that the run counts as of then."""
    return Run([replace(seen.found[0], evaluated_at=at), *seen.found[1:]], seen.evaluated, seen.kept)


def test_unknown_from_the_start_has_nothing_that_was_known() -> None:
    first = run(estate(denied_once()))
    assert (first["key-owner", "key"].since, first["key-owner", "key"].last_known) == (NOW, None)
    after = run(estate(key()), first, NOW + DAY)["key-owner", "key"]
    assert (after.status, after.since) == (H, NOW + DAY)


def without(type: str, *instead: Coverage) -> Estate:
    kept = [row for row in READ if row.type != type]
    return Estate(given=[*kept, *instead])


def test_a_type_that_cannot_be_read_keeps_its_assessments_as_unknown() -> None:
    first = run(estate(key(Owner="nobody")))
    dark = run(without("Key", coverage("Key", Outcome.DENIED, call="iam:ListKeys")), first, NOW + DAY)
    assert (dark.evaluated, len(dark.found)) == (0, 3)
    found = dark["key-owner", "key"]
    assert (found.status, found.cause) == (X, Cause(Reason.DENIED, "iam:ListKeys", "Key in s"))
    assert (found.since, found.last_known, found.due) == (NOW, LastKnown(U, NOW), None)
    still = run(without("Key"), dark, NOW + 2 * DAY)["key-owner", "key"]
    assert (still.since, still.last_known) == (NOW, LastKnown(U, NOW))
    again = run(estate(key(Owner="nobody")), dark, NOW + 2 * DAY)
    assert again.evaluated == 3
    assert (again["key-owner", "key"].status, again["key-owner", "key"].since) == (U, NOW)


def test_a_resource_that_is_gone_takes_its_assessments_with_it() -> None:
    first = run(estate(key()))
    assert run(estate(), first, NOW + DAY).found == []
    dark = run(without("Key"), first, NOW + DAY)
    assert run(estate(), dark, NOW + 2 * DAY).found == []


def test_only_the_region_that_cannot_be_read_is_unknown() -> None:
    us = [coverage("Net", region="us"), coverage("Log", region="us")]
    first = run(estate(net("eu"), net("us"), log(region="eu"), log(region="us"), *us))
    dark = [coverage("Net", Outcome.FAILED, region="us"), coverage("Log", region="us")]
    after = run(estate(log(region="eu"), log(region="us"), *dark), first, NOW + DAY)
    assert {(each.policy, each.resource, each.status) for each in after.found} == {
        ("net-here", "net-us", X),
        ("net-log", "net-us", X),
    }


def test_an_exemption_stays_on_what_cannot_be_read() -> None:
    agreed = [exemption("key-owner", id="x", expires=NOW + 2 * DAY)]
    first = run(estate(key()), exempt=agreed)
    dark = run(without("Key"), first, NOW + DAY, exempt=agreed)
    assert (dark["key-owner", "key"].exemption, dark["key-owner", "key"].due) == ("x", NOW + 2 * DAY)
    assert run(without("Key"), dark, NOW + 3 * DAY, exempt=agreed)["key-owner", "key"].exemption is None


def test_a_resource_made_anew_has_no_past() -> None:
    first = run(estate(replace(key(Owner="nobody"), generation="1")))
    after = run(estate(replace(key(Owner="nobody"), generation="2")), first, NOW + DAY)
    assert (after.evaluated, after["key-owner", "key"].since) == (3, NOW + DAY)


def test_a_resource_of_which_nobody_may_read_when_it_was_made_keeps_its_past() -> None:
    first = run(estate(replace(key(Owner="nobody"), generation="1")))
    dark = run(estate(replace(key(Owner="nobody"), generation="")), first, NOW + DAY)
    assert dark["key-owner", "key"].since == NOW
    again = run(estate(replace(key(Owner="nobody"), generation="1")), dark, NOW + 2 * DAY)
    assert again["key-owner", "key"].since == NOW


def test_a_policy_that_needs_observed_state_does_not_apply_to_code() -> None:
    found = run(estate(replace(key(), source=Source("main.tf", 3))))
    assert found.status("key-used", "key") is N
    assert found.status("key-owner", "key") is H


def test_facts_of_a_list_that_may_have_more_prove_nothing() -> None:
    rows = [row for row in READ if row.type != "Log"]
    dark = Estate(
        given=[*rows, coverage("Log", Outcome.DENIED, region="eu", call="x:ListLogs"), net(), ACCOUNT]
    )
    found = run(dark)
    assert {each.status for each in found.found} == {X}
    assert found["net-log", "net-eu"].cause == Cause(Reason.DENIED, "x:ListLogs", "Log in s eu")
    assert run(dark.add(log(on=True))).status("net-log", "net-eu") is H


def test_only_chosen_policies_run() -> None:
    assessor = Assessor(
        CONTENT, estate(key()), Facts(estate(key()), CONTENT.types, []), now=NOW, policies=["key-owner"]
    )
    assert [each.policy for each in flat(assessor.assess(Estate().accounts[0]))] == ["key-owner"]


def test_types_that_were_not_read_are_named() -> None:
    here = estate(key()).without(coverage("Block"), coverage("Net", region="eu"))
    assessor = Assessor(CONTENT, here, Facts(here, CONTENT.types, []), now=NOW)
    assert assessor.unread(here.accounts[0]) == {"Net"}
