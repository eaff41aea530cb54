"""What holds for every declared collector, whoever wrote it."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cloudward.connect import aws
from cloudward.connect.aws.declare import (
    Call,
    Collector,
    Items,
    Nothing,
    Service,
    Source,
    Using,
    permission,
)
from cloudward.connect.aws.facts import costs, modules, permissions
from cloudward.connect.aws.paging import MORE, paging
from cloudward.connect.aws.transport import refused
from cloudward.model import EVIDENCE, Outcome
from cloudward.rules.types import Field

from .conftest import Collected, everything, types
from .synthetic import Synthetic, document, model

DENIED = refused("AccessDenied", "no", 403)
COLLECTORS = [
    pytest.param(module.service, collector, id=collector.type)
    for module in modules().values()
    for collector in module.collectors
]
DECLARED = [
    (module.service, collector, call)
    for module in modules().values()
    for collector in module.collectors
    for call in collector.calls
]


def named(calls: Iterable[tuple[Service, Collector, Call]]) -> list[Any]:
    return [
        pytest.param(*each, id=f"{each[1].type} {each[2].operation} {each[2].into}".strip()) for each in calls
    ]


CALLS = named(DECLARED)
DENIABLE = named(each for each in DECLARED if each[2].action != "-")
"""Without those that AWS denies to nobody."""
FILES = sorted(Path(aws.__file__).parent.glob("*.py"))
ENGINE = {
    "_parsers",
    "answers",
    "client",
    "collecting",
    "credentials",
    "fleet",
    "paging",
    "session",
    "settings",
}
"""The only files that may catch: what a service's file would catch is the business of these."""


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.stem not in ENGINE], ids=lambda file: file.stem
)
def test_no_collector_catches(file: Path) -> None:
    assert not [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Try)]


@pytest.mark.parametrize(("service", "collector"), COLLECTORS)
def test_type_is_declared_and_says_the_same_of_its_scope(service: Service, collector: Collector) -> None:
    declared = types()[collector.type]
    if collector.type != "AWS::::Region":  # listed in one place, assessed in each
        assert declared.scope == service.scope
    assert bool(declared.view) <= (not collector.id), "only a singleton has a place in a view"


@pytest.mark.parametrize(("service", "collector"), COLLECTORS)
def test_collector_has_a_listing_and_a_sentence(service: Service, collector: Collector) -> None:
    assert any(call.listing for call in collector.calls)
    assert collector.doc.endswith(".")
    assert service.source.startswith("https://")


@pytest.mark.parametrize(("service", "collector", "call"), CALLS)
def test_operation_and_its_parameters_exist(service: Service, collector: Collector, call: Call) -> None:
    operation = model(call.service or service.name).operation_model(call.operation)
    members = set(operation.input_shape.members) if operation.input_shape else set()
    assert {*(() if call.among else call.by), *call.params} <= members
    assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9]+", permission(service, call))
    if call.extra:
        assert call.into, "an extra call says what it fills"
    if call.instead:
        assert collector.call(call.instead).listing


@pytest.mark.parametrize(("service", "collector", "call"), CALLS)
def test_what_makes_a_call_needless_is_documented(service: Service, collector: Collector, call: Call) -> None:
    if call.unless:
        assert call.unless.source.startswith("https://docs.aws.amazon.com/")
        assert call.unless.why
    if call.unless and isinstance(call.unless.holds, Nothing):
        before = itertools.takewhile(lambda each: each is not collector, modules()[service.name].collectors)
        listed = [each for other in before for each in other.calls if each.listing and not each.by]
        assert call.listing
        assert call.unless.holds.operation in {each.operation for each in listed}
    if call.unless and isinstance(call.unless.holds, Using):
        earlier = [each.into for each in collector.calls[: collector.calls.index(call)]]
        assert {path.split(".")[0] for path in call.unless.holds.paths} <= {*earlier}


@pytest.mark.parametrize(("service", "collector", "call"), CALLS)
def test_what_one_answer_tells_of_all_fills_nothing_but_tags(
    service: Service, collector: Collector, call: Call
) -> None:
    if call.among:
        (members,) = document(call.service or service.name, call.operation)[call.among]
        assert {*call.by} <= {*members}
        assert collector.fills(call) == ("meta.tags",)


@pytest.mark.parametrize(("service", "collector", "call"), CALLS)
def test_every_page_is_asked_for(service: Service, collector: Collector, call: Call) -> None:
    name = call.service or service.name
    answer = model(name).operation_model(call.operation).output_shape
    assert paging(name, call.operation) or not {*MORE, "Marker"} & set(answer.members if answer else ())


@pytest.mark.parametrize(("service", "collector", "call"), CALLS)
def test_paths_below_an_answer_exist_in_it(service: Service, collector: Collector, call: Call) -> None:
    answer = document(call.service or service.name, call.operation)
    for path in [path for source in collector.fields.values() for path in paths(source)]:
        root, *below = [part.rstrip("!?") for part in path.split(".")]
        inner: Any = answer
        for part in below if call.by and root == call.into else ():
            if not isinstance(inner, dict) or "key" in inner:
                break
            assert part in inner, f"{path}: the answer has no {part}"
            inner = inner[part]


def paths(source: Source) -> list[str]:
    if isinstance(source, Items):
        return [source.path]
    return [*source.paths] if isinstance(source, Using) else [source]


@pytest.mark.parametrize(("service", "collector"), COLLECTORS)
def test_every_mapped_field_is_declared_and_every_live_one_is_mapped(
    service: Service, collector: Collector
) -> None:
    declared = dict(leaves(types()[collector.type].fields))
    mapped = set(collector.fields)
    strange = {path for path in mapped if not any(overlap(path, other) for other in declared)}
    assert not strange, "fields that the type file does not declare"
    missing = {path for path in declared if not any(overlap(path, other) for other in mapped)}
    wrong = {path for path in missing if declared[path].live}
    assert not wrong, "fields that nothing fills, and that would be null in a live document nevertheless"


def leaves(fields: tuple[Field, ...], prefix: str = "") -> Iterator[tuple[str, Field]]:
    for field in fields:
        if field.type == "object":
            yield from leaves(field.fields, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", field


def overlap(one: str, other: str) -> bool:
    a, b = one.split("."), other.split(".")
    return a[: len(b)] == b[: len(a)]


@pytest.mark.parametrize(("service", "collector"), COLLECTORS)
def test_full_answers_leave_nothing_unread(service: Service, collector: Collector) -> None:
    found = full(service.name)
    resources = found.of(collector.type)
    assert resources
    for resource in resources:
        gaps = {
            path: str(why) for path, why in resource.unread.items() if "credential report" not in why.message
        }
        assert not gaps
    bad = [row for row in found.coverage if row.type == collector.type and row.outcome not in EVIDENCE]
    assert not bad


@pytest.mark.parametrize(("service", "collector", "call"), DENIABLE)
def test_denied_call_is_named_and_what_it_fills_is_unread(
    service: Service, collector: Collector, call: Call
) -> None:
    aws = Synthetic().record(call.service or service.name, call.operation, DENIED, forever=True)
    if (collector.type, permission(service, call)) not in reached(service.name):
        for bulk in (bulk for bulk in collector.calls if bulk.instead or bulk.among):
            aws.record(bulk.service or service.name, bulk.operation, DENIED, forever=True)
    found = everything(aws, services=[service.name])
    denied = (permission(service, call), Outcome.DENIED, collector.type)
    rows = [row for row in found.coverage if (row.call, row.outcome, row.type) == denied]
    assert all(row.cause for row in rows)
    assert (call.listing and not call.instead) in {row.listing for row in rows}
    resources = found.of(collector.type)
    gaps = {plain(gap) for resource in resources for gap in resource.unread}
    for path in sure(collector, call) if resources else ():
        assert any(overlap(path, gap) for gap in gaps), path


@cache
def reached(service: str) -> set[tuple[str, str]]:
    """The types and calls of a scan in which nothing is denied."""
    return {(row.type, row.call) for row in full(service).coverage if row.outcome is not Outcome.NOT_NEEDED}


@cache
def full(service: str) -> Collected:
    """A scan in which everything answers in full."""
    return everything(Synthetic(), services=[service])


def sure(collector: Collector, call: Call) -> list[str]:
    """The fields that nothing else can fill."""
    if not call.into:
        return []
    return [
        path
        for path in collector.fills(call)
        if not any(p.endswith("?") for p in paths(collector.fields.get(path, collector.tags)))
    ]


def plain(path: str) -> str:
    return re.sub(r"\[.*?\]", "", path)


def test_permissions_are_sorted_and_read_only() -> None:
    needed = permissions()
    assert needed == sorted(set(needed))
    verbs = re.compile(
        r":(GET$|(Batch)?Get|List|Describe|Generate(CredentialReport|ServiceLastAccessedDetails)|Search|Lookup)"
    )
    assert [one for one in needed if not verbs.search(one)] == []


def test_costs_name_every_type_once() -> None:
    named = [cost.type for cost in costs()]
    assert len(named) == len(set(named))
    assert {"AWS::S3::Bucket", "AWS::IAM::User", "AWS::KMS::Key", "AWS::::Account"} <= set(named)


@pytest.mark.parametrize(
    ("type", "place", "resource"),
    [
        ("AWS::S3::Bucket", 2, 7),  # one of them only where the list does not name the region
        ("AWS::S3::AccountPublicAccessBlock", 1, 0),
        ("AWS::IAM::User", 4, 0),  # three of them shared with the root user
        ("AWS::IAM::Role", 1, 0),
        ("AWS::IAM::ManagedPolicy", 2, 1),  # for attached policies of AWS
        ("AWS::KMS::Key", 3, 3),
    ],
)
def test_calls_per_place_and_per_resource(type: str, place: int, resource: int) -> None:
    (cost,) = [cost for cost in costs() if cost.type == type]
    assert (len(cost.place), len(cost.resource)) == (place, resource)
