"""The door of the reference: a verdict with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from cloudward.model import Cause, Explanation, Resource, Status
from cloudward.rules.evaluation import Evaluation
from cloudward.rules.explanation import explain
from cloudward.rules.rule import Rule, World


@dataclass(frozen=True)
class Verdict:
    """A status, and the earliest moment at which the passing of time alone may change it."""

    status: Status
    cause: Cause | None
    """Why it is unknown: the first cause that was met."""
    due: datetime | None
    rule: Rule = field(repr=False, compare=False)
    run: Evaluation = field(repr=False, compare=False)

    @cached_property
    def explanation(self) -> Explanation:
        """Why, worked out when it is first asked for."""
        return explain(self.rule, self.run, self.status)


def evaluate(
    rule: Rule, resource: Resource, world: World, params: Mapping[str, Any], now: datetime
) -> Verdict:
    """What the policy says of the resource at the moment `now`, and why."""
    run = Evaluation(resource, world, params, now)
    status, cause = run.status(rule)
    return Verdict(status, cause, min(run.dues, default=None), rule, run)
