"""Why a policy says what it says of a resource, for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from cloudward.cli.causes import remedy
from cloudward.cli.output import STYLES, literally, moment, styled
from cloudward.model import Assessment, Explanation, Leaf, Policy, Resource, Scope, Status
from cloudward.rules.paths import Mark, steps
from cloudward.rules.printer import literal
from cloudward.rules.types import Field, Type

SHOWN = 12
LONG = 240
TOOLS = {"portal": "In the portal", "cli": "On the command line", "terraform": "In Terraform"}
ANSWER = {True: "yes", False: "no", None: "unknown"}


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
    styled()
    styled(("Because", "bold"))
    for leaf in explanation.leaves[:SHOWN]:
        for line in told(leaf, type, resource.source is not None):
            styled(line, indent=2)
    if len(explanation.leaves) > SHOWN:
        styled(f"and {len(explanation.leaves) - SHOWN} more: --output json shows all", indent=2)
    styled(("The condition: ", "dim"), explanation.condition, indent=2)
    if assessment.status is Status.UNHEALTHY:
        _fix(policy)
    if policy.note:
        styled()
        styled(("Note", "bold"))
        styled(policy.note, indent=2)


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
    styled(resource.id)
    since = f"since {moment(assessment.since)}"
    if assessment.status is Status.UNKNOWN and assessment.last_known:
        known = assessment.last_known
        since = f"{known.status.value.replace('_', ' ')} when it was last known, {moment(known.at)}"
    due = f"; may change by itself at {moment(assessment.due)}" if assessment.due else ""
    styled(since + due)


def told(leaf: Leaf, type: Type | None = None, template: bool = False) -> Iterator[str]:
    """A leaf in one line, then what would make it known or what its absence means."""
    if leaf.cause is not None:
        yield f"{leaf.path} is not known: {leaf.cause}"
        yield f"  to know it: {remedy(leaf.cause)}"
        return
    yield _read(leaf)
    meaning = absence(leaf, type, template)
    if meaning is not None:
        yield f"  not set means {short(meaning['default'])}: {meaning['source']}"


def _read(leaf: Leaf) -> str:
    if leaf.operator == "size":
        return f"{leaf.path} has {leaf.value} {'element' if leaf.value == 1 else 'elements'}"
    if leaf.operator == "keys":
        return f"{leaf.path} has {'the keys ' + ', '.join(map(str, leaf.value)) if leaf.value else 'no keys'}"
    said = f"{leaf.path} is {short(leaf.value)}"
    if leaf.operator == "==" and isinstance(leaf.expected, bool):
        return said
    asked = (
        leaf.operator
        if leaf.expected is None and leaf.operator[0].isalpha()
        else f"{leaf.operator} {short(leaf.expected)}"
    )
    return f"{said} ({asked}: {ANSWER[leaf.result]})"


def short(value: Any) -> str:
    """A value as CEL writes it, with the middle of a long one left out."""
    text = literal(value)
    return text if len(text) <= LONG else f"{text[: LONG - 40]} ... {text[-30:]}"


def absence(leaf: Leaf, type: Type | None, template: bool = False) -> dict[str, Any] | None:
    """What the type file says of a field that has the value of one which is not set."""
    field = declared(leaf.path, type) if type and leaf.path.startswith("p.") else None
    if type is None or field is None or field.type in {"list", "map", "object"}:
        return None
    default = field.default_template if template else field.default
    source = field.source or type.source
    return {"default": default, "source": source} if source and leaf.value == default else None


def declared(path: str, type: Type) -> Field | None:
    """The field at a path like `p.Rules[2].FromPort`; None when the path is no plain one."""
    try:
        way = steps(path)[1:]
    except ValueError:
        return None
    fields, found = type.fields, None
    for step in way:
        if isinstance(step, int | Mark):
            found = found.items if found else None
        else:
            found = next((field for field in fields if field.name == step), None)
        if found is None:
            return None
        fields = found.fields
    return found


def _fix(policy: Policy) -> None:
    styled()
    styled(("Why it matters", "bold"))
    styled(policy.why, indent=2)
    for tool, step in policy.fix.items():
        styled()
        styled((TOOLS.get(tool, tool), "bold"))
        for line in step.splitlines():
            (styled if tool == "portal" else literally)(line, indent=2)
