"""Assessments of the store as OCSF events, one a line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING, Any

from cloudward.cli.ocsf import finding
from cloudward.cli.output import encoded, note

if TYPE_CHECKING:
    from cloudward.pack import Pack
    from cloudward.store import AssessmentRow, ResourceRow, Store

BATCH = 500


def events(store: Store, pack: Pack, filters: dict[str, Any], limit: int | None = None) -> None:
    """Print them. Those of a policy that the content does not have are left out, and that is said."""
    product = version("cloudward")
    scopes = {scope.id: scope for scope in store.scopes()}
    exemptions = {each.id: each.category for each in store.exemptions()}
    controls = {policy: control.title for control in pack.controls for policy in control.policies}
    missing: set[str] = set()
    for row, resource in tagged(store, store.assessments(**filters, limit=limit)):
        each = row.assessment
        policy = pack.policies.get(each.policy)
        if policy is None:
            missing.add(each.policy)
            continue
        event = finding(
            each,
            policy,
            scopes[each.scope],
            resource,
            control=controls.get(policy.id, ""),
            exemption=exemptions.get(each.exemption or ""),
            product=product,
        )
        sys.stdout.write(f"{encoded(event)}\n")
    for id in sorted(missing):
        note(f"{id} is not in the content, so it is left out; see --content")


def tagged(store: Store, found: Iterable[AssessmentRow]) -> Iterator[tuple[AssessmentRow, ResourceRow]]:
    """Each assessment with the header of its resource."""
    rest = iter(found)
    while batch := list(islice(rest, BATCH)):
        ids = {row.assessment.resource for row in batch}
        headers = {(each.scope, each.type, each.id): each for each in store.resources(resource=ids)}
        for row in batch:
            each = row.assessment
            yield row, headers[each.scope, each.type, each.resource]
