"""A million documents in 500 scopes through the store: memory, and what a look at them costs.

    python -m benchmarks.scale [documents] [scopes] [folder]

Documents come interleaved from one unit, as from one large export. A folder that is given is kept.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cloudward.model import Assessment, Coverage, Outcome, Provider, Resource, Scope, Score, Severity, Status
from cloudward.store import Staging, Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = [f"Microsoft.Example/kind{number}" for number in range(20)]
REGIONS = ("westeurope", "northeurope", "eastus", "global")
POLICIES = 5
"""Assessments of each resource."""
KINDS = {
    kind: [f"azure-kind{n}-policy{policy}" for policy in range(POLICIES)] for n, kind in enumerate(TYPES)
}
"""Type -> the policies that look at it."""
GOAL = 20
"""Milliseconds of processor time that a look may take."""
JUDGED = ("page of a policy's resources", "facet of a policy by status", "a resource's assessments")
LIMIT = 2048
"""MiB of memory that filling the store may take."""


@dataclass(frozen=True)
class Estate:
    """What a store is filled with: the same documents always."""

    number: int
    scopes: Sequence[Scope]
    kinds: Mapping[str, Sequence[str]]
    """Type -> the policies that look at it."""
    groups: Sequence[Scope] = ()
    """What holds the scopes."""
    score: Callable[[str], Score | None] = lambda _: None


def subscriptions(number: int, scopes: int) -> Estate:
    ids = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(scopes)]
    return Estate(number, [Scope(id, Provider.AZURE, "subscription") for id in ids], KINDS)


def documents(estate: Estate) -> Iterator[Resource]:
    """Of about 1.3 KB, three tags, types of unlike frequency."""
    types = [*estate.kinds]
    for index in range(estate.number):
        seed = int.from_bytes(blake2b(index.to_bytes(8, "big"), digest_size=6).digest(), "big")
        within = estate.scopes[index % len(estate.scopes)]
        scope = within.id
        kind = types[min(seed % len(types), seed // len(types) % len(types))]
        name = f"{kind.rpartition('/')[2]}-{seed:x}"
        yield Resource(
            id=f"/subscriptions/{scope}/resourceGroups/rg{seed % 40}/providers/{kind}/{name}-{index}",
            type=kind,
            provider=within.provider,
            scope=scope,
            region=REGIONS[seed // 400 % 4],
            name=name,
            properties={
                "sku": {"name": "Standard_LRS", "tier": "Standard"},
                "properties": {
                    "supportsHttpsTrafficOnly": seed % 3 > 0,
                    "minimumTlsVersion": f"TLS1_{seed % 3}",
                    "creationTime": f"2025-{seed % 12 + 1:02}-11T09:12:31Z",
                    "rules": [
                        {"name": f"rule{n}", "port": (seed >> n) % 65536, "access": "Allow", "source": "*"}
                        for n in range(8)
                    ],
                    "endpoints": {
                        k: f"https://{name}.{k}.example.net/" for k in ("blob", "dfs", "web", "file")
                    },
                },
            },
            tags={
                "env": ("prod", "dev", "test")[seed % 3],
                "owner": f"team{seed % 60}",
                "cost": str(seed % 9),
            },
        )


def assessments(staging: Staging, scope: str, kinds: Mapping[str, Sequence[str]]) -> Iterator[Assessment]:
    """Those of the resources of a scope, as if policies had run."""
    for kind in staging.types(scope):
        for item in staging.resources(scope, kind):
            port = item.properties["properties"]["rules"][0]["port"]
            digest = blake2b(item.id.encode(), digest_size=16).hexdigest()
            for number, policy in enumerate(kinds[kind]):
                status = (Status.HEALTHY, Status.UNHEALTHY, Status.HEALTHY, Status.UNKNOWN)[
                    (port >> number) % 4
                ]
                yield Assessment(
                    policy=policy,
                    resource=item.id,
                    type=kind,
                    scope=scope,
                    region=item.region,
                    status=status,
                    severity=(Severity.LOW, Severity.MEDIUM, Severity.HIGH)[number % 3],
                    cause=None,
                    since=NOW,
                    last_known=None,
                    snapshot=staging.scan,
                    document_hash=digest,
                    policy_hash=f"{number:032x}",
                    parameters={},
                    engine="1",
                    evaluated_at=NOW,
                    due=None,
                    key=digest,
                )


def fill(store: Store, estate: Estate) -> None:
    store.know(estate.groups)
    provider = estate.scopes[0].provider
    staging = store.begin(provider, "files", estate.scopes, ["file"])
    clock = Clock()
    with staging.unit("file") as writer:
        for item in documents(estate):
            writer.add(item)
        for scope in estate.scopes:
            for kind in estate.kinds:
                writer.add(Coverage(scope.id, None, kind, "file", Outcome.READ, True, 1, NOW))
    clock.say(f"staged {estate.number:,} documents in {len(estate.scopes)} scopes")
    print(f"  staging: {_size(staging.folder) / 1e6:.0f} MB")
    for scope in estate.scopes:
        staging.publish(scope.id, assessments(staging, scope.id, estate.kinds), estate.score(scope.id))
    clock.say(f"published, {estate.number * POLICIES:,} assessments")
    staging.finish()
    print(
        f"  store: {_size(store.folder) / 1e6:.0f} MB, history {_size(store.folder / 'history') / 1e6:.0f} MB"
    )


def look(store: Store) -> None:
    """What one look costs, the median of 15 in milliseconds of processor time; the first is thrown away."""
    scopes = [scope.id for scope in store.scopes()]
    some, policy, bad = scopes[7], "azure-kind3-policy1", "unhealthy"
    first = next(store.resources(scope=some))
    page = list(store.assessments(policy=policy, limit=100))
    cases: dict[str, Callable[[], Any]] = {
        "page of a policy's resources": lambda: list(store.assessments(policy=policy, limit=100)),
        "the next page": lambda: list(store.assessments(policy=policy, limit=100, after=page[-1].cursor)),
        "page, one status": lambda: list(store.assessments(policy=policy, status=bad, limit=100)),
        "page, one scope": lambda: list(store.assessments(policy=policy, status=bad, scope=some, limit=100)),
        "page, 250 scopes": lambda: list(
            store.assessments(policy=policy, status=bad, scope=scopes[::2], limit=100)
        ),
        "page, one region": lambda: list(
            store.assessments(policy=policy, status=bad, region="eastus", limit=100)
        ),
        "page of everything": lambda: list(store.assessments(limit=100)),
        "page of a scope": lambda: list(store.assessments(scope=some, limit=100)),
        "facet of a policy by status": lambda: store.facets("status", policy=policy),
        "facet of a policy by scope": lambda: store.facets("scope", policy=policy),
        "facet of a scope by policy": lambda: store.facets("policy", scope=some),
        "facet of everything by status": lambda: store.facets("status"),
        "facet of everything by policy": lambda: store.facets("policy", status="unhealthy"),
        "facet of 250 scopes by policy": lambda: store.facets("policy", scope=scopes[::2]),
        "inventory by type": lambda: store.inventory("type"),
        "inventory of 250 scopes by region": lambda: store.inventory("region", scope=scopes[::2]),
        "a resource's assessments": lambda: list(store.assessments(resource=first.id)),
        "a resource with its document": lambda: store.resource(first.id),
        "page of resources of a type": lambda: list(store.resources(type=TYPES[3], limit=100)),
        "page of resources by tag": lambda: list(store.resources(tag="owner=team7", limit=100)),
        "scopes": store.scopes,
    }
    for name, case in cases.items():
        case()
        spent = []
        for _ in range(15):
            start = time.process_time()
            case()
            spent.append(time.process_time() - start)
        median = sorted(spent)[7] * 1000
        goal = f" (goal {GOAL} ms)" if name in JUDGED else ""
        print(f"  {median:8.2f} ms  {name}{goal}")
        if goal and median > GOAL:
            raise SystemExit(f"{name}: more than {GOAL} ms")


class Clock:
    def __init__(self) -> None:
        self._cpu = time.process_time()

    def say(self, what: str) -> None:
        spent, self._cpu = time.process_time() - self._cpu, time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{what}: {spent:.1f} CPU s, peak {peak:.0f} MiB (goal {LIMIT})", flush=True)
        if peak > LIMIT:
            raise SystemExit(f"more than {LIMIT} MiB")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def main(arguments: list[str]) -> None:
    number = int(arguments[0]) if arguments else 1_000_000
    scopes = int(arguments[1]) if len(arguments) > 1 else 500
    with ExitStack() as stack:
        folder = arguments[2] if len(arguments) > 2 else stack.enter_context(tempfile.TemporaryDirectory())
        store = stack.enter_context(Store.open(folder))
        if not store.scopes():
            fill(store, subscriptions(number, scopes))
        look(store)


if __name__ == "__main__":
    main(sys.argv[1:])
