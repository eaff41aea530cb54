"""`cloudward recommendations`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.options import (
    ContentFolders,
    FindingFormat,
    FindingOutput,
    Limit,
    Scopes,
    StorePath,
    Tags,
    rows,
)
from cloudward.cli.output import Column, Listing, counted, few, gain, note, styled, write
from cloudward.cli.stored import assigned, chosen, content, known, opened, overall
from cloudward.cli.summary import urgency
from cloudward.model import Severity, Status
from cloudward.respond.causes import remedy

if TYPE_CHECKING:
    from cloudward.pack import Pack
    from cloudward.store import AssessmentRow, Store


class Shown(StrEnum):
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    NOT_APPLICABLE = "not_applicable"
    ALL = "all"


RECOMMENDATIONS = Listing(
    "recommendation",
    {
        "policy": "the policy's id",
        "title": "what should be",
        "severity": "high, medium, low",
        "unhealthy": "resources on which it is not so",
        "unknown": "resources of which it is not known",
        "healthy": "resources on which it is so",
        "not_applicable": "resources of which the policy does not speak",
        "exempt": "unhealthy resources that are exempt, which `unhealthy` does not count",
        "gain": "what fixing it everywhere adds to the score, in percent points",
        "control": "the control of the secure score",
        "disabled": "scopes in which an assignment turns the policy off",
    },
    (
        Column("severity"),
        Column("policy", fold=True),
        Column("unhealthy", right=True),
        Column("unknown", right=True),
        Column("gain", right=True, form=gain),
        Column("title", fold=True, width=130),
    ),
    empty="There are no recommendations.",
)
EXEMPT = Column("exempt", right=True)
RESOURCES = Listing(
    "assessment",
    {
        "policy": "the policy's id",
        "title": "what should be",
        "severity": "high, medium, low",
        "status": "unhealthy, unknown, healthy, not_applicable",
        "resource": "the resource's id",
        "name": "its name",
        "type": "its type",
        "scope": "account, subscription or cluster",
        "region": "null for what is global",
        "cause": "why it is unknown",
        "remedy": "what would make it known",
        "since": "since when the status is what it is",
        "last_known": "the last status that was not unknown, and when; null when the present one is definite",
        "exemption": "the id of the exemption that applies",
        "due": "when the passing of time alone may change the status",
        "evaluated_at": "when it was evaluated",
        "snapshot": "the scan that the document is from",
    },
    (
        Column("status"),
        Column("name", "Resource", fold=True),
        Column("region"),
        Column("scope", fold=True),
        Column("cause", fold=True),
        Column("policy", fold=True),
        Column("resource", "Id", fold=True, width=140),
    ),
    empty="There are no such assessments.",
)


def recommendations(
    scope: Scopes,
    store: StorePath,
    own: ContentFolders,
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="Only this one, with its resources.")] = "",
    status: Annotated[Shown, typer.Option("--status", help="Which assessments.")] = Shown.UNHEALTHY,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only of this severity.")] = None,
    type: Annotated[str, typer.Option("--type", metavar="TYPE", help="Only of this resource type.")] = "",
    tag: Tags = None,
    resources: Annotated[bool, typer.Option("--resources", help="One row for each resource.")] = False,
    exempt: Annotated[bool, typer.Option("--exempt", help="Also what is exempt.")] = False,
    limit: Limit = None,
    output: FindingOutput = FindingFormat.TABLE,
) -> None:
    """Show what to fix first.

    Grouped by policy, the most severe first, then what adds the most to the score. For the resources name
    a policy, or say --resources; csv and ocsf of these are what other tools take.
    """
    from cloudward.cli.findings import events

    pack = content(own, store)
    with opened(store, scope) as opened_store:
        used = {facet.value for facet in opened_store.facets("policy")}
        known("policy", [policy] if policy else [], {*pack.policies, *used})
        known("type", [type] if type else [], {*pack.types, *(f.value for f in opened_store.facets("type"))})
        filters = _filters(scope, policy, status, severity, type, tag, exempt)
        view = _View(opened_store, pack, filters, _disabled(opened_store, pack, scope))
        if output is FindingFormat.OCSF:
            events(opened_store, pack, filters, limit or None)
        elif policy or resources:
            view.resources(policy, output, rows(limit, output))
        else:
            view.groups(status, scope, output, rows(limit, output))


def _filters(
    scope: list[str],
    policy: str,
    status: Shown,
    severity: Severity | None,
    type: str,
    tag: list[str] | None,
    exempt: bool,
) -> dict[str, Any]:
    """What is asked, in the store's words; what is not asked stands out."""
    wanted = {
        "scope": scope or None,
        "policy": policy or None,
        "status": None if status is Shown.ALL else status.value,
        "severity": severity.value if severity else None,
        "type": type or None,
        "tag": tag or None,
        "exempt": None if exempt or status is Shown.ALL else False,
    }
    return {key: value for key, value in wanted.items() if value is not None}


def _disabled(store: Store, pack: Pack, wanted: list[str]) -> dict[str, list[str]]:
    """Policy -> scopes in which an assignment turns it off."""
    from cloudward.assess.assignments import disabled

    return disabled(assigned(store, pack), pack, chosen(store, wanted))


def _called(records: list[dict[str, Any]]) -> str:
    """The first one's name where only one has it, else its id."""
    name: str = records[0]["name"]
    alone = sum(1 for record in records if record["name"] == name) == 1
    return name if alone and name.isprintable() else str(records[0]["resource"])


@dataclass(frozen=True)
class _View:
    store: Store
    pack: Pack
    filters: dict[str, Any]
    disabled: dict[str, list[str]]

    def groups(self, status: Shown, scope: list[str], output: FindingFormat, limit: int | None) -> None:
        counts = self._counts()
        _, whole = overall(self.store, scope)
        gains = {each.policy: each.increase for each in whole.gains}
        found = [self._group(id, counts, gains) for id in sorted(set().union(*counts.values(), self._off))]
        kept = [
            row
            for row in found
            if status is Shown.ALL or row[status.value] or (row["exempt"] and not self._plain)
        ]
        kept.sort(key=urgency)
        columns = [*RECOMMENDATIONS.columns, *([] if self._plain else [EXEMPT])]
        write(replace(RECOMMENDATIONS, columns=tuple(columns)), kept, output, total=len(kept), limit=limit)
        if output == "table" and self._off:
            off = counted(len(self._off), "policy", "policies")
            note(f"Disabled in some scopes: {off}; cloudward assign list says where.")
        if output == "table" and kept:
            note(f"Next: cloudward recommendations {kept[0]['policy']}")

    @property
    def _off(self) -> set[str]:
        """The disabled ones among those that are asked for."""
        severity, type = self.filters.get("severity"), self.filters.get("type")
        asked = ((id, self.pack.policies[id]) for id in self.disabled)
        return {id for id, p in asked if severity in {None, p.severity.value} and type in {None, *p.resource}}

    @property
    def _plain(self) -> bool:
        return self.filters.get("exempt") is False

    def _counts(self) -> dict[str, dict[str, int]]:
        """Status -> policy -> resources; exempt ones apart."""
        rest = {key: value for key, value in self.filters.items() if key not in {"status", "exempt"}}
        counts = {
            status.value: {
                facet.value: facet.count
                for facet in self.store.facets("policy", **{**rest, "status": status.value, "exempt": False})
            }
            for status in Status
        }
        exempt = self.store.facets("policy", **{**rest, "status": "unhealthy", "exempt": True})
        counts["exempt"] = {facet.value: facet.count for facet in exempt}
        return counts

    def _group(self, id: str, counts: dict[str, dict[str, int]], gains: dict[str, float]) -> dict[str, Any]:
        policy = self.pack.policies.get(id)
        return {
            "policy": id,
            "title": policy.title if policy else None,
            "severity": policy.severity.value if policy else self._severity(id),
            **{status: counts[status].get(id, 0) for status in counts},
            "gain": gains.get(id, 0.0),
            "control": self._control(id),
            "disabled": self.disabled.get(id, []),
        }

    def _severity(self, policy: str) -> str:
        """Of a policy whose file is not there any more."""
        return self.store.facets("severity", policy=policy)[0].value

    def _control(self, policy: str) -> str | None:
        return next((control.id for control in self.pack.controls if policy in control.policies), None)

    def resources(self, policy: str, output: FindingFormat, limit: int | None) -> None:
        found = self.store.assessments(**self.filters, limit=limit)
        if output == "table" and policy:
            self._head(policy)
        total = (
            None
            if limit is None
            else sum(facet.count for facet in self.store.facets("policy", **self.filters))
        )
        if output != "table":
            write(RESOURCES, map(self._row, found), output, total=total, limit=limit)
            return
        records = [self._row(row) for row in islice(found, limit)]
        write(replace(RESOURCES, columns=tuple(self._columns(policy))), records, output, total=total)
        if records:
            note(f"Next: cloudward explain {quote(_called(records))} {records[0]['policy']}")

    def _columns(self, policy: str) -> Iterator[Column]:
        """Those that do not say the same in every row."""
        status = self.filters.get("status")
        unsaid = {
            "policy" if policy else "",
            "status" if status else "",
            "cause" if status not in {None, "unknown"} else "",
        }
        return (column for column in RESOURCES.columns if column.key not in unsaid)

    def _head(self, id: str) -> None:
        policy = self.pack.policies.get(id)
        if policy:
            styled((policy.title, "bold"), f"  {policy.severity.value}")
            if off := self.disabled.get(id):
                styled(f"Disabled in {few(off)}: cloudward assign show {id}")
            styled()

    def _row(self, row: AssessmentRow) -> dict[str, Any]:
        each = row.assessment
        policy = self.pack.policies.get(each.policy)
        last = each.last_known
        return {
            "policy": each.policy,
            "title": policy.title if policy else None,
            "severity": each.severity.value,
            "status": each.status.value,
            "resource": each.resource,
            "name": row.name,
            "type": each.type,
            "scope": each.scope,
            "region": each.region,
            "cause": str(each.cause) if each.cause else None,
            "remedy": remedy(each.cause) if each.cause else None,
            "since": each.since,
            "last_known": {"status": last.status.value, "at": last.at} if last else None,
            "exemption": each.exemption,
            "due": each.due,
            "evaluated_at": each.evaluated_at,
            "snapshot": each.snapshot,
        }
