from __future__ import annotations

import pytest
from hypothesis import given

from cloudward.rules.compiler import Evaluator
from cloudward.rules.interpreter import evaluate
from tests.rules.build import NOW
from tests.rules.cases import case
from tests.rules.strategies import examples, seeds


def agrees(seed: int) -> None:
    """Several rules on one resource, so that loads are shared."""
    cases = [case(seed + i) for i in range(3)]
    made, rules, params = cases[0], [each.rule for each in cases], [each.params for each in cases]
    evaluator = Evaluator("T", rules, params)
    expected = [
        evaluate(rule, made.resource, made.world, given, NOW)
        for rule, given in zip(rules, params, strict=True)
    ]
    answers = evaluator(made.resource, made.world, NOW)
    for each, verdict, answer in zip(cases, expected, answers, strict=True):
        assert answer == (verdict.status, verdict.due), (
            f"{made}\n{each.rule.unhealthy_text}\n{each.params}\n{evaluator.source()}"
        )


@examples(300)
@given(seeds)
def test_generated_functions_give_what_the_interpreter_gives(seed: int) -> None:
    agrees(seed)


@pytest.mark.slow
@examples(300, times=100)
@given(seeds)
def test_many_generated_functions_give_what_the_interpreter_gives(seed: int) -> None:
    agrees(seed)
