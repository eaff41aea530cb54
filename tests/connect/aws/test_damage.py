"""Answers with members missing or of the wrong kind cost fields, never a scan."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from cloudward.connect.aws.facts import modules
from cloudward.connect.aws.transport import Kind, Reply, answer
from cloudward.model import Outcome

from .conftest import everything
from .synthetic import Synthetic

WHOLE = ("GetCallerIdentity", "DescribeRegions")
WRONG: tuple[Any, ...] = (None, "", "text", 7, True, [], [None], {}, {"a": []})


class Damaged(Synthetic):
    """Every answer has some of its members taken away or replaced; the same ones for the same seed."""

    def __init__(self, seed: int, share: float) -> None:
        super().__init__()
        self._random, self._share = random.Random(seed), share

    def send(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Reply:
        reply = super().send(service, region, operation, params)
        if reply.kind is not Kind.ANSWER or operation in WHOLE:
            return reply
        return answer(self.damage(dict(reply.data or {})))

    def damage(self, value: Any) -> Any:
        if isinstance(value, dict):
            kept = {key: member for key, member in value.items() if self._random.random() > self._share / 2}
            return {key: self.damage(member) for key, member in kept.items()}
        if self._random.random() < self._share:
            return self._random.choice(WRONG)
        return [self.damage(element) for element in value] if isinstance(value, list) else value


@pytest.mark.parametrize("service", sorted(modules()))
@pytest.mark.parametrize("seed", range(6))
def test_damaged_answers_end_in_coverage_and_unread_fields(service: str, seed: int) -> None:
    for share in (0.02, 0.1, 0.4):
        found = everything(Damaged(seed, share), services=[service])
        types = {collector.type for collector in modules()[service].collectors}
        assert {row.type for row in found.coverage} == types
        for resource in found.resources:
            assert resource.id
            assert all(isinstance(value, str) for tag in resource.tags.items() for value in tag)


def test_what_is_lost_is_told_as_an_incomplete_list() -> None:
    """A type of which no resource came either has no listing that was read, or one that says what it lost."""
    for seed in range(20):
        found = everything(Damaged(seed, 0.3), services=["iam"])
        for type in {row.type for row in found.coverage}:
            listings = {row.outcome: row.count for row in found.coverage if row.type == type and row.listing}
            if not found.of(type):
                assert set(listings) & {Outcome.FAILED, Outcome.EMPTY, Outcome.GONE}, (seed, type, listings)
