"""What policies and people make of a control."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from cloudward.assess.compliance import DID_NOT_RUN, RANK, STATES, Evidence, extent, judge, ranked, worst
from cloudward.model import (
    Attestation,
    Attested,
    Cause,
    Control,
    ControlState,
    Provider,
    Reason,
    Scope,
    Standard,
    Status,
)
from tests.assess.build import NOW, policy
from tests.assess.runs import DAY

DENIED = Cause(Reason.DENIED, "s3:ListAllMyBuckets", "no")
H, U, X, N = Status.HEALTHY, Status.UNHEALTHY, Status.UNKNOWN, Status.NOT_APPLICABLE
FAILED, PASSED = ControlState.FAILED, ControlState.PASSED
OPEN, NOTHING, MANUAL = ControlState.NOT_DETERMINED, ControlState.NOT_APPLICABLE, ControlState.MANUAL
POLICIES = {
    "one": policy("one", "T"),
    "two": policy("two", "T", "U"),
    "other": policy("other", "Azure::Thing"),
}


def evidence(
    counts: Mapping[str, Counter[Status]],
    gaps: Mapping[str, Cause] | None = None,
    held: tuple[str, ...] = (),
) -> Evidence:
    types = {"T": "aws", "U": "aws", "Azure::Thing": "azure"}
    return Evidence(Scope("s", Provider.AWS, "account"), counts, {}, held, (gaps or {}).get, types)


def state(control: Control, found: Evidence, word: Attestation | None = None) -> ControlState:
    results = [result for id in control.policies if (result := found.result(POLICIES[id]))]
    judged = judge(control, "s", results, word).state
    ranks = [RANK[state] for id in control.policies if (state := found.state(POLICIES[id]))]
    assert STATES[ranked(control, ranks, word)] is judged, "the quick way comes to the same"
    return judged


def word(state: Attested = Attested.COMPLIANT) -> Attestation:
    return Attestation("a", "st", "1", state, "We looked.", "ann", "bob", NOW, NOW + DAY)


AUTOMATED = Control("1", "Both", policies=("one", "two"))
IN_PART = Control("1", "Both, and a person", policies=("one",), manual="Look at it.")
BY_HAND = Control("1", "A person", manual="Look at it.")
UNCOVERED = Control("1", "Nobody", uncovered="It is not in a cloud.")


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ({H: 3}, {H: 1}, PASSED),
        ({H: 3}, {N: 1}, PASSED),
        ({H: 3, U: 1}, {H: 1}, FAILED),
        ({H: 3, X: 1}, {H: 1}, OPEN),
        ({H: 3, X: 1}, {U: 1}, FAILED),
        ({N: 3}, {N: 1}, NOTHING),
        ({}, {}, NOTHING),
    ],
)
def test_a_control_is_as_good_as_the_worst_that_its_policies_find(
    one: Mapping[Status, int], two: Mapping[Status, int], expected: ControlState
) -> None:
    assert state(AUTOMATED, evidence({"one": Counter(one), "two": Counter(two)})) is expected


@pytest.mark.parametrize("found", [{H: 3}, {N: 3}, {}])
def test_a_type_that_was_not_read_keeps_a_control_from_passing(found: Mapping[Status, int]) -> None:
    given = evidence({"one": Counter(found), "two": Counter(found)}, {"U": DENIED})
    assert state(AUTOMATED, given) is OPEN
    result = given.result(POLICIES["two"])
    assert result is not None
    assert result.causes == (DENIED,)


def test_a_failure_stands_although_not_everything_was_read() -> None:
    assert state(AUTOMATED, evidence({"one": Counter({U: 1})}, {"U": DENIED})) is FAILED


def test_a_policy_that_did_not_run_says_nothing_of_what_is_there() -> None:
    given = evidence({"one": Counter({H: 1})}, held=("T",))
    assert state(AUTOMATED, given) is OPEN
    result = given.result(POLICIES["two"])
    assert result is not None
    assert result.causes == (DID_NOT_RUN,)


def test_a_policy_of_another_provider_does_not_count() -> None:
    control = Control("1", "Both clouds", policies=("one", "other"))
    given = evidence({"one": Counter({H: 1})}, {"Azure::Thing": DENIED}, held=("T",))
    assert state(control, given) is PASSED
    assert given.result(POLICIES["other"]) is None


def test_what_a_person_has_to_say_is_manual_until_he_says_it() -> None:
    assert state(BY_HAND, evidence({})) is MANUAL
    assert state(BY_HAND, evidence({}), word()) is PASSED
    assert state(BY_HAND, evidence({}), word(Attested.NON_COMPLIANT)) is FAILED


def test_what_nothing_answers_is_not_covered_until_a_person_says_it() -> None:
    assert state(UNCOVERED, evidence({})) is ControlState.NOT_COVERED
    assert state(UNCOVERED, evidence({}), word()) is PASSED


def test_where_policies_decide_a_persons_yes_changes_nothing_and_his_no_does() -> None:
    failing, open_, passing = (evidence({"one": Counter({status: 1})}) for status in (U, X, H))
    assert [state(IN_PART, each, word()) for each in (failing, open_, passing)] == [FAILED, OPEN, PASSED]
    assert state(IN_PART, passing, word(Attested.NON_COMPLIANT)) is FAILED


def test_where_policies_find_nothing_the_persons_part_is_left() -> None:
    nothing = evidence({"one": Counter({N: 1})})
    assert state(IN_PART, nothing) is MANUAL
    assert state(IN_PART, nothing, word()) is PASSED


def test_several_scopes_are_as_good_as_the_worst() -> None:
    assert worst([PASSED, NOTHING]) is PASSED
    assert worst([PASSED, MANUAL, OPEN]) is OPEN
    assert worst([OPEN, FAILED]) is FAILED
    assert worst([]) is NOTHING


def test_automated_in_part_counts_as_automated() -> None:
    controls = (AUTOMATED, IN_PART, BY_HAND, UNCOVERED)
    standard = Standard("st", "t", "1", "p", "https://x.example", (Provider.AWS,), {}, controls)
    assert vars(extent(standard)) == {"controls": 4, "automated": 2, "manual": 1, "not_covered": 1}
