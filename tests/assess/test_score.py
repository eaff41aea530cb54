from __future__ import annotations

from collections.abc import Mapping
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward.assess.score import Tally, combine, is_full
from cloudward.model import ControlScore, Exemption, ExemptionCategory, Score, Status
from tests.assess.build import assessment, control, exemption, policy

States = Mapping[str, tuple[float, Mapping[Status, int]]]
H, U, N, X = Status.HEALTHY, Status.UNHEALTHY, Status.NOT_APPLICABLE, Status.UNKNOWN


def score_of(states: States, unread: frozenset[str] = frozenset(), scope: str = "s") -> Score:
    """The score of controls that have one policy each and so many resources in each status."""
    tally = Tally(
        [control(id, max) for id, (max, _) in states.items()], {id: policy(id) for id in states}, {}
    )
    for id, (_, counts) in states.items():
        for status, count in counts.items():
            for number in range(count):
                tally.add([assessment(id, f"{id}-{status}-{number}", status)])
    return tally.score(scope, unread)


def control_of(score: Score, id: str) -> ControlScore:
    return next(control for control in score.controls if control.id == id)


def one(max: float, healthy: int, unhealthy: int, not_applicable: int = 0) -> ControlScore:
    return score_of({"c": (max, {H: healthy, U: unhealthy, N: not_applicable})}).controls[0]


def in_a_layout_of_60(healthy: int, unhealthy: int) -> ControlScore:
    return control_of(score_of({"c": (6, {H: healthy, U: unhealthy}), "rest": (54, {U: 1})}), "c")


def test_vector_1_four_of_78_resources() -> None:
    scored = in_a_layout_of_60(4, 74)
    assert (scored.current, scored.potential) == (0.31, 5.69)
    assert round(scored.potential_increase) == 9


def test_vector_2_five_of_35_resources() -> None:
    scored = in_a_layout_of_60(5, 30)
    assert (scored.current, scored.potential) == (0.86, 5.14)
    assert scored.potential_increase == 8.57
    assert round(scored.potential_increase) == 9


def test_vector_2b_the_older_layout_earns_28_of_60() -> None:
    full = {name: (points, {H: 1}) for name, points in (("a", 10), ("b", 8), ("c", 6), ("d", 4))}
    empty = {name: (points, {U: 1}) for name, points in (("e", 6), ("f", 4), ("g", 12), ("h", 10))}
    score = score_of(full | empty)
    assert (score.current, score.max, round(score.percentage * 100)) == (28, 60, 47)
    assert score.percentage == 0.4667
    assert sum(control.potential for control in score.controls) == 32


def test_vector_3_current_of_three_and_a_third() -> None:
    scored = in_a_layout_of_60(5, 4)
    assert (scored.current, scored.potential) == (3.33, 2.67)
    assert round(scored.potential_increase) == 4


VECTORS_4_TO_15: States = {
    "4-not-applicable": (4, {N: 1}),
    "5-mfa": (10, {H: 1}),
    "6-best-practices": (0, {H: 7, N: 1}),
    "7-enhanced-features": (0, {U: 1}),
    "8-auditing": (1, {H: 1, U: 4}),
    "9-access": (4, {H: 1, U: 1}),
    "10-configurations": (4, {U: 1}),
    "11-endpoint": (2, {U: 1}),
    "12-updates": (6, {U: 1}),
    "13-transit": (4, {H: 5, U: 1}),
    "14-network": (4, {H: 1}),
    "15-rest": (4, {H: 1}),
}


@pytest.mark.parametrize(
    ("id", "current", "max", "percentage", "weight"),
    [
        ("4-not-applicable", 0, 0, 0, 0),
        ("5-mfa", 10, 10, 1, 1),
        ("6-best-practices", 0, 0, 0, 7),
        ("7-enhanced-features", 0, 0, 0, 1),
        ("8-auditing", 0.2, 1, 0.2, 5),
        ("9-access", 2, 4, 0.5, 2),
        ("10-configurations", 0, 4, 0, 1),
        ("11-endpoint", 0, 2, 0, 1),
        ("12-updates", 0, 6, 0, 1),
        ("13-transit", 3.33, 4, 0.8325, 6),
        ("14-network", 4, 4, 1, 1),
        ("15-rest", 4, 4, 1, 1),
    ],
)
def test_vectors_4_to_15(id: str, current: float, max: float, percentage: float, weight: int) -> None:
    scored = control_of(score_of(VECTORS_4_TO_15), id)
    assert (scored.current, scored.max, scored.percentage, scored.weight) == (
        current,
        max,
        percentage,
        weight,
    )


def test_vector_16_the_sum_of_4_to_15() -> None:
    score = score_of(VECTORS_4_TO_15)
    assert (score.current, score.max, score.percentage) == (23.53, 39, 0.6033)


def test_vector_17_two_subscriptions_are_weighted() -> None:
    small = score_of({"c": (10, {H: 50, U: 50})}, scope="small")
    large = score_of({"c": (10, {H: 270, U: 30})}, scope="large")
    assert (small.weight, large.weight) == (100, 300)
    overall = combine("both", [small, large])
    assert (overall.percentage, overall.floor, overall.weight) == (0.8, 0.8, 400)


def test_halves_are_rounded_up() -> None:
    assert one(4, 1, 31).current == 0.13  # 0.125
    assert one(1, 1, 199).current == 0.01  # 0.005


def test_fixing_one_of_two_recommendations_on_a_resource_earns_nothing() -> None:
    tally = Tally([control("c", 4, "p", "q")], {"p": policy("p"), "q": policy("q")}, {})
    tally.add([assessment("p", "r", H), assessment("q", "r", U)])
    assert tally.score("s", ()).current == 0


def test_a_gain_counts_only_resources_that_become_healthy_in_the_whole_control() -> None:
    tally = Tally([control("c", 6, "p", "q"), control("d", 4, "z")], {id: policy(id) for id in "pqz"}, {})
    tally.add([assessment("p", "both", U), assessment("q", "both", U)])
    tally.add([assessment("p", "one", U), assessment("q", "one", H)])
    tally.add([assessment("p", "dark", U), assessment("q", "dark", X)])
    tally.add([assessment("z", "other", H)])
    gains = {gain.policy: gain for gain in tally.score("s", ()).gains}
    assert (gains["p"].unhealthy, gains["p"].freed, gains["p"].points, gains["p"].increase) == (3, 1, 2, 20)
    assert (gains["q"].unhealthy, gains["q"].freed, gains["q"].points) == (1, 0, 0)
    assert "z" not in gains


def test_gains_come_in_the_order_of_what_they_add() -> None:
    score = score_of({"small": (2, {U: 5}), "large": (8, {U: 1})})
    assert [gain.policy for gain in score.gains] == ["large", "small"]


def test_a_policy_in_preview_makes_nothing_unhealthy() -> None:
    tally = Tally([control("c", 4, "p", "q")], {"p": policy("p"), "q": policy("q", preview=True)}, {})
    tally.add([assessment("p", "r", H), assessment("q", "r", U)])
    score = tally.score("s", ())
    assert (score.current, score.gains) == (4, ())


def test_a_policy_that_does_not_run_is_out_of_the_score() -> None:
    tally = Tally([control("c", 4, "p", "gone")], {"p": policy("p", "T")}, {})
    tally.add([assessment("p", "r", H), assessment("gone", "r", U)])
    assert tally.score("s", {"OnlyGoneNeedsThis"}).floor == 1


@pytest.mark.parametrize(
    ("category", "status", "counts"),
    [
        (ExemptionCategory.MITIGATED, U, (1, 0, 0, 0)),
        (ExemptionCategory.MITIGATED, X, (0, 0, 0, 1)),
        (ExemptionCategory.MITIGATED, N, (0, 0, 1, 0)),
        (ExemptionCategory.WAIVER, U, (0, 0, 1, 0)),
        (ExemptionCategory.WAIVER, X, (0, 0, 1, 0)),
        (ExemptionCategory.WAIVER, H, (0, 0, 1, 0)),
    ],
)
def test_what_an_exempt_resource_counts_as(
    category: ExemptionCategory, status: Status, counts: tuple[int, ...]
) -> None:
    agreed = exemption("p", category)
    tally = Tally([control("c", 4, "p")], {"p": policy("p")}, {agreed.id: agreed})
    tally.add([assessment("p", "r", status, agreed.id)])
    scored = tally.score("s", ()).controls[0]
    assert (scored.healthy, scored.unhealthy, scored.not_applicable, scored.unknown) == counts


def test_unknown_counts_as_unhealthy_in_the_floor_alone() -> None:
    score = score_of({"c": (4, {H: 3, X: 1})})
    assert (score.current, score.percentage, score.floor, score.assessed) == (4, 1, 0.75, 0.75)
    assert not is_full(score.controls[0])


def test_a_control_whose_type_was_not_read_earns_nothing_in_the_floor_and_keeps_its_maximum() -> None:
    tally = Tally(
        [control("c", 4, "p"), control("d", 6, "q")], {"p": policy("p", "T"), "q": policy("q", "V")}, {}
    )
    tally.add([assessment("p", "r", H)])
    score = tally.score("s", {"V"})
    assert (score.percentage, score.max, score.floor, score.unread, score.assessed) == (
        1,
        4,
        0.4,
        ("V",),
        0.5,
    )
    assert control_of(score, "d").unread == ("V",)
    assert not is_full(control_of(score, "d"))


def test_nothing_to_score_has_no_floor() -> None:
    score = score_of({"c": (4, {N: 3})})
    assert (score.max, score.percentage, score.floor, score.assessed, score.weight) == (0, 0, None, None, 0)


def test_the_floor_of_several_scopes_is_not_determined_before_each_was_read_whole_once() -> None:
    whole = score_of({"c": (4, {H: 1})})
    tally = Tally([control("c", 4)], {"c": policy("c")}, {})
    assert combine("all", [whole, tally.score("s", {"T"})]).floor is None
    assert combine("all", [whole, tally.score("s", {"T"}, previous=whole)]).floor == 0.5


def test_the_overall_floor_is_the_lowest_mean_that_the_weights_allow() -> None:
    good = score_of({"c": (4, {H: 10})})
    doubtful = score_of({"c": (4, {H: 10, X: 90})})
    assert (doubtful.weight_bounds, doubtful.floor) == ((10, 100), 0.1)
    assert combine("all", [good, doubtful]).floor == round((10 * 1 + 100 * 0.1) / 110, 4)


def test_controls_of_several_scopes_add_up() -> None:
    overall = combine("all", [score_of({"c": (4, {H: 1, U: 1})}), score_of({"c": (4, {H: 2})})])
    scored = overall.controls[0]
    assert (scored.healthy, scored.unhealthy, scored.current, scored.weight) == (3, 1, 3, 4)
    assert overall.gains[0].increase == 25


Estate = list[dict[str, Status]]
"""Resource -> policy -> status."""

statuses = st.dictionaries(st.sampled_from("pqrs"), st.sampled_from([H, U, N]), min_size=1)
estates = st.lists(statuses, max_size=6)


def scored(
    estate: Estate, unread: frozenset[str], exempt: dict[str, Exemption], previous: Score | None = None
) -> Score:
    controls = [control("c", 6, "p", "q"), control("d", 4, "r"), control("e", 0, "s")]
    tally = Tally(controls, {id: policy(id, f"T{id}") for id in "pqrs"}, {e.id: e for e in exempt.values()})
    for number, found in enumerate(estate):
        tally.add(
            assessment(id, str(number), status, exempt[id].id if id in exempt else None)
            for id, status in found.items()
            if f"T{id}" not in unread
        )
    return tally.score("s", unread, previous)


def deny(draw: st.DrawFn, estate: Estate) -> Estate:
    """Some statuses are no longer known."""
    return [{id: X if draw(st.booleans()) else status for id, status in found.items()} for found in estate]


@st.composite
def denied(draw: st.DrawFn) -> tuple[list[Estate], list[Estate], list[frozenset[str]], dict[str, Exemption]]:
    before = draw(st.lists(estates, min_size=1, max_size=3))
    after = [deny(draw, estate) for estate in before]
    unread = [draw(st.frozensets(st.sampled_from([f"T{id}" for id in "pqrs"]), max_size=2)) for _ in before]
    categories = draw(st.dictionaries(st.sampled_from("pqrs"), st.sampled_from(list(ExemptionCategory))))
    return before, after, unread, {id: exemption(id, category) for id, category in categories.items()}


@given(denied())
def test_denying_anything_never_raises_the_floor_nor_the_number_of_full_controls(
    estate: tuple[list[Estate], list[Estate], list[frozenset[str]], dict[str, Exemption]],
) -> None:
    before, after, unread, exempt = estate
    whole = [scored(each, frozenset(), exempt) for each in before]
    dark = [scored(*each) for each in zip(after, unread, repeat(exempt), whole, strict=False)]
    for was, now in zip(whole, dark, strict=True):
        assert was.floor is None or (now.floor is not None and now.floor <= was.floor)
        assert sum(map(is_full, now.controls)) <= sum(map(is_full, was.controls))
    was, now = combine("all", whole), combine("all", dark)
    assert was.floor is None or (now.floor is not None and now.floor <= was.floor)


@given(estates)
def test_with_everything_known_the_floor_is_the_score(estate: Estate) -> None:
    score = scored(estate, frozenset(), {})
    assert score.floor in (None, score.percentage)
    assert score.weight_bounds == (score.weight, score.weight)
