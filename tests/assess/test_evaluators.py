from __future__ import annotations

from dataclasses import replace
from itertools import product

from cloudward.assess.evaluators import OFTEN, Evaluators, Given
from cloudward.assess.world import Facts
from cloudward.model import Resource, Source
from tests.assess.build import NOW
from tests.assess.content import CONTENT
from tests.assess.estate import Estate
from tests.assess.runs import DENIED, H, N, key

TYPE, RULES = CONTENT.types["Key"], CONTENT.rules("Key")
PARAMS = [{"max_days": 45} if rule.policy == "key-old" else {} for rule in RULES]
WORLD = Facts(Estate(), CONTENT.types, RULES)


def keys() -> list[Resource]:
    """One of every kind, read and unread."""
    kinds = product(
        ["2025-11-01T00:00:00Z", "2025-12-20T00:00:00Z"], [True, False], ["ann", "nobody"], [True, False],
        [None, "Owner", "Active", "Created", "Runtime", ""], [None, Source("main.tf", 1)],
    )  # fmt: skip
    return [made(*kind) for kind in kinds]


def made(
    created: str, active: bool, owner: str, used: bool, unread: str | None, source: Source | None
) -> Resource:
    found = key(created=created, Active=active, Owner=owner, Runtime={"Used": used})
    document = {name: v for name, v in found.properties.items() if name != unread and unread != ""}
    return replace(
        found, properties=document, unread={} if unread is None else {unread: DENIED}, source=source
    )


def test_what_is_compiled_says_what_is_interpreted() -> None:
    often = Evaluators().of(TYPE, RULES, PARAMS)
    resources = keys()
    assert len(resources) > 2 * OFTEN
    numbers = range(len(RULES))
    for each in resources:
        once = Evaluators().of(TYPE, RULES, PARAMS)
        assert often.evaluate(numbers, each, WORLD, NOW) == once.evaluate(numbers, each, WORLD, NOW)


def test_only_the_chosen_rules_are_evaluated() -> None:
    rules = Evaluators().of(TYPE, RULES, PARAMS)
    for _ in range(2 * OFTEN):
        given = rules.evaluate([1], key(Owner="ann"), WORLD, NOW)
    assert given == {1: Given(H)}


def test_what_reads_observed_state_does_not_apply_to_code() -> None:
    rules = Evaluators().of(TYPE, RULES, PARAMS)
    code = replace(key(), source=Source("main.tf", 1))
    assert [given.status for given in rules.evaluate([1, 2], code, WORLD, NOW).values()] == [H, N]


def test_other_parameters_are_other_rules() -> None:
    evaluators = Evaluators()
    strict = [{"max_days": 1} if values else {} for values in PARAMS]
    for _ in range(2 * OFTEN):
        lax_now = evaluators.of(TYPE, RULES, PARAMS).evaluate([0], key(), WORLD, NOW)
        strict_now = evaluators.of(TYPE, RULES, strict).evaluate([0], key(), WORLD, NOW)
    assert lax_now[0].status is H
    assert strict_now[0].status is not H
