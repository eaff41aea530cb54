"""OSCAL 1.1.3 assessment results (https://pages.nist.gov/OSCAL/): one result for each scope.

A control is a finding, satisfied or not; what is not determined is not satisfied, for a reason that is
neither pass nor fail. Controls that only a person can answer and nobody did, and those that nothing answers,
were not reviewed. Each policy in a scope is an observation, and so is each attestation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from cloudward.model import Attestation, ControlResult, ControlState, PolicyResult, Scope
from cloudward.respond.exporters._tokens import tokens
from cloudward.respond.report import Report
from cloudward.respond.text import visible
from cloudward.store import AssessmentRow

SUFFIX = ".oscal.json"
VERSION = "1.1.3"
NAMESPACE = "https://cloudward.invalid/ns/oscal"
"""A name, not an address: nothing can ever be there."""
SUBJECTS = 1000
"""So many resources of a policy in a scope are named; the CSV has them all."""
NOT_REVIEWED = (ControlState.MANUAL, ControlState.NOT_COVERED)
STATUS = {
    ControlState.PASSED: ("satisfied", "pass"),
    ControlState.FAILED: ("not-satisfied", "fail"),
    ControlState.NOT_DETERMINED: ("not-satisfied", "other"),
    ControlState.NOT_APPLICABLE: ("satisfied", "other"),
}
MARKUP = re.compile(r"([\\`*_{}\[\]<>#!|~])")


def write(report: Report) -> Iterator[str]:
    """The document in one piece."""
    yield msgspec.json.format(msgspec.json.encode(document(report)), indent=1).decode() + "\n"


def document(report: Report) -> dict[str, Any]:
    """The document as JSON's values."""
    standard, basis = report.standard, _uuid("basis", report.standard.id, report.standard.hash)
    title = f"{standard.title} {standard.version}"
    return {
        "assessment-results": {
            "uuid": _uuid(*map(str, (standard.id, report.made, *report.scanned.items()))),
            "metadata": {
                "title": f"Compliance with {markup(title)}",
                "last-modified": _moment(report.made),
                "version": f"{report.made:%Y-%m-%dT%H:%M:%SZ}",
                "oscal-version": VERSION,
                "props": _props(
                    engine=report.engine,
                    content=report.content,
                    standard=standard.id,
                    standard_hash=standard.hash,
                ),
            },
            "import-ap": {"href": f"#{basis}"},
            "results": [_Result(report, scope).made() for scope in report.scopes],
            "back-matter": {
                "resources": [
                    {
                        "uuid": basis,
                        "title": f"What was assessed: {markup(title)}",
                        "description": "Controls are answered by policies over resources as they were read, "
                        "and by what people attest.",
                        "rlinks": [{"href": standard.source}],
                    }
                ]
            },
        }
    }


class _Result:
    """A standard in one scope."""

    def __init__(self, report: Report, scope: Scope) -> None:
        self._report, self._scope = report, scope
        self._controls = {control.id: control for control in report.standard.controls}
        self._tokens = tokens(self._controls)
        self._results = {each.control: each for each in report.results if each.scope == scope.id}
        self._items: dict[str, dict[str, Any]] = {}
        """Inventory items by their uuid."""
        self._observations: dict[str, dict[str, Any]] = {}

    def made(self) -> dict[str, Any]:
        span = self._report.courses.span if self._report.courses else None
        at = self._report.scanned[self._scope.id]
        findings = [self._finding(result) for result in self._results.values() if self._reviewed(result)]
        name = self._scope.name or self._scope.id
        result = {
            "uuid": self._uuid("result"),
            "title": f"{markup(self._report.standard.title)} in {markup(name)}",
            "description": "What policies found on the resources of this scope, and what people attested.",
            "start": _moment(span.since if span else at),
            "end": _moment(span.until if span else self._report.made),
            "props": _props(scope=self._scope.id, scope_kind=self._scope.kind, provider=self._scope.provider),
            "local-definitions": {"inventory-items": [*self._items.values()]},
            "reviewed-controls": {"control-selections": [self._selection()]},
            "observations": [*self._observations.values()],
            "findings": findings,
        }
        if not self._items:
            del result["local-definitions"]
        return {key: value for key, value in result.items() if value != []}

    def _reviewed(self, result: ControlResult) -> bool:
        return self._state(result) not in NOT_REVIEWED

    def _state(self, result: ControlResult) -> ControlState:
        course = self._report.course(self._controls[result.control], result.scope)
        return (course or result).state

    def _selection(self) -> dict[str, Any]:
        selection: dict[str, Any] = {
            "include-controls": self._ids(filter(self._reviewed, self._results.values())),
            "exclude-controls": self._ids(
                each for each in self._results.values() if not self._reviewed(each)
            ),
        }
        return {
            "description": "Excluded is what only a person can answer and nobody did, and what nothing does.",
            **{key: value for key, value in selection.items() if value},
        }

    def _ids(self, results: Iterable[ControlResult]) -> list[dict[str, str]]:
        return [{"control-id": self._tokens[each.control]} for each in results]

    def _finding(self, result: ControlResult) -> dict[str, Any]:
        control = self._controls[result.control]
        token, (state, reason) = self._tokens[control.id], STATUS[self._state(result)]
        target: dict[str, Any] = {
            "type": "objective-id",
            "target-id": token,
            "status": {"state": state, "reason": reason, "remarks": self._remarks(result)},
        }
        if self._state(result) is ControlState.NOT_APPLICABLE:
            target["implementation-status"] = {"state": "not-applicable"}
        related = [self._observed(each) for each in result.policies]
        related += [self._attested(result.attestation)] if result.attestation else []
        finding = {
            "uuid": self._uuid("finding", control.id),
            "title": markup(f"{control.id} {control.title}"),
            "description": markup(control.title),
            "props": _props(label=control.id, state=self._state(result)),
            "target": target,
            "related-observations": [{"observation-uuid": uuid} for uuid in related],
        }
        return {key: value for key, value in finding.items() if value != []}

    def _remarks(self, result: ControlResult) -> str:
        state = self._state(result)
        control = self._controls[result.control]
        course = self._report.course(control, result.scope)
        said = [state.value.replace("_", " ")]
        said += [
            f"{each.state.value.replace('_', ' ')} {_moment(each.start)} to {_moment(each.end)}"
            + (f" ({each.cause})" if each.cause else "")
            for each in (course.periods if course else ())
        ]
        said += [f"left to a person: {control.manual}"] if control.manual and control.policies else []
        return markup("; ".join(said))

    def _observed(self, each: PolicyResult) -> str:
        """The observation of a policy, made once."""
        uuid = self._uuid("policy", each.policy)
        if uuid in self._observations:
            return uuid
        subjects = [self._subject(row) for row in islice(self._found(each), SUBJECTS)]
        left = each.unhealthy + each.unknown - len(subjects)
        counts = {
            name: getattr(each, name)
            for name in ("healthy", "unhealthy", "unknown", "not_applicable", "exempt")
        }
        remarks = [f"{cause}" for cause in each.causes]
        remarks += [f"{left} more resources are not named here"] if left > 0 else []
        observation = {
            "uuid": uuid,
            "title": markup(self._report.policies[each.policy].title),
            "description": markup(f"Policy {each.policy}: {each.state.value.replace('_', ' ')}."),
            "props": _props(policy=each.policy, **{name: str(count) for name, count in counts.items()}),
            "methods": ["TEST"],
            "types": ["finding"],
            "subjects": subjects,
            "collected": _moment(self._report.scanned[self._scope.id]),
            "remarks": markup("; ".join(remarks)),
        }
        self._observations[uuid] = {key: value for key, value in observation.items() if value not in ([], "")}
        return uuid

    def _found(self, each: PolicyResult) -> Iterator[AssessmentRow]:
        if each.unhealthy + each.unknown:
            yield from self._report.findings(each.policy, self._scope.id)

    def _subject(self, row: AssessmentRow) -> dict[str, Any]:
        each = row.assessment
        uuid = self._uuid("resource", each.type, each.resource)
        self._items[uuid] = {
            "uuid": uuid,
            "description": markup(row.name or each.resource),
            "props": _props(resource=each.resource, type=each.type, region=each.region or "global"),
        }
        more = {"cause": str(each.cause or ""), "exemption": each.exemption or ""}
        return {
            "subject-uuid": uuid,
            "type": "inventory-item",
            "props": _props(status=each.status.value, since=_moment(each.since), **more),
        }

    def _attested(self, word: Attestation) -> str:
        """The observation of what a person said."""
        uuid = self._uuid("attestation", word.id)
        observation: dict[str, Any] = {
            "uuid": uuid,
            "title": f"Attested as {word.state.value.replace('_', '-')}",
            "description": markup(word.statement),
            "props": _props(attestation=word.id, owner=word.owner, written_by=word.created_by),
            "methods": ["INTERVIEW"],
            "types": ["control-objective"],
            "relevant-evidence": [
                {"href": href, "description": "Named by the owner."} for href in word.evidence
            ],
            "collected": _moment(word.created_at),
            "expires": _moment(word.expires),
        }
        self._observations[uuid] = {key: value for key, value in observation.items() if value != []}
        return uuid

    def _uuid(self, *parts: str) -> str:
        return _uuid(self._report.standard.id, self._scope.id, self._report.made.isoformat(), *parts)


def _uuid(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "\x1f".join((NAMESPACE, *parts))))


def _props(**values: str) -> list[dict[str, str]]:
    """Our own properties; a value is text of one line that neither begins nor ends with a blank."""
    return [
        {"name": name.replace("_", "-"), "ns": NAMESPACE, "value": visible(str(value)).strip() or "-"}
        for name, value in values.items()
        if value != ""
    ]


def markup(value: str) -> str:
    """What others wrote as Markdown that shows it as it is."""
    return MARKUP.sub(r"\\\1", visible(value)).strip() or "-"


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
