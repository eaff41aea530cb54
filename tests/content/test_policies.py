"""Every built-in policy proves itself: by its examples, with all that it reads unread, and by its form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from cloudward.cli.trial import Trial, trials
from cloudward.model import Cause, Reason, Resource, Status
from cloudward.pack import load
from cloudward.rules.ast import Const, walk
from cloudward.rules.compiler import compile_rules
from cloudward.rules.interpreter import evaluate
from cloudward.rules.paths import Mark, Step, join, steps
from cloudward.rules.rule import Row, Rule, World
from cloudward.rules.types import Field, Type
from cloudward.rules.unread import partial

PACK = load()
IDS = list(PACK.policies)
RULES = [rule for type in PACK.types for rule in PACK.rules(type)]
DENIED = Cause(Reason.DENIED, "test:Denied")
TACTICS = {f"TA{number:04}" for number in (*range(1, 12), 40, 42, 43)}
"""https://attack.mitre.org/tactics/enterprise/"""
PLACEHOLDERS = re.compile(r"\{\w+\}|\$\{|\$\(|`|<[A-Za-z]|%\w")


@cache
def tried(id: str) -> list[Trial]:
    return list(trials(PACK, PACK.policies[id]))


def shown(trial: Trial) -> str:
    return f"{trial.policy.file}:{trial.example.line} ({trial.example.type})"


@pytest.mark.parametrize("id", IDS)
def test_the_examples_come_out(id: str) -> None:
    assert {shown(each): each.verdict.status for each in tried(id) if not each.passed} == {}


@pytest.mark.parametrize("id", IDS)
def test_the_compiler_says_the_same(id: str) -> None:
    for trial in tried(id):
        run = trial.verdict.run
        (answer,) = compiled(trial.verdict.rule, run.params)(run.resource, run.world, run.now)
        assert answer == (trial.verdict.status, trial.verdict.due), shown(trial)


def compiled(rule: Rule, params: Mapping[str, Any]) -> Any:
    return compile_rules(PACK.types[rule.type], [rule], [params])


@pytest.mark.parametrize("id", IDS)
def test_each_status_has_an_example_and_so_has_the_resource_on_which_nothing_is_set(id: str) -> None:
    statuses = {each.example.status for each in tried(id)}
    needed = {Status.HEALTHY, Status.UNHEALTHY}
    elsewhere = any(use.kind == "everywhere" for each in tried(id) for use in each.verdict.rule.uses)
    if PACK.policies[id].applies is not None and not elsewhere:  # an example has one account
        needed.add(Status.NOT_APPLICABLE)
    assert needed <= statuses
    assert any(not each.example.document for each in tried(id))


@pytest.mark.parametrize("id", IDS)
def test_what_is_not_read_never_decides(id: str) -> None:
    for trial in tried(id):
        run, rule = trial.verdict.run, trial.verdict.rule
        evaluator = compiled(rule, run.params)
        for path in unread_paths(rule, run.resource):
            resource = replace(run.resource, unread={**run.resource.unread, path: DENIED})
            status = evaluate(rule, resource, run.world, run.params, run.now).status
            assert status in (trial.verdict.status, Status.UNKNOWN), f"{shown(trial)} without {path}"
            assert evaluator(resource, run.world, run.now)[0][0] is status


@pytest.mark.parametrize("id", IDS)
def test_other_resources_that_are_not_read_never_decide(id: str) -> None:
    for trial in tried(id):
        run, rule = trial.verdict.run, trial.verdict.rule
        for type in sorted({use.type for use in rule.uses}):
            for seen in (True, False):
                world = Dark(run.world, PACK.types[type], seen=seen)
                status = evaluate(rule, run.resource, world, run.params, run.now).status
                assert status in (trial.verdict.status, Status.UNKNOWN), f"{shown(trial)} without {type}"


def unread_paths(rule: Rule, resource: Resource) -> list[str]:
    """Every path that is read and every one above, in each element that there is, and lists cut short."""
    found: set[str] = {""}
    for path in rule.reads:
        for way in ways(steps(path), resource.properties):
            found |= {join(way[:end]) for end in range(1, len(way) + 1)}
    return sorted(found)


def ways(path: tuple[Step, ...], value: Any) -> Iterator[tuple[Step, ...]]:
    """The path with the numbers of elements in place of `[]`, and `[*]` at each list."""
    if isinstance(value, list):
        yield (Mark.MORE,)
        rest = path[1:] if path and path[0] is Mark.ANY else path
        for number, item in enumerate(value):
            yield from ((number, *way) for way in ways(rest, item))
    elif path:
        below = value.get(path[0]) if isinstance(value, dict) else None
        yield from ((path[0], *way) for way in ways(path[1:], below))
    else:
        yield ()


class Dark:
    """A world in which one type was not read, or not to its end."""

    def __init__(self, world: World, type: Type, *, seen: bool) -> None:
        self.world, self.type, self.seen = world, type, seen

    def all(self, type: str, scope: str) -> Sequence[Row]:
        return self._cut(type, self.world.all(type, scope))

    def here(self, type: str, scope: str, region: str | None) -> Sequence[Row]:
        return self._cut(type, self.world.here(type, scope, region))

    def related(
        self, type: str, scope: str, field: str, value: Any, region: str | None = None
    ) -> Sequence[Row]:
        return self._cut(type, self.world.related(type, scope, field, value, region))

    def everywhere(self, type: str, scope: str) -> Sequence[Row]:
        return self._cut(type, self.world.everywhere(type, scope))

    def account(self, scope: str) -> Row:
        return self._without("account", self.world.account(scope))

    def region(self, scope: str, region: str | None) -> Row:
        return self._without("region", self.world.region(scope, region))

    def _cut(self, type: str, rows: Sequence[Row]) -> Sequence[Row]:
        return partial(rows if self.seen else (), DENIED) if type == self.type.name else rows

    def _without(self, view: str, row: Row) -> Row:
        where, _, name = self.type.view.partition(".")
        made = Row(row if where != view else {key: value for key, value in row.items() if key != name})
        made.id, made.name, made.unread = row.id, row.name, dict(row.unread)
        if where == view:
            made.unread[name] = DENIED
        return made


def test_a_policy_says_all_that_a_person_needs() -> None:
    for id, policy in PACK.policies.items():
        assert not policy.title.endswith("."), id
        assert policy.why.endswith("."), id
        assert policy.categories, id
        assert all(word == word.lower() for word in policy.categories), id
        assert list(policy.fix) == ["portal", "cli", "terraform"], id
        assert set(policy.tactics) <= TACTICS, id
        assert all(parameter.doc for parameter in policy.params.values()), id


def test_a_policy_is_called_like_its_provider_and_lies_in_its_folder() -> None:
    for id, policy in PACK.policies.items():
        (provider,) = {PACK.types[type].provider for type in policy.resource}
        assert policy.file.startswith(f"content/policies/{provider}/")
        assert id.startswith(f"{provider}-")


def test_steps_of_a_fix_name_things_in_capitals_and_interpolate_nothing() -> None:
    steps = {(id, tool): text for id, policy in PACK.policies.items() for tool, text in policy.fix.items()}
    found = {where: PLACEHOLDERS.findall(text) for where, text in steps.items() if PLACEHOLDERS.search(text)}
    assert found == {}


def test_no_partition_is_written_out() -> None:
    written = [
        (rule.policy, node.value)
        for rule in RULES
        for expr in (rule.applies, rule.unhealthy)
        if expr is not None
        for node in walk(expr)
        if isinstance(node, Const) and isinstance(node.value, str) and node.value.startswith("arn:aws")
    ]
    assert written == []


def test_what_a_policy_reads_has_a_page_of_the_provider_behind_it() -> None:
    for rule in RULES:
        asked = [(rule.type, rule.reads), *((use.type, use.reads) for use in rule.uses)]
        for type, paths in asked:
            for path in paths:
                field = declared(PACK.types[type].fields, steps(path))
                assert field.source.startswith("https://"), f"{rule.policy}: {type} {path}"


def declared(fields: Sequence[Field], path: tuple[Step, ...]) -> Field:
    """The field at a path."""
    field = next(field for field in fields if field.name == path[0])
    rest = path[1:]
    while rest and rest[0] is Mark.ANY and field.items is not None:
        field, rest = field.items, rest[1:]
    return declared(field.fields, rest) if rest else field


def test_every_policy_counts_in_exactly_one_control() -> None:
    counted = Counter(policy for control in PACK.controls for policy in control.policies)
    assert {id: counted[id] for id in IDS if counted[id] != 1} == {}


def test_a_foreign_check_has_one_policy_for_a_type_and_the_same_parameters() -> None:
    """CIS is a benchmark: one of its recommendations may take several policies."""
    said = Counter(
        (
            catalogue,
            check,
            type,
            frozenset(names.items()),
            str([each.default for each in policy.params.values()]),
        )
        for policy in PACK.policies.values()
        for catalogue, checks in policy.equivalents.items()
        for check, names in checks.items()
        for type in policy.resource
        if catalogue != "cis"
    )
    assert [each for each, count in said.items() if count > 1] == []
