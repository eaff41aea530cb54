from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.assess.assignments import Assigned, Assignments, problems
from cloudward.assess.tree import EVERYWHERE, Tree
from cloudward.errors import UsageError
from cloudward.model import Assignment, Control, Effect, Parameter, Provider, Scope, Standard
from tests.assess.build import NOW, policy

AUDIT, DISABLED = Effect.AUDIT, Effect.DISABLED
DAYS = Parameter("int", 45, min=1)
POLICIES = {id: policy(id, params={"days": DAYS, "size": DAYS}) for id in ("p", "q", "r")}


def standard(id: str, *policies: str) -> Standard:
    controls = (Control("1", "one", policies=policies),)
    return Standard(id, id, "1", "us", "https://example.org", (Provider.AWS,), {}, controls)


STANDARDS = {each.id: each for each in (standard("pq", "p", "q"), standard("qr", "q", "r"))}
#     o ── unit ── a
#       └─ b
TREE = [
    Scope("o", Provider.AWS, "organization"),
    Scope("unit", Provider.AWS, "organizational_unit", parent="o"),
    Scope("a", Provider.AWS, "account", parent="unit"),
    Scope("b", Provider.AWS, "account", parent="o"),
]


def assigned(id: str, effect: Effect = AUDIT, scope: str = EVERYWHERE, **more: Any) -> Assignment:
    return Assignment(id, effect, "ann", NOW, scope, **more)


def holding(*assignments: Assignment, scopes: Iterable[Scope] = TREE) -> Assignments:
    return Assignments(assignments, STANDARDS, scopes)


def test_with_no_assignment_everything_is_audited_everywhere() -> None:
    assert holding().of("p", "a") == Assigned(AUDIT, {}, ())
    assert holding().reach("p", "a") is None


def test_one_holds_in_its_scope_and_below() -> None:
    found = holding(assigned("x", DISABLED, "unit", policy="p"))
    assert [found.audited("p", scope) for scope in ("o", "unit", "a", "b")] == [True, False, False, True]
    assert found.audited("q", "a")


def test_one_of_all_policies_leaves_nothing_out() -> None:
    found = holding(assigned("x", DISABLED, "a"))
    assert not any(found.audited(id, "a") for id in POLICIES)


def test_what_is_excluded_is_as_if_it_was_never_said_and_so_is_what_is_below() -> None:
    found = holding(assigned("x", DISABLED, "o", policy="p", exclude=("unit",)))
    assert [found.audited("p", scope) for scope in ("o", "unit", "a", "b")] == [False, True, True, False]


def test_the_nearest_one_wins_and_can_turn_on_what_is_off_above() -> None:
    found = holding(assigned("all", DISABLED), assigned("x", AUDIT, "unit", standard="pq"))
    assert [found.audited("p", scope) for scope in ("a", "b")] == [True, False]
    assert found.of("p", "a").by[0].id == "x"
    assert (found.audited("r", "a"), found.somewhere("p"), found.somewhere("r")) == (False, True, False)


def test_in_one_scope_a_policy_is_nearer_than_a_standard_and_that_than_all() -> None:
    everything, some = assigned("all", DISABLED, "a"), assigned("some", AUDIT, "a", standard="pq")
    one = assigned("one", DISABLED, "a", policy="p")
    found = holding(everything, some, one)
    assert {id: found.of(id, "a").by[0].id for id in POLICIES} == {"p": "one", "q": "some", "r": "all"}


def test_parameters_come_from_the_nearest_that_gives_them_value_by_value() -> None:
    found = holding(
        assigned("far", parameters={"p": {"days": 1, "size": 1}}),
        assigned("middle", scope="o", standard="pq", parameters={"p": {"days": 2}}),
        assigned("near", scope="a", policy="p"),
    )
    assert found.of("p", "a").parameters == {"days": 2, "size": 1}
    assert found.of("p", "else").parameters == {"days": 1, "size": 1}


def test_two_standards_that_say_the_same_are_no_tie() -> None:
    found = holding(
        assigned("x", scope="o", standard="pq", parameters={"q": {"days": 2}}),
        assigned("y", scope="o", standard="qr", parameters={"q": {"days": 2, "size": 3}}),
    )
    assert found.of("q", "a").parameters == {"days": 2, "size": 3}
    assert [each.id for each in found.of("q", "a").by] == ["x", "y"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            assigned("y", DISABLED, "o", standard="qr"),
            r"^q in o: x \(pq\) and y \(qr\) differ on its effect: audit and disabled$",
        ),
        (
            assigned("y", AUDIT, "o", standard="qr", parameters={"q": {"days": 3}}),
            r"^q in o: x \(pq\) and y \(qr\) differ on its parameter 'days': 2 and 3$",
        ),
    ],
)
def test_a_tie_is_refused_and_names_both(other: Assignment, message: str) -> None:
    one = assigned("x", scope="o", standard="pq", parameters={"q": {"days": 2}})
    found = holding(one, other)
    with pytest.raises(UsageError, match=message) as refused:
        found.check(POLICIES)
    assert refused.value.hint == "say it for the policy itself: cloudward assign add q"
    own = assigned("own", scope="o", policy="q", parameters={"q": {"days": 9}})
    holding(one, other, own).check(POLICIES)
    with pytest.raises(UsageError, match="differ"):
        holding(one, other, replace(own, exclude=("unit",))).check(POLICIES)


def test_a_content_that_no_longer_knows_a_parameter_is_said() -> None:
    stale = assigned("x", policy="p", parameters={"p": {"age": 2}})
    with pytest.raises(UsageError, match=r"^assignment x: p: unknown parameter 'age'"):
        holding(stale).check(POLICIES)
    holding(assigned("x", policy="gone", parameters={"gone": {"age": 2}})).check(POLICIES)


def test_the_reach_of_a_policy_is_its_assignment() -> None:
    assert holding(assigned("x", scope="unit", policy="p")).reach("p", "a") == frozenset({"unit", "a"})
    without = holding(assigned("x", policy="p", exclude=("unit",)))
    assert without.reach("p", "b") == frozenset({"o", "b"})
    assert without.reach("p", "a") is None
    two = holding(assigned("x", scope="unit", standard="pq"), assigned("y", scope="unit", standard="qr"))
    assert two.reach("q", "a") == frozenset({"unit", "a"})


def test_a_loop_of_scopes_ends_here_too() -> None:
    loop = [Scope("s", Provider.AWS, "a", parent="t"), Scope("t", Provider.AWS, "a", parent="s")]
    assert not holding(assigned("x", DISABLED, "t", policy="p"), scopes=loop).audited("p", "s")


@pytest.mark.parametrize(
    ("wrong", "key", "message"),
    [
        (assigned("x", policy="pp"), "policy", "unknown policy 'pp'"),
        (assigned("x", standard="pqx"), "standard", "unknown standard 'pqx'; did you mean 'pq'?"),
        (assigned("x", policy="p", standard="pq"), "standard", "an assignment names a policy or a standard"),
        (assigned("x", scope="units"), "scope", "unknown scope 'units'; did you mean 'unit'?"),
        (assigned("x", exclude=("c",)), "exclude", "unknown scope 'c'"),
        (assigned("x", scope="unit", exclude=("b",)), "exclude", "b is not below unit"),
        (assigned("x", scope="unit", exclude=("unit",)), "exclude", "unit is not below unit"),
        (assigned("x", policy="p", parameters={"p": {"days": 0}}), "parameters", "0 is less than 1"),
        (assigned("x", policy="p", parameters={"q": {"days": 1}}), "parameters", "p does not hold q"),
        (assigned("x", standard="pq", parameters={"r": {"days": 1}}), "parameters", "pq does not hold r"),
        (assigned("x", parameters={"s": {"days": 1}}), "parameters", "unknown policy 's'"),
        (
            assigned("x", DISABLED, policy="p", parameters={"p": {"days": 1}}),
            "parameters",
            "what is disabled has no parameters",
        ),
        (assigned("x", DISABLED, scope="b", policy="r"), "scope", "old assigns r to b already"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_key(wrong: Assignment, key: str, message: str) -> None:
    others = [assigned("old", scope="b", policy="r"), replace(wrong, scope="o")]
    [(found, said)] = problems(wrong, POLICIES, STANDARDS, Tree(TREE), others)
    assert found == key
    assert message in said


IDS = ["s0", "s1", "s2", "s3", "s4"]
PARAMETERS = st.dictionaries(
    st.sampled_from(["p", "q"]),
    st.dictionaries(st.sampled_from(["days", "size"]), st.integers(1, 2)),
    max_size=2,
)
WHAT: st.SearchStrategy[Mapping[str, str]] = st.sampled_from(
    [{}, {"policy": "p"}, {"policy": "q"}, {"standard": "pq"}, {"standard": "qr"}]
)


@st.composite
def scope_trees(draw: st.DrawFn) -> list[Scope]:
    """Each scope is below an earlier one, or below nothing."""
    parents = [draw(st.sampled_from([None, *IDS[:n]])) for n in range(len(IDS))]
    return [Scope(id, Provider.AWS, "unit", parent=above) for id, above in zip(IDS, parents, strict=True)]


@st.composite
def assignments(draw: st.DrawFn) -> list[Assignment]:
    return [
        Assignment(
            f"x{n}",
            draw(st.sampled_from(Effect)),
            "ann",
            NOW,
            draw(st.sampled_from([EVERYWHERE, *IDS])),
            exclude=tuple(draw(st.sets(st.sampled_from(IDS), max_size=2))),
            parameters=draw(PARAMETERS),
            **draw(WHAT),
        )
        for n in range(draw(st.integers(0, 6)))
    ]


def naively(given: list[Assignment], scopes: list[Scope], policy: str, scope: str) -> object:
    """Effect and parameters as the guide words it, or `tie`."""
    parent = {each.id: each.parent for each in scopes}

    def way_up(place: str) -> list[str]:
        above = parent[place]
        return [place, *(way_up(above) if above else [EVERYWHERE])]

    path = way_up(scope)
    holds = [a for a in given if a.scope in path and not set(a.exclude) & set(path)]
    speaks = [
        a
        for a in holds
        if a.policy == policy
        or (a.standard and policy in {"pq": "pq", "qr": "qr"}[a.standard])
        or not (a.policy or a.standard)
    ]

    def distance(a: Assignment) -> tuple[int, int]:
        return path.index(a.scope), 0 if a.policy else 1 if a.standard else 2

    def nearest(values: list[tuple[tuple[int, int], Any]], otherwise: Any) -> Any:
        near = [value for far, value in values if far == min(values, key=lambda each: each[0])[0]]
        return otherwise if not near else near[0] if len(set(near)) == 1 else "tie"

    effect = nearest([(distance(a), a.effect) for a in speaks], AUDIT)
    parameters = {}
    for name in ("days", "size"):
        given_values = [
            (distance(a), a.parameters[policy][name]) for a in speaks if name in a.parameters.get(policy, {})
        ]
        parameters[name] = nearest(given_values, None)
    said = {name: value for name, value in parameters.items() if value is not None}
    return "tie" if "tie" in (effect, *said.values()) else (effect, said)


def resolved(found: Assignments, policy: str, scope: str) -> object:
    try:
        holding = found.of(policy, scope)
    except UsageError:
        return "tie"
    return holding.effect, dict(holding.parameters)


@given(scope_trees(), assignments(), st.sampled_from(["p", "q", "r"]), st.sampled_from(IDS))
def test_what_holds_is_what_a_plain_reading_of_the_guide_says(
    scopes: list[Scope], given: list[Assignment], policy: str, scope: str
) -> None:
    assert resolved(Assignments(given, STANDARDS, scopes), policy, scope) == naively(
        given, scopes, policy, scope
    )


@given(scope_trees(), assignments())
def test_what_passes_the_check_meets_no_tie_later(scopes: list[Scope], given: list[Assignment]) -> None:
    found = Assignments(given, STANDARDS, scopes)
    ties = [(p, s) for p in POLICIES for s in (EVERYWHERE, *IDS, "new") if resolved(found, p, s) == "tie"]
    try:
        found.check(POLICIES)
    except UsageError:
        assert ties
    else:
        assert ties == []
