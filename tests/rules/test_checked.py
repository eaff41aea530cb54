"""What the checker lets through computes: a document that was read whole never makes it unknown."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward.assess.projection import Projection
from cloudward.errors import ConditionError
from cloudward.model import Parameter, Policy, Severity, Status
from cloudward.rules.check import check
from cloudward.rules.completion import complete, sealer
from cloudward.rules.interpreter import Verdict, evaluate
from cloudward.rules.rule import Rule
from cloudward.rules.types import Field, Type
from tests.rules.build import NOW, Table, resource, row

SEAL = sealer(b"key")
ITEM = (
    Field("Text", "string"),
    Field("Sure", "string", default="a", default_template="a"),
    Field("Flag", "boolean"),
    Field("On", "boolean", default=False, default_template=False),
    Field("Number", "integer"),
    Field("Ports", "list", items=Field("", "integer")),
)
THING = Type(
    "T",
    "aws",
    "regional",
    (
        *ITEM,
        Field("Size", "number", default=1.5, default_template=1.5),
        Field("Made", "timestamp"),
        Field("Born", "timestamp", default="2025-06-01T00:00:00Z", default_template="2025-06-01T00:00:00Z"),
        Field("Items", "list", items=Field("", "object", fields=ITEM)),
        Field("Words", "list", items=Field("", "string")),
        Field("Tags", "map", items=Field("", "string")),
        Field("Policy", "json"),
        Field("Thing", "any"),
        Field("Data", "string", secret=True),
        Field("Inner", "object", fields=ITEM),
    ),
)
OTHER = Type("O", "aws", "regional", ITEM)
TYPES = {"T": THING, "O": OTHER}
PARAMS = {
    "number": Parameter("int", 1),
    "words": Parameter("list", ["a", "b"]),
    "on": Parameter("bool", True),
}


class Conditions:
    """Random conditions, most of them nearly right: guards are there or not, kinds fit or not."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.count = 0

    def pick(self, *options: Any) -> Any:
        chosen = self.random.choice(options)
        return chosen() if callable(chosen) else chosen

    def truth(self, depth: int, holders: tuple[str, ...]) -> str:
        """Something that is true or false."""
        if depth <= 0:
            return self.leaf(holders)

        def inner() -> str:
            return self.truth(depth - 1, holders)

        return str(
            self.pick(
                lambda: f"({inner()} && {inner()})",
                lambda: f"({inner()} || {inner()})",
                lambda: f"!({inner()})",
                lambda: f"({inner()} ? {inner()} : {inner()})",
                lambda: self.guarded(depth, holders),
                lambda: self.guarded(depth, holders),
                lambda: self.each(depth, holders),
                lambda: self.each(depth, holders),
                lambda: self.leaf(holders),
            )
        )

    def guarded(self, depth: int, holders: tuple[str, ...]) -> str:
        """A comparison behind a guard that most often is the right one."""
        value = self.nullable(holders)
        other = value if self.random.random() < 0.9 else self.nullable(holders)
        use = self.using(other, holders)
        return str(
            self.pick(
                f"({value} != null && {use})",
                f"({value} == null || {use})",
                f"({value} {self.pick('==', '!=')} null {self.pick('&&', '||')} {use})",
                f"(({value} != null {self.pick('&&', '||')} {self.leaf(holders)}) && {use})",
                f"(({value} == null {self.pick('&&', '||')} {self.leaf(holders)}) || {use})",
                f"(!({value} == null {self.pick('&&', '||')} {self.leaf(holders)}) && {use})",
                f"(!({value} == null) && ({use} || {self.truth(depth - 2, holders)}))",
                f"({value} == null ? {self.leaf(holders)} : {use})",
                f'("a" in p.Tags && p.Tags["a"] == {self.text(holders)})',
                f'(!("a" in p.Tags) || p.Tags["{self.pick("a", "a", "b")}"].startsWith("a"))',
                f"p.Tags.exists(t, p.Tags[t] == {self.text(holders)})",
                "(p.Data != null && p.Data.length > 1 && p.Data.redacted)",
            )
        )

    def using(self, value: str, holders: tuple[str, ...]) -> str:
        kind = value.rsplit(".", 1)[-1]
        if kind == "Number":
            return f"{value} {self.pick('<', '>=', '==')} {self.number(holders)}"
        if kind == "Flag":
            return str(self.pick(value, f"!{value}", f"{value} == {self.truth(0, holders)}"))
        if kind == "Made":
            return str(
                self.pick(f"age({value}) > 3", f"{value} < p.Born", f'{value} > "2025-01-01T00:00:00Z"')
            )
        if kind == "Policy":
            return f"statements({value}) == []" if self.random.random() < 0.2 else f"{value} != null"
        return f"{value}.{self.pick('startsWith', 'contains')}({self.text(holders)})"

    def each(self, depth: int, holders: tuple[str, ...]) -> str:
        self.count += 1
        var = self.pick(f"v{self.count}", "k")
        over, holder = self.pick(
            (f"{self.holder(holders)}.Ports", False),
            ("p.Items", True),
            ("p.Words", False),
            ("params.words", False),
            (f"params.words.filter({var}, {var} == {self.text(holders)})", False),
            (f'["a", {self.text(holders)}]', False),
            ('all("O")', True),
            (f'related("O", "Sure", {self.text(holders)})', True),
        )
        if holder:
            return (
                f"{over}.{self.pick('exists', 'all')}({var}, {self.truth(depth - 1, (*holders, var, var))})"
            )
        kind = "Number" if over.endswith("Ports") else "Text"
        body = f"{var} == {self.number(holders) if kind == 'Number' else self.text(holders)}"
        return f"{over}.{self.pick('exists', 'all')}({var}, {body} || {self.truth(depth - 2, holders)})"

    def holder(self, holders: tuple[str, ...]) -> str:
        return str(self.pick("p", "p.Inner", *holders))

    def nullable(self, holders: tuple[str, ...]) -> str:
        field = self.pick("Text", "Number", "Flag", "Text", "Made", "Policy")
        return f"p.{field}" if field in ("Made", "Policy") else f"{self.holder(holders)}.{field}"

    def text(self, holders: tuple[str, ...]) -> str:
        holder = self.holder(holders)
        return str(
            self.pick(
                '"a"',
                '"b"',
                f"{holder}.Sure",
                f"{holder}.Sure",
                f'{holder}.Sure + "b"',
                "meta.name",
                'either(p.Text, "a")',
                f"{holder}.Text",
            )
        )

    def number(self, holders: tuple[str, ...]) -> str:
        return str(
            self.pick(
                "1",
                "2",
                "-1",
                "params.number",
                f"size({self.holder(holders)}.Ports)",
                "size(p.Words) + 1",
                "age(p.Born)",
                f"{self.holder(holders)}.Number",
            )
        )

    def leaf(self, holders: tuple[str, ...]) -> str:
        holder = self.holder(holders)
        return str(
            self.pick(
                f"{holder}.On",
                f"!{holder}.On",
                f"{holder}.Text == {self.text(holders)}",
                f"{holder}.Flag != {self.pick('true', 'false')}",
                f"{holder}.Number in [1, {self.number(holders)}]",
                f"{self.text(holders)} in p.Words",
                f"{holder}.Ports != []",
                f"p.Size > {self.number(holders)}",
                f"{self.text(holders)}.matches('^a')",
                f"{self.number(holders)} < {self.number(holders)}",
                "p.Thing == null",
                'here("O") != []',
                "params.on",
                f"{holder}.Flag",
            )
        )


def document(fields: tuple[Field, ...], random: Random) -> dict[str, Any]:
    """What a provider may say: each field or nothing of it."""
    return {field.name: value(field, random) for field in fields if random.random() < 0.6}


def value(field: Field, random: Random) -> Any:
    if field.type == "object":
        return document(field.fields, random)
    if field.items is not None and field.type == "list":
        return [value(field.items, random) for _ in range(random.randrange(3))]
    if field.items is not None:
        return {key: value(field.items, random) for key in ("a", "b", "x.y") if random.random() < 0.5}
    samples: dict[str, tuple[Any, ...]] = {
        "string": ("a", "b", ""),
        "integer": (-1, 0, 1, 2),
        "number": (0.5, 1, 2.0),
        "boolean": (True, False),
        "timestamp": ("2024-01-31T12:00:00Z", "2025-12-31T23:59:59Z"),
        "json": (
            {"Statement": []},
            {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}},
        ),
        "any": ({}, 1),
    }
    return random.choice(samples[field.type])


def checked(condition: str) -> Rule:
    return check(Policy("id", "T", Severity.LOW, ("T",), condition, None, PARAMS), THING, TYPES)


def verdict(rule: Rule, seed: int, *, projected: bool = False) -> Verdict:
    """Of the rule on a random world that was read whole; `projected`: cut down to what the rule reads."""
    random = Random(seed)
    properties, unread = complete(THING, document(THING.fields, random), seal=SEAL)
    others = [complete(OTHER, document(ITEM, random), seal=SEAL)[0] for _ in range(random.randrange(3))]
    assert not unread
    if projected:
        properties = Projection.of_paths(rule.reads)(properties)
        cut = Projection.of_paths(path for use in rule.uses for path in (*use.reads, use.field) if path)
        others = [cut(each) for each in others]
    world = Table({"O": [row(str(n), other) for n, other in enumerate(others)]})
    return evaluate(rule, resource(properties), world, {name: p.default for name, p in PARAMS.items()}, NOW)


SEEDS = st.integers(0, 2**48)


@pytest.mark.slow
@settings(max_examples=4_000, deadline=2_000, database=None)
@given(SEEDS)
def test_a_checked_condition_on_what_was_read_is_never_unknown(seed: int) -> None:
    condition = Conditions(seed).truth(3, ())
    with suppress(ConditionError):
        found = verdict(checked(condition), seed)
        assert found.status is not Status.UNKNOWN, (condition, found.cause)


@pytest.mark.slow
@settings(max_examples=4_000, deadline=2_000, database=None)
@given(SEEDS)
def test_what_a_rule_does_not_say_that_it_reads_does_not_matter(seed: int) -> None:
    condition = Conditions(seed).truth(3, ())
    with suppress(ConditionError):
        rule = checked(condition)
        whole, cut = verdict(rule, seed), verdict(rule, seed, projected=True)
        assert (whole.status, whole.due) == (cut.status, cut.due), (condition, rule.reads, rule.uses)


def test_most_random_conditions_are_not_refused() -> None:
    """Else the tests above say little."""
    passed = 0
    for seed in range(400):
        with suppress(ConditionError):
            checked(Conditions(seed).truth(3, ()))
            passed += 1
    assert passed > 200
