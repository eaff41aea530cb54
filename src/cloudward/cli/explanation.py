"""Why a policy says what it says of a resource, for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from cloudward.assess.explained import absence
from cloudward.cli.evidence import told
from cloudward.cli.lines import command, hanging, wrapped
from cloudward.cli.output import STYLES, block, console, literally, moment, styled
from cloudward.model import Assessment, Assignment, Effect, Explanation, Leaf, Policy, Resource, Scope, Status
from cloudward.respond.causes import remedy
from cloudward.rules.types import Type

SHOWN = 12
TOOLS = {"portal": "In the portal", "cli": "On the command line", "terraform": "In Terraform"}


def show(
    policy: Policy,
    resource: Resource,
    scope: Scope,
    assessment: Assessment,
    explanation: Explanation,
    type: Type | None,
) -> None:
    """Print the verdict, what decides, and what to do."""
    _verdict(policy, resource, scope, assessment)
    block("Because", _evidence(explanation.leaves, type, resource.source is not None))
    block("The condition", hanging(explanation.condition, _width(), 2))
    if assessment.status is Status.UNHEALTHY:
        block("Why it matters", wrapped(policy.why, _width(), 2))
        for tool, lines in fixes(policy):
            block(tool, lines)
    if policy.note:
        block("Note", wrapped(policy.note, _width(), 2))


def record(
    policy: Policy,
    resource: Resource,
    assessment: Assessment,
    explanation: Explanation,
    type: Type | None,
) -> dict[str, Any]:
    """The same for programs."""
    return {
        **brief(assessment, policy),
        "condition": explanation.condition,
        "leaves": [
            {**asdict(leaf), "absence": absence(leaf, type, resource.source is not None)}
            for leaf in explanation.leaves
        ],
    }


def brief(assessment: Assessment, policy: Policy | None) -> dict[str, Any]:
    """What the assessment alone says, for programs; a policy whose file is gone leaves its part null."""
    return {
        "policy": assessment.policy,
        "title": policy.title if policy else None,
        "resource": assessment.resource,
        "type": assessment.type,
        "scope": assessment.scope,
        "region": assessment.region,
        "status": assessment.status.value,
        "severity": assessment.severity.value,
        "cause": asdict(assessment.cause) if assessment.cause else None,
        "remedy": remedy(assessment.cause) if assessment.cause else None,
        "since": assessment.since,
        "last_known": asdict(assessment.last_known) if assessment.last_known else None,
        "due": assessment.due,
        "exemption": assessment.exemption,
        "disabled": [],
        "condition": None,
        "leaves": None,
        "why": policy.why if policy else None,
        "fix": dict(policy.fix) if policy else None,
        "parameters": dict(assessment.parameters),
        "snapshot": assessment.snapshot,
        "document_hash": assessment.document_hash,
        "policy_hash": assessment.policy_hash,
        "engine": assessment.engine,
        "evaluated_at": assessment.evaluated_at,
    }


def off(
    policy: Policy, type: str, resource: str, scope: str, region: str | None, by: Sequence[Assignment]
) -> dict[str, Any]:
    """For programs: there is no verdict, because assignments turn the policy off."""
    told = ("id", "scope", "created_by", "created_at", "reason", "source")
    return {
        **dict.fromkeys(MADE),
        "policy": policy.id,
        "title": policy.title,
        "resource": resource,
        "type": type,
        "scope": scope,
        "region": region,
        "status": Effect.DISABLED.value,
        "severity": policy.severity.value,
        "remedy": None,
        "disabled": [{key: getattr(each, key) or None for key in told} for each in by],
        "condition": None,
        "leaves": None,
        "why": policy.why,
        "fix": dict(policy.fix),
    }


MADE = (
    "cause",
    "since",
    "last_known",
    "due",
    "exemption",
    "parameters",
    "snapshot",
    "document_hash",
    "policy_hash",
    "engine",
    "evaluated_at",
)
"""What only an assessment has."""


def show_off(
    policy: Policy, type: str, name: str, resource: str, scope: str, by: Sequence[Assignment]
) -> None:
    """The same for a person."""
    styled(("disabled", "bold"), f"  {policy.severity.value}  {policy.id}")
    styled((policy.title, "bold"))
    styled(f"{type} {name} in {scope}")
    literally(resource)
    block("It is not evaluated here", (line for each in by for line in _decided(each)))
    block("To evaluate it", [f"  {_turning_on(policy, scope, by)}"])


def _turning_on(policy: Policy, scope: str, by: Sequence[Assignment]) -> str:
    switch = next((each for each in by if each.plan), None)
    if switch is not None:
        scope = f" --scope {switch.scope}" if switch.scope else ""
        return f"change {switch.source}" if switch.source else f"cloudward plans on {switch.plan}{scope}"
    here = next((each for each in by if (each.scope, each.policy) == (scope, policy.id)), None)
    if here is None:
        return f"cloudward assign add {policy.id} --scope {scope}"
    return f"change {here.source}" if here.source else f"cloudward assign remove {here.id}"


def _decided(each: Assignment) -> Iterator[str]:
    from cloudward.assess.assignments import called

    place, what = each.scope or "every scope", called(each)
    who = f"{each.created_by}, {moment(each.created_at)}" + (f", {each.source}" if each.source else "")
    yield from hanging(f"{each.id} disables {what} in {place}: {who}", _width(), 2)
    if each.reason:
        yield from wrapped(each.reason, _width(), 4)


def _verdict(policy: Policy, resource: Resource, scope: Scope, assessment: Assessment) -> None:
    status = assessment.status.value
    exempt = ", exempt" if assessment.exemption else ""
    styled(
        (status.replace("_", " "), STYLES.get(status, "")), f"{exempt}  {policy.severity.value}  {policy.id}"
    )
    styled((policy.title, "bold"))
    where = " ".join(
        part for part in (scope.name, scope.id if scope.name != scope.id else "", resource.region) if part
    )
    styled(f"{resource.type} {resource.name} in {where}")
    literally(resource.id)
    since = f"since {moment(assessment.since)}"
    if assessment.status is Status.UNKNOWN and assessment.last_known:
        known = assessment.last_known
        since = f"{known.status.value.replace('_', ' ')} when it was last known, {moment(known.at)}"
    due = f"; may change by itself at {moment(assessment.due)}" if assessment.due else ""
    styled(since + due)


def _evidence(leaves: Sequence[Leaf], type: Type | None, template: bool) -> Iterator[str]:
    found = list(told(leaves, type, template))
    for line, *more in found[:SHOWN]:
        yield from hanging(line, _width(), 2)
        for each in more:
            yield from hanging(each, _width(), 4)
    if len(found) > SHOWN:
        yield f"  and {len(found) - SHOWN} more: --output json shows all"


def fixes(policy: Policy) -> Iterator[tuple[str, Iterator[str]]]:
    """How to mend it: the tool, and what to do with it."""
    for tool, steps in policy.fix.items():
        form = command if tool == "cli" else wrapped
        yield TOOLS.get(tool, tool), (line for step in steps.splitlines() for line in form(step, _width(), 2))


def _width() -> int:
    return console().width
