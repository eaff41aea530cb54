"""Assessments as events for other tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from itertools import islice
from typing import Any

from cloudward.pack import Pack
from cloudward.respond.ocsf import finding
from cloudward.store import AssessmentRow, ResourceRow, Store

BATCH = 500


def events(
    store: Store, pack: Pack, found: Iterable[AssessmentRow], missing: Callable[[str], object]
) -> Iterator[dict[str, Any]]:
    """An OCSF finding for each assessment; `missing` is told of policies that the content does not have,
    whose assessments are left out."""
    product = version("cloudward")
    scopes = {scope.id: scope for scope in store.scopes()}
    exemptions = {each.id: each.category for each in store.exemptions()}
    controls = {policy: control.title for control in pack.controls for policy in control.policies}
    for row, resource in tagged(store, found):
        each = row.assessment
        policy = pack.policies.get(each.policy)
        if policy is None:
            missing(each.policy)
            continue
        yield finding(
            each,
            policy,
            scopes[each.scope],
            resource,
            control=controls.get(policy.id, ""),
            exemption=exemptions.get(each.exemption or ""),
            product=product,
        )


def tagged(store: Store, found: Iterable[AssessmentRow]) -> Iterator[tuple[AssessmentRow, ResourceRow]]:
    """Each assessment with the header of its resource."""
    rest = iter(found)
    while batch := list(islice(rest, BATCH)):
        ids = {row.assessment.resource for row in batch}
        headers = {(each.scope, each.type, each.id): each for each in store.resources(resource=ids)}
        for row in batch:
            each = row.assessment
            yield row, headers[each.scope, each.type, each.resource]
