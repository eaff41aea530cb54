"""Real answers of AWS through the connector: nothing breaks, and which fields of policies were ever seen."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cloudward import pack
from cloudward.connect.aws.connector import Aws
from cloudward.connect.aws.facts import modules
from cloudward.connect.aws.replay import Replay
from cloudward.model import Coverage, Outcome, Reason, Resource
from cloudward.rules.completion import sealer

pytestmark = pytest.mark.exam

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "recorded-aws.jsonl.gz"
SERVICES = {"memory-db": "memorydb", "monitoring": "cloudwatch", "states": "stepfunctions"}
"""Recordings name a service by its endpoint."""
IDENTITY = {"Account": "644160558196", "Arn": "arn:aws:iam::644160558196:user/auditor", "UserId": "A"}

POOLED = 4000
"""Answers beside the one that is tried: large enough to hold something, small enough to be quick."""

Row = dict[str, Any]


@cache
def flights() -> Mapping[str, list[Row]]:
    """Rows by flight, in their order, of the services that have a connector."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    with gzip.open(CORPUS, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            row["service"] = SERVICES.get(row["service"], row["service"])
            found[row["flight"]].append(row)
    ours = {*modules(), "s3control", "account", "sts"}
    return {name: rows for name, rows in found.items() if ours & {row["service"] for row in rows}}


def declared() -> set[tuple[str, str]]:
    """Every (service, operation) that a collector may ask."""
    return {
        (call.service or module.service.name, call.operation)
        for module in modules().values()
        for collector in module.collectors
        for call in collector.calls
    }


def played(replay: Replay, services: Iterable[str]) -> Iterator[Resource | Coverage]:
    """What the connector makes of a replay, whole."""
    connector = Aws(
        pack.load().types, sealer(b"exam"), transport=replay, services=sorted(services), max_rate=1e6
    )
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
        base = [
            {"service": service, "operation": operation, "status": 200, "data": data}
            for (service, operation), data in pooled.items()
            if (service, operation) != (row["service"], row["operation"])
        ]
        module = next(
            name
            for name, module in modules().items()
            if any(
                (call.service or module.service.name, call.operation) == (row["service"], row["operation"])
                for collector in module.collectors
                for call in collector.calls
            )
        )
        items = list(played(identified([row, *base]), [module]))
        broken = [
            item
            for item in items
            if isinstance(item, Resource)
            and any(cause.reason is Reason.ERROR for cause in item.unread.values())
        ]
        assert not broken, f"{row['flight']} {row['operation']}: {broken[0].unread}"


def test_the_table_of_fields_that_policies_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Seen: an answer had a value. Default: known by its absence. Unread: no recorded call fills it."""
    content = pack.load()
    seen: defaultdict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    count: defaultdict[str, int] = defaultdict(int)
    for items in collected().values():
        for item in items:
            if isinstance(item, Resource):
                count[item.type] += 1
                for path in {path for rule in content.rules(item.type) for path in rule.reads}:
                    seen[item.type][path][_how(item.properties, path)] += 1
    with capsys.disabled():
        print(f"\n{'type and field that policies read':<72}{'seen':>6}{'default':>9}{'unread':>8}")
        for type in sorted(count):
            print(f"{type} ({count[type]} resources)")
            for path, (value, default, unread) in sorted(seen[type].items()):
                mark = "" if value else "   never seen"
                print(f"  {path:<70}{value:>6}{default:>9}{unread:>8}{mark}")
        absent = sorted(
            type for type in content.types if content.types[type].provider == "aws" and not count[type]
        )
        print("types that no flight shows: " + ", ".join(absent))
    assert sum(value for fields in seen.values() for value, _, _ in fields.values()) > 1000


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
