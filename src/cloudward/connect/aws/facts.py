"""What the declarations say: services, needed permissions, and which calls a scan makes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from cloudward import registry
from cloudward.connect.aws.declare import Call, Collector, Nothing, Service, permission
from cloudward.errors import UsageError, near

RENAMED = {"monitoring": "cloudwatch"}
"""Sources of events that permissions call otherwise."""
Wanted = Mapping[str, Collection[str]]
"""Type -> paths of its documents that somebody will read."""


@dataclass(frozen=True, slots=True)
class Module:
    """A service and all of its collectors, from one file or several that share its `SERVICE`."""

    service: Service
    collectors: tuple[Collector, ...]


@cache
def modules() -> Mapping[str, Module]:
    """Every service that can be scanned, by name."""
    found: dict[str, tuple[Service, dict[str, Collector]]] = {}
    for module in registry.modules("cloudward.connect.aws"):
        service = vars(module).get("SERVICE")
        if not isinstance(service, Service):
            continue
        shared, collectors = found.setdefault(service.name, (service, {}))
        if shared is not service:
            raise ValueError(f"the service {service.name} is declared twice")
        ours = (value for value in vars(module).values() if isinstance(value, Collector))
        collectors.update({collector.type: collector for collector in ours})
    return {
        name: Module(service, tuple(sorted(all.values(), key=_hangs_on_others)))
        for name, (service, all) in sorted(found.items())
    }


def _hangs_on_others(collector: Collector) -> bool:
    """Whether a list of another collector may show that this one need not ask."""
    return any(call.unless and isinstance(call.unless.holds, Nothing) for call in collector.calls)


@cache
def operations(service: str) -> frozenset[str]:
    """The operations that are declared for a boto3 client."""
    return frozenset(
        call.operation
        for module in modules().values()
        for collector in module.collectors
        for call in collector.calls
        if (call.service or module.service.name) == service
    )


def known(services: Collection[str] | None) -> Collection[str] | None:
    """The same services; a name that is none of ours is refused with the near one."""
    for name in services or ():
        if name not in modules():
            raise UsageError(f"{name!r} is no AWS service that can be scanned{near(name, modules())}")
    return services


def chosen(services: Collection[str] | None) -> Mapping[str, Module]:
    """The services that are read: those named, or all."""
    some = known(services)
    return {name: module for name, module in modules().items() if some is None or name in some}


def owners() -> dict[str, str]:
    """Type -> the service that reads it."""
    return {collector.type: name for name, module in modules().items() for collector in module.collectors}


def permissions(services: Collection[str] | None = None, wanted: Wanted | None = None) -> list[str]:
    """The IAM permissions that a scan needs, sorted; all of them, or those of some services or wishes."""
    needed = {
        permission(module.service, call)
        for name, module in modules().items()
        if services is None or name in services
        for collector in module.collectors
        for call in collector.calls
        if call.action != "-" and not (call.extra and call.into in skipped(collector, wanted))
    }
    return sorted(needed | {"ec2:DescribeRegions"})


def skipped(collector: Collector, wanted: Wanted | None) -> frozenset[str]:
    """The `into` names of the extra calls whose fields nobody wants."""
    if wanted is None:
        return frozenset()
    paths = wanted.get(collector.type, ())
    extra = (call for call in collector.calls if call.extra)
    return frozenset(call.into for call in extra if not _serves(collector, call, paths))


def _serves(collector: Collector, call: Call, paths: Collection[str]) -> bool:
    asked = [_parts(path) for path in paths]
    filled = [_parts(path) for path in collector.fills(call)]
    return any(a[: len(f)] == f[: len(a)] for a in asked for f in filled)


def _parts(path: str) -> list[str]:
    return path.replace("[]", "").split(".")


@cache
def changed_by(source: str) -> frozenset[str]:
    """The services of ours that read what a source of events changes: it is named as in permissions."""
    prefix = RENAMED.get(source, source)
    return frozenset(name for name, module in modules().items() if prefix in _prefixes(module))


def _prefixes(module: Module) -> set[str]:
    calls = (call for collector in module.collectors for call in collector.calls)
    return {permission(module.service, call).partition(":")[0] for call in calls}


@dataclass(frozen=True, slots=True)
class Cost:
    """The calls that collecting a type makes, pages aside."""

    type: str
    title: str
    scope: str
    place: tuple[str, ...]
    """Once per account, or once per region for a regional service."""
    resource: tuple[str, ...]
    """At most once for each resource."""
    spare: tuple[str, ...]
    """Only where another call did not answer."""
    extra: tuple[str, ...]
    """Only when somebody wants what they tell."""


def costs() -> list[Cost]:
    """What each type costs, for the connector's page."""
    return [_cost(module.service, one) for module in modules().values() for one in module.collectors]


def _cost(service: Service, collector: Collector) -> Cost:
    core = [call for call in collector.calls if not call.extra and not call.spare]
    return Cost(
        collector.type,
        collector.doc.split("\n", 1)[0],
        service.scope,
        place=_names(service, (call for call in core if call.among or not call.by)),
        resource=_names(service, (call for call in core if call.by and not call.among)),
        spare=_names(service, (call for call in collector.calls if call.spare)),
        extra=_names(service, (call for call in collector.calls if call.extra)),
    )


def _names(service: Service, calls: Iterable[Call]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(permission(service, call) for call in calls))
