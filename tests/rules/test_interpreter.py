from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cel_expr_python import cel
from cel_expr_python.ext import ext_strings
from hypothesis import given

from cloudward.model import Cause, Reason, Status
from cloudward.rules.ast import Expr
from cloudward.rules.interpreter import evaluate
from cloudward.rules.printer import text
from tests.rules.build import NOW, Table, resource, rule
from tests.rules.cases import case, filled
from tests.rules.replay import replayed
from tests.rules.strategies import Maker, examples, seeds

STATUS = {True: Status.UNHEALTHY, False: Status.HEALTHY, None: Status.UNKNOWN}


@cache
def environment() -> Any:
    return cel.NewEnv(variables={"p": cel.Type.DYN}, extensions=[ext_strings.ExtStrings()])


def google(condition: Expr, document: dict[str, Any]) -> Status:
    """What follows from Google's evaluator; unknown for an error and for what is no boolean."""
    program = environment().compile(text(condition), disable_check=True)
    result = program.eval(environment().Activation({"p": document}))
    return STATUS[result.value() if result.type() == cel.Type.BOOL else None]


def ours(condition: Expr, document: dict[str, Any]) -> Status:
    return evaluate(rule(condition), resource(document), Table(), {}, NOW).status


def agrees_with_google(seed: int) -> None:
    maker = Maker(seed)
    condition, document = maker.condition(), maker.document()
    document = document if isinstance(document, dict) else {}
    assert ours(condition, document) is google(condition, document), (text(condition), document)


@examples(500)
@given(seeds)
def test_random_conditions_give_what_googles_evaluator_gives(seed: int) -> None:
    agrees_with_google(seed)


@pytest.mark.slow
@examples(500, times=50)
@given(seeds)
def test_many_random_conditions_give_what_googles_evaluator_gives(seed: int) -> None:
    agrees_with_google(seed)


def leaves_reproduce(seed: int) -> None:
    made = case(seed, untagged=True)
    verdict = evaluate(made.rule, made.resource, made.world, made.params, NOW)
    leaves = verdict.explanation.leaves
    shown = "\n".join(str(leaf) for leaf in leaves)
    assert replayed(made.rule, leaves, made.params) is verdict.status, f"{made}\n{verdict}\n{shown}"
    causes = [leaf.cause for leaf in leaves if leaf.result is None]
    assert verdict.cause in causes if verdict.status is Status.UNKNOWN else verdict.cause is None


@examples(300)
@given(seeds)
def test_the_leaves_alone_reproduce_the_status(seed: int) -> None:
    leaves_reproduce(seed)


def stays(seed: int) -> None:
    made = case(seed)
    status = evaluate(made.rule, made.resource, made.world, made.params, NOW).status
    if status is Status.UNKNOWN:
        return
    maker = Maker(seed + 1)
    for path in made.resource.unread:
        for value in (None, maker.json(), maker.json(), maker.document(["string"])):
            other = filled(made, path, value)
            known = evaluate(other.rule, other.resource, other.world, other.params, NOW).status
            assert known is status, f"{made}\n{path} = {value}: {known}, not {status}"


@examples(300)
@given(seeds)
def test_a_definite_status_stays_whatever_is_unread(seed: int) -> None:
    stays(seed)


def holds_until_due(seed: int) -> None:
    made = case(seed)
    verdict = evaluate(made.rule, made.resource, made.world, made.params, NOW)
    for hours in (1, 23, 24 * 7 + 5, 24 * 16, 24 * 32, 24 * 400):
        later = NOW + timedelta(hours=hours)
        if verdict.due is None or later < verdict.due:
            then = evaluate(made.rule, made.resource, made.world, made.params, later).status
            assert then is verdict.status, f"{made}\n{verdict} after {hours} hours {then}"


@examples(300)
@given(seeds)
def test_a_status_holds_until_it_is_due(seed: int) -> None:
    holds_until_due(seed)


@pytest.mark.slow
@examples(300, times=25)
@given(seeds)
def test_many_random_cases(seed: int) -> None:
    leaves_reproduce(seed)
    stays(seed)
    holds_until_due(seed)


def test_the_cause_of_an_unknown_verdict_is_the_first_that_was_met() -> None:
    on = resource({}, {"A": Cause(Reason.DENIED, "s3:GetA"), "B": Cause(Reason.FAILED, "s3:GetB")})
    verdict = evaluate(rule("p.C == 1 && p.A == 1 && p.B == 1"), on, Table(), {}, NOW)
    assert verdict.cause == Cause(Reason.ABSENT)
    assert [leaf.path for leaf in verdict.explanation.leaves] == ["p.C", "p.A", "p.B"]


def test_a_policy_that_may_not_apply_is_unknown_even_where_it_would_be_healthy() -> None:
    made = rule("p.Bad", applies="p.Applies")
    assert evaluate(made, resource({"Bad": False}), Table(), {}, NOW).status is Status.UNKNOWN
    assert (
        evaluate(made, resource({"Bad": False, "Applies": True}), Table(), {}, NOW).status is Status.HEALTHY
    )
    assert evaluate(made, resource({"Applies": False}), Table(), {}, NOW).status is Status.NOT_APPLICABLE
