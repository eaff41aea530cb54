"""`cloudward explain`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from cloudward.cli.options import ContentFolders, Format, Output, Scopes, StorePath
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import assigned, content, known, opened
from cloudward.errors import UsageError
from cloudward.model import Effect

if TYPE_CHECKING:
    from cloudward.model import Assignment, Policy
    from cloudward.pack import Pack
    from cloudward.store import ResourceRow, Store

LISTING = Listing(
    "explanation",
    {
        "policy": "the policy's id",
        "title": "what should be",
        "resource": "the resource's id",
        "type": "its type",
        "scope": "account, subscription or cluster",
        "region": "null for what is global",
        "status": "unhealthy, unknown, healthy, not_applicable; disabled where the policy is not evaluated",
        "severity": "high, medium, low",
        "cause": "why it is unknown: reason, call, message",
        "remedy": "what would make it known",
        "since": "since when the status is what it is",
        "last_known": "the last status that was not unknown, and when",
        "due": "when the passing of time alone may change the status",
        "exemption": "the id of the exemption that applies",
        "disabled": "the assignments that turn the policy off in this scope: id, scope, who, when, why",
        "condition": "the part of the policy that decided",
        "leaves": "what decided: path, value, operator, expected, result, cause, and what absence means",
        "why": "why it matters",
        "fix": "steps by tool",
        "parameters": "what the policy ran with",
        "snapshot": "the scan that the document is from",
        "document_hash": "of the document",
        "policy_hash": "of the policy",
        "engine": "what evaluated it",
        "evaluated_at": "when",
    },
    (Column("status"), Column("policy", fold=True), Column("severity"), Column("cause", fold=True)),
    empty="No policy speaks of this resource.",
)


def explain(
    scope: Scopes,
    store: StorePath,
    own: ContentFolders,
    resource: Annotated[
        str, typer.Argument(metavar="RESOURCE", help="Its id, or its name where only one has it.")
    ],
    policy: Annotated[
        str, typer.Argument(metavar="POLICY", help="Without it: all that policies say of it.")
    ] = "",
    output: Output = Format.TABLE,
) -> None:
    """Show why a policy says what it says.

    What was read and decided, what absence means and who says so, and how to mend it; for what is unknown the
    call or permission that would resolve it.
    """
    from cloudward.assess.explained import explained
    from cloudward.cli.explanation import record, show

    pack = content(own, store)
    with opened(store, scope) as opened_store:
        found = _resource(opened_store, resource, scope)
        if not policy:
            _all(opened_store, pack, found, output)
            return
        known("policy", [policy], pack.policies)
        holding = assigned(opened_store, pack).of(policy, found.scope)
        if holding.effect is Effect.DISABLED and found.type in pack.policies[policy].resource:
            _disabled(pack.policies[policy], found, holding.by, output)
            return
        why = explained(opened_store, pack, found, policy)
    if why.changed:
        note("The policy or other resources have changed since: this is how it looks now. Scan again.")
    type = pack.types.get(found.type)
    if output == "table":
        show(pack.policies[policy], why.resource, why.scope, why.assessment, why.explanation, type)
    else:
        told = record(pack.policies[policy], why.resource, why.assessment, why.explanation, type)
        write(LISTING, [told], output)


def _disabled(policy: Policy, row: ResourceRow, by: Sequence[Assignment], output: Format) -> None:
    """Why there is no verdict, and who decided that."""
    from cloudward.cli.explanation import off, show_off

    if output == "table":
        show_off(policy, row.type, row.name, row.id, row.scope, by)
    else:
        write(LISTING, [off(policy, row.type, row.id, row.scope, row.region, by)], output)


def _resource(store: Store, wanted: str, scopes: list[str]) -> ResourceRow:
    """By id, else by name."""
    where = scopes or None
    found = list(store.resources(resource=wanted, scope=where, limit=9))
    found = found or [row for row in store.resources(search=wanted, scope=where) if row.name == wanted]
    if not found:
        raise UsageError(f"there is no resource {wanted!r}", "cloudward inventory --search TEXT finds it")
    if len(found) > 1:
        places = "\n".join(f"{row.id}  {row.type} in {row.scope}" for row in found[:9])
        raise UsageError(
            f"{len(found)} resources are called {wanted!r}", f"name the id, or the --scope\n{places}"
        )
    return found[0]


def _all(store: Store, pack: Pack, row: ResourceRow, output: Format) -> None:
    """What every policy says of the resource."""
    from cloudward.cli.explanation import brief, off

    holding = assigned(store, pack)
    found = ((policy, holding.of(policy.id, row.scope)) for policy in pack.policies.values())
    turned_off = {
        policy.id: off(policy, row.type, row.id, row.scope, row.region, each.by)
        for policy, each in found
        if each.effect is Effect.DISABLED and row.type in policy.resource
    }
    mine = [
        each.assessment
        for each in store.assessments(resource=row.id, scope=row.scope, type=row.type)
        if each.assessment.policy not in turned_off
        and (each.assessment.status != "not_applicable" or output != "table")
    ]
    mine.sort(key=lambda each: RANK.index(each.status.value))
    told = (brief(each, pack.policies.get(each.policy)) for each in mine)
    write(LISTING, chain(told, turned_off.values()), output)
    if output == "table" and mine:
        note(f"Next: cloudward explain {row.id} {mine[0].policy}")


RANK = ("unhealthy", "unknown", "healthy", "not_applicable")
