"""Every policy of content, on its examples and on what is left of them when something is not read."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from cloudward.cli.trial import Trial, trials
from cloudward.model import Cause, Reason, Status
from cloudward.pack import load
from cloudward.rules.compiler import Evaluator
from cloudward.rules.interpreter import evaluate
from cloudward.rules.paths import steps
from tests.rules.cases import GONE, put
from tests.rules.replay import replayed
from tests.rules.strategies import branches

PACK = load()
POLICIES = sorted(PACK.policies)
DENIED = Cause(Reason.DENIED, "example:Read")


@pytest.mark.parametrize("policy", POLICIES)
def test_generated_code_gives_what_the_interpreter_gives(policy: str) -> None:
    for trial in trials(PACK, PACK.policies[policy]):
        run = trial.verdict.run
        evaluator = Evaluator(run.resource.type, [trial.verdict.rule], [run.params])
        for unread in [(), *some_paths(trial, 6)]:
            resource = without(run.resource, unread)
            verdict = evaluate(trial.verdict.rule, resource, run.world, run.params, run.now)
            assert evaluator(resource, run.world, run.now) == [(verdict.status, verdict.due)], unread


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_not_read_makes_a_verdict_unknown_or_leaves_it_as_it_is(policy: str) -> None:
    for trial in trials(PACK, PACK.policies[policy]):
        run = trial.verdict.run
        for unread in some_paths(trial, 6):
            verdict = evaluate(
                trial.verdict.rule, without(run.resource, unread), run.world, run.params, run.now
            )
            assert verdict.status in (Status.UNKNOWN, trial.verdict.status), unread


@pytest.mark.parametrize("policy", POLICIES)
def test_the_leaves_of_every_verdict_reproduce_it(policy: str) -> None:
    for trial in trials(PACK, PACK.policies[policy]):
        verdict = trial.verdict
        assert replayed(verdict.rule, verdict.explanation.leaves, verdict.run.params) is verdict.status


def some_paths(trial: Trial, count: int) -> list[tuple[str, ...]]:
    """Sets of one to three paths of the document."""
    properties = trial.verdict.run.resource.properties
    paths = [path for path in branches(properties) if path not in trial.verdict.run.resource.unread]
    random = Random(f"{trial.policy.id} {trial.example.line}")
    return (
        [tuple(random.sample(paths, min(len(paths), random.randint(1, 3)))) for _ in range(count)]
        if paths
        else []
    )


def without(resource: Any, paths: tuple[str, ...]) -> Any:
    """The resource when the paths could not be read."""
    properties, taken = resource.properties, [*paths]
    for path in sorted(taken, key=len, reverse=True):
        properties = put(properties, steps(path), GONE)
    return replace(
        resource, properties=properties, unread={**resource.unread, **dict.fromkeys(paths, DENIED)}
    )
