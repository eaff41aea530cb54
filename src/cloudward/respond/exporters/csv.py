"""A row for each control, scope, policy, and resource that failed or is unknown; one where there is none."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from cloudward.model import Control, ControlResult, PolicyResult
from cloudward.respond.report import Report
from cloudward.respond.text import spreadsheet
from cloudward.store import AssessmentRow

SUFFIX = ".csv"
COLUMNS = (
    "standard",
    "version",
    "section",
    "control",
    "title",
    "scope",
    "scope_name",
    "scanned",
    "state",
    "policy",
    "policy_state",
    "healthy",
    "unhealthy",
    "unknown",
    "not_applicable",
    "exempt",
    "gap",
    "resource",
    "name",
    "type",
    "region",
    "status",
    "cause",
    "since",
    "exemption",
    "manual",
    "uncovered",
    "attested",
    "statement",
    "owner",
    "expires",
    "evidence",
    "periods",
)


def write(report: Report) -> Iterator[str]:
    """The lines of the file."""
    yield _line(COLUMNS)
    for control in report.standard.controls:
        for result in report.of(control):
            shared = _shared(report, control, result)
            if not result.policies:
                yield _row(shared)
            for each in result.policies:
                yield from (
                    _row(row) for row in _policy(report, {**shared, **_verdict(each)}, each, result.scope)
                )


def _policy(
    report: Report, shared: dict[str, Any], each: PolicyResult, scope: str
) -> Iterator[dict[str, Any]]:
    if not each.unhealthy + each.unknown + each.exempt:
        yield shared
        return
    for row in report.findings(each.policy, scope):
        yield {**shared, **_finding(row)}


def _shared(report: Report, control: Control, result: ControlResult) -> dict[str, Any]:
    scope = next(each for each in report.scopes if each.id == result.scope)
    word, course = result.attestation, report.course(control, result.scope)
    return {
        "standard": report.standard.id,
        "version": report.standard.version,
        "section": control.section,
        "control": control.id,
        "title": control.title,
        "scope": scope.id,
        "scope_name": scope.name,
        "scanned": report.scanned[scope.id].isoformat(),
        "state": (course or result).state.value,
        "manual": control.manual,
        "uncovered": control.uncovered,
        "attested": word.state.value if word else "",
        "statement": word.statement if word else "",
        "owner": word.owner if word else "",
        "expires": word.expires.isoformat() if word else "",
        "evidence": " ".join(word.evidence) if word else "",
        "periods": "; ".join(
            f"{each.state.value} {each.start.isoformat()} {each.end.isoformat()}"
            for each in (course.periods if course else ())
        ),
    }


def _verdict(each: PolicyResult) -> dict[str, Any]:
    return {
        "policy": each.policy,
        "policy_state": each.state.value,
        "healthy": each.healthy,
        "unhealthy": each.unhealthy,
        "unknown": each.unknown,
        "not_applicable": each.not_applicable,
        "exempt": each.exempt,
        "gap": "; ".join(map(str, each.causes)),
    }


def _finding(row: AssessmentRow) -> dict[str, Any]:
    each = row.assessment
    return {
        "resource": each.resource,
        "name": row.name,
        "type": each.type,
        "region": each.region or "",
        "status": each.status.value,
        "cause": str(each.cause or ""),
        "since": each.since.isoformat(),
        "exemption": each.exemption or "",
    }


def _row(values: dict[str, Any]) -> str:
    cells = (values.get(name, "") for name in COLUMNS)
    return _line(cell if isinstance(cell, int) else spreadsheet(str(cell)) for cell in cells)


def _line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
