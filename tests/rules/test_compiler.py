from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from cloudward.model import Resource, Status
from cloudward.rules.ast import Call, Const, Each, Expr, Name, Select
from cloudward.rules.compiler import Evaluator, compile_rules
from cloudward.rules.interpreter import evaluate
from cloudward.rules.types import Type
from tests.rules.build import DENIED, NOW, Table, resource, row, rule
from tests.rules.cases import case
from tests.rules.strategies import examples, seeds

UNHEALTHY, HEALTHY, UNKNOWN = Status.UNHEALTHY, Status.HEALTHY, Status.UNKNOWN
TYPE = Type("T", "aws", "global", ())


class Watched(Evaluator):
    """Remembers which rules the interpreter had to decide."""

    def __init__(self, *rules: Any, params: dict[str, Any] | None = None) -> None:
        super().__init__("T", rules, [params or {}] * len(rules))
        self.fallen: list[int] = []

    def again(self, place: int, resource: Resource, world: Any, now: Any) -> Any:
        self.fallen.append(place)
        return super().again(place, resource, world, now)


def agrees(seed: int) -> None:
    """Several rules on one resource, so that loads are shared."""
    cases = [case(seed + i, untagged=True) for i in range(3)]
    made, rules, params = cases[0], [each.rule for each in cases], [each.params for each in cases]
    evaluator = Evaluator("T", rules, params)
    answers = evaluator(made.resource, made.world, NOW)
    for each, answer in zip(cases, answers, strict=True):
        verdict = evaluate(each.rule, made.resource, made.world, each.params, NOW)
        told = f"{made}\n{each.rule.unhealthy_text}\n{each.params}\n{evaluator.source()}"
        assert answer == (verdict.status, verdict.due), told


@examples(300)
@given(seeds)
def test_generated_functions_give_what_the_interpreter_gives(seed: int) -> None:
    agrees(seed)


@pytest.mark.slow
@examples(300, times=15)
@given(seeds)
def test_many_generated_functions_give_what_the_interpreter_gives(seed: int) -> None:
    agrees(seed)


def both(condition: str | Expr, document: dict[str, Any], **more: Any) -> Status:
    """The status, on which the two ways agree; the interpreter was not needed."""
    made, on, world = rule(condition), resource(document, more.get("unread")), Table(more.get("rows"))
    evaluator = Watched(made, params=more.get("params"))
    status = evaluate(made, on, world, more.get("params") or {}, NOW).status
    assert evaluator(on, world, NOW)[0][0] is status
    assert not evaluator.fallen
    return status


NAMES = (
    "None",
    "True",
    "def",
    "len",
    "list",
    "type",
    "p1",
    "v1",
    "v2",
    "e4",
    "out",
    "world",
    "again",
    "UNKNOWN",
    "scan",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_may_be_called_anything(name: str) -> None:
    condition = (
        f"p.lists.exists({name}, {name}.all({name}, {name} > 1) && size({name}) == 2) && p.out != p.v1"
    )
    document = {"lists": [[1, 2], [2, 3]], "out": 1, "v1": 2}
    assert both(condition, document) is UNHEALTHY


def test_inner_loops_use_outer_variables() -> None:
    condition = "p.a.exists(x, p.b.exists(y, p.c.exists(z, x + y == z && !p.b.exists(x, x == z))))"
    assert both(condition, {"a": [1, 5], "b": [2, 7], "c": [7, 12]}) is UNHEALTHY
    assert both(condition, {"a": [1, 5], "b": [2, 12], "c": [7, 12]}) is UNHEALTHY
    assert both(condition, {"a": [1], "b": [2, 3], "c": [3]}) is HEALTHY


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("p.one == true", HEALTHY),
        ("p.yes == 1", HEALTHY),
        ("p.yes in [1, 2]", HEALTHY),
        ("p.one in [1.0]", UNHEALTHY),
        ("p.one == 1.0", UNHEALTHY),
        ("p.one < 1.5", UNHEALTHY),
        ('p.one == "1"', HEALTHY),
        ('p.one < "2"', UNKNOWN),
        ("p.no < p.yes", UNHEALTHY),
        ("p.no < 1", UNKNOWN),
        ("p.nothing == null", UNHEALTHY),
        ("p.nothing != null", HEALTHY),
        ("p.nothing < 1", UNKNOWN),
        ("p.nothing == false", HEALTHY),
        ("p.nothing", UNKNOWN),
        ("p.one", UNKNOWN),
        ("p.one || p.yes", UNHEALTHY),
        ("p.one && p.no", HEALTHY),
        ("p.one && p.yes", UNKNOWN),
        ("(p.one && p.yes) == 1", UNKNOWN),
        ("!p.one", UNKNOWN),
        ("p.absent || p.yes", UNHEALTHY),
        ("p.absent && p.no", HEALTHY),
        ("p.absent == 1", UNKNOWN),
        ("p.yes ? p.no : p.absent", HEALTHY),
        ("p.one ? true : true", UNKNOWN),
        ("p.empty == []", UNHEALTHY),
        ("p.empty != []", HEALTHY),
        ("p.empty.exists(x, true)", HEALTHY),
        ("p.empty.all(x, false)", UNHEALTHY),
        ("p.list == [1, 2.0, [3]]", UNHEALTHY),
        ("p.list == [true, 2, [3]]", HEALTHY),
        ("p.list[0] == 1", UNHEALTHY),
        ("p.list[0.0] == 1", UNHEALTHY),
        ("p.list[3] == 1", UNKNOWN),
        ("p.list[-1] == 1", UNKNOWN),
        ('p.list["0"] == 1', UNKNOWN),
        ("p.list + [4] == [1, 2, [3], 4]", UNHEALTHY),
        ("p.list.exists(x, x > 1)", UNHEALTHY),
        ("p.list.exists(x, x > 2)", UNKNOWN),
        ("p.list.filter(x, x == 1) == [1]", UNHEALTHY),
        ("p.list.filter(x, x > 1) == []", UNKNOWN),
        ("p.list.map(x, x == 1) == [true, false, false]", UNHEALTHY),
        ('"a" in p.map', UNHEALTHY),
        ('"z" in p.map', HEALTHY),
        ("1 in p.map", HEALTHY),
        ("null in p.map", UNKNOWN),
        ('p.map.exists(k, k == "b" && p.map[k] == 2)', UNHEALTHY),
        ("size(p.map) == 2 && size(p.text) == 4 && size(p.list) == 3", UNHEALTHY),
        ("size(p.one) == 1", UNKNOWN),
        ("p.most + 1 > 0", UNKNOWN),
        ("p.most - 1 > 0", UNHEALTHY),
        ("-p.least > 0", UNKNOWN),
        ("p.least / -1 > 0", UNKNOWN),
        ("p.least % -1 == 0", UNKNOWN),
        ("-7 / 2 == -3 && -7 % 2 == -1", UNHEALTHY),
        ("p.one / 0 == 1", UNKNOWN),
        ("1.0 / 0.0 > 1.0e308", UNHEALTHY),
        ("0.0 / 0.0 == 0.0 / 0.0", HEALTHY),
        ("p.one + 1.0 == 2.0", UNKNOWN),
        ('p.text.startsWith("É") && p.text.endsWith("c") && p.text.contains("b")', UNHEALTHY),
        ('p.text.lowerAscii() == "Éabc"', UNHEALTHY),
        ('p.text.matches("^.[A-Z]b")', UNHEALTHY),
        ('p.text.matches("[")', UNKNOWN),
        ('p.one.matches("1")', UNKNOWN),
        ("p.text.startsWith(p.one)", UNKNOWN),
        ('p.text + "d" == "ÉAbcd"', UNHEALTHY),
        ('p.text > "Z"', UNHEALTHY),
        ("p.most == 9223372036854775807", UNHEALTHY),
        ("p.most > 9223372036854775806.0", HEALTHY),
    ],
)
def test_values_mean_what_cel_says(condition: str, status: Status) -> None:
    document = {
        "one": 1, "yes": True, "no": False, "nothing": None, "text": "ÉAbc",
        "most": 2**63 - 1, "least": -(2**63), "empty": [], "list": [1, 2, [3]], "map": {"a": 1, "b": 2},
    }  # fmt: skip
    assert both(condition, document) is status


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("p.rules.exists(r, r.port == 22)", UNHEALTHY),
        ("p.rules.exists(r, r.port == 23)", UNKNOWN),
        ("p.rules.all(r, r.port == 22)", HEALTHY),
        ("p.rules.all(r, r.port > 0)", UNKNOWN),
        ("size(p.rules) == 2", UNKNOWN),
        ("p.rules == []", HEALTHY),
        ("p.rules[0].port == 22", UNKNOWN),
        ("p.rules.filter(r, r.port == 22) == []", HEALTHY),
        ("p.rules.map(r, r.port).exists(n, n == 22)", UNHEALTHY),
        ("80 in p.rules.map(r, r.port)", UNHEALTHY),
        ("81 in p.rules.map(r, r.port)", UNKNOWN),
        ("p.rules + [1] == []", HEALTHY),
        ("p.ports.exists(n, n == 22)", UNHEALTHY),
        ("p.ports.exists(n, n == 23)", UNKNOWN),
        ("size(p.ports) == 2", UNHEALTHY),
        ("p.ports == [22]", HEALTHY),
        ("p.ports == [22, 80]", UNKNOWN),
        ('"known" in p.tags', UNHEALTHY),
        ('"hidden" in p.tags', UNKNOWN),
        ('"other" in p.tags', HEALTHY),
        ('p.tags.exists(k, k == "other")', UNKNOWN),
        ("size(p.tags) == 1", UNKNOWN),
        ("p.tags == p.other", HEALTHY),
        ("either(p.tags, 1) == 1", UNKNOWN),
    ],
)
def test_what_is_unread_never_decides(condition: str, status: Status) -> None:
    document = {
        "rules": [{"port": 22}, {"port": 80}],
        "ports": [22, None],
        "tags": {"known": "a"},
        "other": {"known": "b"},
    }
    unread = dict.fromkeys(("rules[*]", "ports[1]", "tags.hidden"), DENIED)
    assert both(condition, document, unread=unread) is status


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"team" in meta.tags', UNKNOWN),
        ('meta.tags.all(t, t != "team")', UNKNOWN),
        ('meta.region != "eu"', UNKNOWN),
        ("meta.region == null", UNKNOWN),
        ("!region.Ebs.On", UNKNOWN),
        ('meta.name == "name" || "team" in meta.tags', UNHEALTHY),
        ("p.one != 1 && region.Ebs.On", HEALTHY),
    ],
)
def test_tags_and_region_that_were_not_read_never_decide(condition: str, status: Status) -> None:
    assert both(condition, {"one": 1}, unread={"meta.tags": DENIED, "meta.region": DENIED}) is status


def test_five_hundred_policies_of_one_type_are_compiled_and_answer_in_order() -> None:
    rules = [
        rule(
            f'p.n != {i} && (p.list.exists(x, x.a == "k{i}") || p.deep.er.still == {i})', policy=f"policy-{i}"
        )
        for i in range(500)
    ]
    began = time.process_time()
    evaluator = compile_rules(TYPE, rules, [{}] * 500)
    assert time.process_time() - began < 50
    document = {"n": 7, "list": [{"a": "k7"}, {"a": "k8"}, {"a": "k499"}], "deep": {"er": {"still": 9}}}
    answers = evaluator(resource(document), Table(), NOW)
    assert [i for i, (status, _) in enumerate(answers) if status is UNHEALTHY] == [8, 9, 499]


def test_a_fault_in_one_policy_is_decided_by_the_interpreter_and_no_other() -> None:
    facts = Table({"Trail": [row("trail", {}, {"": DENIED})]})
    evaluator = Watched(rule("p.n == 1"), rule('all("Trail").exists(t, t.on)'), rule("p.n == 2"))
    answers = evaluator(resource({"n": 1}), facts, NOW)
    assert [status for status, _ in answers] == [UNHEALTHY, UNKNOWN, HEALTHY]
    assert evaluator.fallen == [1]


def test_a_condition_that_python_cannot_compile_is_left_to_the_interpreter() -> None:
    nested: Expr = Call("==", (Name("x0"), Const(1)))
    for depth in range(25):
        nested = Each("exists", f"x{depth}", Select(Name("p"), "list"), nested)
    evaluator = Watched(rule("p.n == 1"), rule(nested), rule("p.n == 2"))
    answers = evaluator(resource({"n": 1, "list": [1]}), Table(), NOW)
    assert [status for status, _ in answers] == [UNHEALTHY, UNHEALTHY, HEALTHY]
    assert evaluator.fallen == [1]


def test_nothing_read_of_a_document_is_unknown_for_every_policy() -> None:
    evaluator = Evaluator("T", [rule("p.n == 1"), rule("p == null"), rule("true")], [{}] * 3)
    answers = evaluator(resource({}, {"": DENIED}), Table(), NOW)
    assert [status for status, _ in answers] == [UNKNOWN, UNKNOWN, UNHEALTHY]


def test_rules_of_one_type_keep_their_own_parameters() -> None:
    rules, params = (
        [rule("p.n in params.list || p.n > params.least")] * 2,
        [{"list": [1], "least": 5}, {"list": [], "least": 0}],
    )
    answers = Evaluator("T", rules, params)(resource({"n": 2}), Table(), NOW)
    assert [status for status, _ in answers] == [HEALTHY, UNHEALTHY]


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ("age(p.t) > 45", 46),
        ("age(p.t) >= 45", 45),
        ("age(p.t) < 45", 45),
        ("age(p.t) <= 45", 46),
        ("45 < age(p.t)", 46),
        ("age(p.t) > 45.5", 46),
        ("age(p.t) == 45", 45),
        ("age(p.t) == 31", 32),
        ("age(p.t) == 45.5", None),
        ("age(p.t) > 30", None),
        ("age(p.t) + 1 > 45", 32),
        ("age(p.t) > p.limit", 41),
        ("age(p.t) > params.limit", 51),
        ('age(p.t) == "45"', None),
        ("p.no && age(p.t) > 45", None),
        ("p.yes || age(p.t) > 45", None),
        ("age(p.t) > 60 || age(p.t) > 45", 46),
        ("p.times.exists(t, age(t) > 45)", 46),
        ("age(p.none) > 45", None),
    ],
)
def test_a_verdict_says_until_when_time_alone_does_not_change_it(condition: str, days: int | None) -> None:
    document = {"t": "2025-12-01T00:00:00Z", "limit": 40, "yes": True, "no": False, "none": None}
    document["times"] = ["2025-12-20T00:00:00Z", "2025-12-01T00:00:00Z"]
    made, on, params = rule(condition), resource(document), {"limit": 50}
    due = None if days is None else NOW - timedelta(days=31) + timedelta(days=days)
    assert evaluate(made, on, Table(), params, NOW).due == due
    assert Evaluator("T", [made], [params])(on, Table(), NOW)[0][1] == due


def test_a_key_grows_too_old_without_any_change_of_the_document() -> None:
    made, on = rule("age(p.t) > 45"), resource({"t": "2025-12-01T00:00:00Z"})
    evaluator = Evaluator("T", [made], [{}])
    status, due = evaluator(on, Table(), NOW)[0]
    assert (status, due) == (HEALTHY, NOW + timedelta(days=15))
    assert due
    assert evaluator(on, Table(), due - timedelta(seconds=1)) == [(HEALTHY, due)]
    assert evaluator(on, Table(), due) == [(UNHEALTHY, None)]


def nested(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(depth):
        made = {"a": [made]}
    return made


def test_documents_of_any_depth_are_decided_or_unknown() -> None:
    deep = resource({"a": nested(20_000), "b": nested(20_000), "c": 1}, {"d": DENIED})
    evaluator = Evaluator(
        "T", [rule("p.a == p.b"), rule("statements(p.a) == []"), rule("p.c == 1 && p.a != 1")], [{}] * 3
    )
    answers = evaluator(deep, Table(), NOW)
    assert [status for status, _ in answers] == [UNKNOWN, UNHEALTHY, UNHEALTHY]
    for made in evaluator.rules:
        assert evaluate(made, deep, Table(), {}, NOW).explanation.leaves
