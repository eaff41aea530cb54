"""What cloudward and another scanner say of the same resources, and why they differ.

Checks are matched by the policies' `equivalents`, resources by their id. What a policy asks of an account
or a region as a whole has one verdict here and may have many findings there: one that fails, fails it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from cloudward.connect.findings import Finding, Verdict
from cloudward.model import Assessment, Policy, Status


class Agreement(StrEnum):
    """How two verdicts stand to each other."""

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"  # cloudward could not read what it takes, or the other leaves it to a person
    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both verdicts on one resource; None where there is none."""

    check: str
    policy: str
    scope: str
    region: str | None
    resource: str
    ours: Status | None
    theirs: Verdict | None
    agreement: Agreement
    why: str = ""


def compare(
    findings: Iterable[Finding],
    catalogue: str,
    policies: Mapping[str, Policy],
    assessments: Iterable[Assessment],
    scopes: Collection[str],
) -> Iterator[Pair]:
    """Pairs by check, then policy and resource; each finding and each assessment is in one of them.

    `assessments` are those of the policies that have an equivalent in the catalogue.
    """
    theirs: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        theirs[finding.check].append(finding)
    accounts = {finding.account for found in theirs.values() for finding in found}
    ours: dict[str, list[Assessment]] = defaultdict(list)
    for assessment in assessments:
        if not accounts or assessment.scope in accounts:
            ours[assessment.policy].append(assessment)
    answering = _answering(catalogue, policies)
    for check in sorted({*theirs, *answering}):
        yield from _together(
            pair
            for policy in answering.get(check, ())
            for pair in _Check(check, policy, catalogue, scopes).pairs(ours[policy.id], theirs[check])
        )
        if check not in answering:
            for finding in theirs[check]:
                yield _theirs_alone(check, "", finding, "no policy answers this check")


def _answering(catalogue: str, policies: Mapping[str, Policy]) -> dict[str, list[Policy]]:
    found: dict[str, list[Policy]] = defaultdict(list)
    for policy in policies.values():
        for check in policy.equivalents.get(catalogue, {}):
            found[check].append(policy)
    return found


@dataclass(frozen=True)
class _Check:
    check: str
    policy: Policy
    catalogue: str
    scopes: Collection[str]

    def pairs(self, ours: list[Assessment], theirs: list[Finding]) -> Iterator[Pair]:
        """Whole accounts and regions take all findings there; else ids decide, then names."""
        places, ids = _places(theirs), _ids(theirs)
        taken: set[Finding] = set()
        for mine in sorted(ours, key=lambda each: (each.scope, each.resource)):
            found = _found(mine, places, ids)
            taken.update(found)
            yield self._pair(mine, found)
        ran = {mine.scope for mine in ours}
        for finding in theirs:
            if finding not in taken:
                yield _theirs_alone(self.check, self.policy.id, finding, self._missing(finding, ran))

    def _missing(self, finding: Finding, ran: Collection[str]) -> str:
        if finding.account not in self.scopes:
            return "the account was not scanned"
        if finding.account not in ran:
            return "the policy spoke of nothing in the last scan"
        return "the last scan did not read this resource"

    def _pair(self, mine: Assessment, found: list[Finding]) -> Pair:
        theirs = min((finding.verdict for finding in found), key=list(_GRAVE).index, default=None)
        agreement = _agreement(mine.status, theirs)
        return Pair(
            self.check,
            self.policy.id,
            mine.scope,
            mine.region,
            mine.resource,
            mine.status,
            theirs,
            agreement,
            self._why(mine, agreement),
        )

    def _why(self, mine: Assessment, agreement: Agreement) -> str:
        if agreement is Agreement.SAME:
            return ""
        if mine.status is Status.UNKNOWN:
            return str(mine.cause)
        if agreement is Agreement.ONLY_OURS:
            return "no finding speaks of it"
        renamed = self.policy.equivalents[self.catalogue][self.check]
        asked = [f"{ours} = {mine.parameters[ours]}" for ours in renamed.values() if ours in mine.parameters]
        ran = f"It ran with {', '.join(asked)}." if asked else ""
        return " ".join(filter(None, (ran, self.policy.note)))


def _together(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Several policies may answer a check, each a part of it: what one of them finds, they find together."""
    found = list(pairs)
    met = {(pair.scope, pair.resource) for pair in found if pair.ours is not None}
    agreed = {(pair.scope, pair.resource) for pair in found if pair.ours and pair.agreement is Agreement.SAME}
    for pair in found:
        place = pair.scope, pair.resource
        if pair.ours is None and place in met:
            continue
        part = pair.agreement is Agreement.DIFFERENT and pair.theirs is Verdict.FAIL and place in agreed
        yield replace(pair, agreement=Agreement.SAME, why="") if part else pair


_GRAVE = {Verdict.FAIL: Status.UNHEALTHY, Verdict.MANUAL: None, Verdict.PASS: Status.HEALTHY}
"""The gravest first, and what it is called here."""


def _agreement(ours: Status, theirs: Verdict | None) -> Agreement:
    if theirs is None:
        return Agreement.ONLY_OURS
    if ours is Status.UNKNOWN or theirs is Verdict.MANUAL:
        return Agreement.UNDECIDED
    failing = ours is Status.UNHEALTHY
    return Agreement.SAME if failing == (theirs is Verdict.FAIL) else Agreement.DIFFERENT


def _places(theirs: Iterable[Finding]) -> dict[tuple[str, str | None], list[Finding]]:
    """Findings by account, and by account and region."""
    places: dict[tuple[str, str | None], list[Finding]] = defaultdict(list)
    for finding in theirs:
        places[finding.account, None].append(finding)
        places[finding.account, finding.region].append(finding)
    return places


def _ids(theirs: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    ids: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in theirs:
        ids[finding.account, finding.resource].append(finding)
    return ids


def _found(
    mine: Assessment,
    places: Mapping[tuple[str, str | None], list[Finding]],
    ids: Mapping[tuple[str, str], list[Finding]],
) -> list[Finding]:
    if mine.resource.startswith(f"{mine.type}:"):  # a singleton: the account, a region, a setting of one
        return places.get((mine.scope, mine.region), [])
    name = mine.resource.rpartition(":")[2].rpartition("/")[2]
    return ids.get((mine.scope, mine.resource)) or ids.get((mine.scope, name)) or []


def _theirs_alone(check: str, policy: str, finding: Finding, why: str) -> Pair:
    return Pair(
        check,
        policy,
        finding.account,
        finding.region or None,
        finding.resource,
        None,
        finding.verdict,
        Agreement.ONLY_THEIRS,
        why,
    )
