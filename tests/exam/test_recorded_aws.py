"""Real answers of AWS through the connector: nothing breaks, and which fields of policies were ever seen."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel

from cloudward import pack
from cloudward.connect.aws.connector import Aws
from cloudward.connect.aws.facts import modules, owners
from cloudward.connect.aws.replay import Replay
from cloudward.model import Coverage, Outcome, Reason, Resource
from cloudward.rules.completion import sealer
from cloudward.rules.types import Type

pytestmark = pytest.mark.exam

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "recorded-aws.jsonl.gz"
IDENTITY = {"Account": "644160558196", "Arn": "arn:aws:iam::644160558196:user/auditor", "UserId": "A"}

POOLED = 4000
"""Answers beside the one that is tried: large enough to hold something, small enough to be quick."""

SILENT = {
    "inspector2": "findings alone were recorded",
    "opensearch": "domains were described by the older API, which is not asked",
    "organizations": "refusals alone were recorded",
    "securityhub": "findings alone were recorded",
}
"""Services of which answers were recorded and no resource can be made, and why."""

Row = dict[str, Any]


@cache
def recorded() -> Sequence[Row]:
    with gzip.open(CORPUS, "rt") as lines:
        return [json.loads(line) for line in lines]


@cache
def flights() -> Mapping[str, list[Row]]:
    """Rows by flight, in their order, of the services that have a connector, named as boto3 names them."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in recorded():
        found[row["flight"]].append({**row, "service": client(row)})
    ours = {*modules(), *clients()}
    return {name: rows for name, rows in found.items() if ours & {row["service"] for row in rows}}


@cache
def clients() -> Mapping[str, ServiceModel]:
    """The boto3 clients that some collector asks, and `sts`."""
    session = botocore.session.get_session()
    names = {service for service, _ in declared()} | {"sts"}
    return {name: session.get_service_model(name) for name in sorted(names)}


def client(row: Row) -> str:
    """The boto3 client of an answer. Recordings name a service by its endpoint, which several may share."""
    sharing = {name: it for name, it in clients().items() if it.endpoint_prefix == row["service"]}
    fitting = [
        name
        for name, model in sharing.items()
        if row["operation"] in model.operation_names
        and (row["status"] >= 300 or fits(row["data"], model.operation_model(row["operation"]).output_shape))
    ]
    said = json.dumps(row["data"])
    named = [name for name in fitting if f'"Engine": "{name}"' in said or name == row["service"]]
    return str((named or fitting or [row["service"]])[0])


def fits(data: Any, shape: Any) -> bool:
    """Whether an answer may be of this shape: it has no other members."""
    if isinstance(data, list) and shape.type_name == "list":
        return all(fits(one, shape.member) for one in data[:1])
    if not isinstance(data, dict) or shape is None or shape.type_name != "structure":
        return True
    told = {name: value for name, value in data.items() if name not in ("ResponseMetadata", "__class__")}
    return all(name in shape.members and fits(value, shape.members[name]) for name, value in told.items())


def declared() -> set[tuple[str, str]]:
    """Every (client, operation) that a collector may ask."""
    return set().union(*(of(name) for name in modules()))


@cache
def of(module: str) -> frozenset[tuple[str, str]]:
    """Those that a module may ask."""
    service, collectors = modules()[module].service.name, modules()[module].collectors
    return frozenset((call.service or service, call.operation) for each in collectors for call in each.calls)


@cache
def types() -> Mapping[str, Type]:
    return pack.load().types


def played(replay: Replay, services: Iterable[str]) -> Iterator[Resource | Coverage]:
    """What the connector makes of a replay, whole."""
    connector = Aws(types(), sealer(b"exam"), transport=replay, services=sorted(services), max_rate=1e6)
    try:
        for unit in connector.units():
            yield from connector.collect(unit)
    finally:
        connector.close()


def identified(rows: Iterable[Row]) -> Replay:
    replay = Replay.of(row for row in rows if row["service"] != "sts")
    return replay.record("sts", "GetCallerIdentity", IDENTITY, forever=True)


@cache
def collected() -> Mapping[str, list[Resource | Coverage]]:
    """Every flight played once."""
    found = {}
    for name, rows in flights().items():
        services = {row["service"] for row in rows} & set(modules())
        if services:
            found[name] = list(played(identified(rows), services))
    return found


def test_every_flight_is_played_to_its_end() -> None:
    assert len(collected()) > 300
    resources = [item for items in collected().values() for item in items if isinstance(item, Resource)]
    assert {"AWS::S3::Bucket", "AWS::EC2::Instance", "AWS::IAM::User", "AWS::RDS::DBInstance"} <= {
        resource.type for resource in resources
    }


def test_what_was_not_recorded_is_not_requested_and_never_failed_or_empty() -> None:
    for name, rows in flights().items():
        recorded = {(row["service"], row["operation"]) for row in rows}
        for row in collected().get(name, []):
            if isinstance(row, Coverage) and row.outcome in {Outcome.EMPTY, Outcome.READ}:
                service, _, operation = row.call.partition(":")
                known = {(s, o) for s, o in recorded if o == operation or s == service}
                assert known, f"{name}: {row.call} is {row.outcome} and was not recorded"


def test_each_answer_goes_through_the_mapping_of_its_operation() -> None:
    """Each is given to its operation, beside answers of other flights that lead there."""
    pooled: dict[tuple[str, str], Any] = {}
    answers = []
    for rows in flights().values():
        for row in rows:
            key = (row["service"], row["operation"])
            if key in declared():
                answers.append(row)
                size = len(json.dumps(row["data"]))
                if row["status"] < 300 and len(json.dumps(pooled.get(key, ""))) < size < POOLED:
                    pooled[key] = row["data"]
    assert len(answers) > 500
    for row in answers:
        asked = (row["service"], row["operation"])
        module = next(name for name in modules() if asked in of(name))
        base = [
            {"service": service, "operation": operation, "status": 200, "data": data}
            for (service, operation), data in pooled.items()
            if (service, operation) in of(module) - {asked}
        ]
        items = list(played(identified([row, *base]), [module]))
        broken = [
            item
            for item in items
            if isinstance(item, Resource)
            and any(cause.reason is Reason.ERROR for cause in item.unread.values())
        ]
        assert not broken, f"{row['flight']} {row['operation']}: {broken[0].unread}"


def test_the_table_of_fields_that_policies_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Every field is seen (an answer had a value), optional (known by its absence, for which its type file
    says what that means), or never seen: no recorded call fills it."""
    content = pack.load()
    shown: defaultdict[str, list[Resource]] = defaultdict(list)
    for items in collected().values():
        for item in items:
            if isinstance(item, Resource):
                shown[item.type].append(item)
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    lines = [f"\n{'type and field that policies read':<72}{'value':>6}{'absent':>9}{'unread':>8}"]
    for type, module in sorted(owners().items()):
        paths = sorted({path for rule in content.rules(type) for path in rule.reads})
        if paths or shown[type]:
            lines.append(f"{type} ({len(shown[type])} resources)")
        for path in paths:
            ways = Counter(_how(each.properties, path) for each in shown[type])
            state = "seen" if ways[SEEN] else "optional" if ways[DEFAULT] else "never seen"
            totals[module][state] += 1
            lines.append(f"  {path:<70}{ways[SEEN]:>6}{ways[DEFAULT]:>9}{ways[UNREAD]:>8}   {state}")
    services = {row["service"] for rows in flights().values() for row in rows}
    lines.append(f"\n{'service':<24}{'seen':>6}{'optional':>10}{'never seen':>12}")
    for module, states in sorted(totals.items()):
        mark = "" if module in services else "   not recorded"
        lines.append(
            f"{module:<24}{states['seen']:>6}{states['optional']:>10}{states['never seen']:>12}{mark}"
        )
    every = sum(totals.values(), Counter[str]())
    lines.append(f"{'all':<24}{every['seen']:>6}{every['optional']:>10}{every['never seen']:>12}")
    with capsys.disabled():
        print("\n".join(lines))
    assert every["seen"] > 290
    silent = {
        name
        for name in services & set(modules())
        if not any(shown[collector.type] for collector in modules()[name].collectors)
    }
    assert silent == set(SILENT), "recorded, and nothing was made of it"


SEEN, DEFAULT, UNREAD = range(3)


def _how(document: Any, path: str) -> int:
    """Whether a path has a value anywhere, is known to be empty, or is not there."""
    here = [document]
    for part in path.split("."):
        name, *lists = part.split("[]")
        here = [one[name] for one in here if isinstance(one, Mapping) and name in one]
        for _ in lists:
            here = [element for one in here if isinstance(one, list) for element in one] or [None]
        if not here:
            return UNREAD
    return SEEN if any(value not in (None, [], {}, "", False) for value in here) else DEFAULT
