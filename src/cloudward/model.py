"""The vocabulary: frozen records and enums, no logic.

Terms are Defender for Cloud's and OCSF's. Documents keep the provider's own shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]
"""A provider's JSON document: null, booleans, numbers, strings, lists and maps."""


class Provider(StrEnum):
    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"
    KUBERNETES = "kubernetes"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Status(StrEnum):
    """What a policy says of a resource. Unknown is never healthy."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a call ended. Only some of them are `EVIDENCE`."""

    READ = "read"
    EMPTY = "empty"
    GONE = "gone"  # listed, then not found
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    NOT_REQUESTED = "not_requested"  # an extra call nobody needed, or a region left out
    NOT_NEEDED = "not_needed"  # another answer told the same


EVIDENCE = frozenset({Outcome.READ, Outcome.EMPTY, Outcome.NOT_NEEDED})
"""After these a listing is whole."""


class Reason(StrEnum):
    """Why a value is not known."""

    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    NOT_REQUESTED = "not_requested"
    NOT_SCANNED = "not_scanned"  # it lies in a scope or region that was not read
    UNRESOLVED = "unresolved"  # a variable or reference in code
    BAD_VALUE = "bad_value"  # it cannot be taken as its declared type
    ABSENT = "absent"  # the document does not say, and nothing documents what that means
    INCOMPLETE = "incomplete"  # a list that may have further elements
    ERROR = "error"  # the condition cannot be computed on this value


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is unknown, and the call or variable that would resolve it."""

    reason: Reason
    call: str = ""
    """`s3:GetBucketPolicy`, `var.cidr`, or empty."""
    message: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.reason.value, self.call, self.message) if part)


class ScopeState(StrEnum):
    """Whether a scope can be read. What was last known of one that cannot is not its health."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # closed, or about to be
    LEFT = "left"  # no longer in the organization where it was


GROUPS = frozenset({"organization", "root", "organizational unit", "tenant", "management group"})
"""Kinds of scopes that hold other scopes, and nothing that is read itself."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A node of the environment tree: account, subscription, project, cluster, organization."""

    id: str
    provider: Provider
    kind: str
    name: str = ""
    parent: str | None = None
    state: ScopeState = ScopeState.ACTIVE


@dataclass(frozen=True, slots=True)
class Source:
    """Where in code a resource was declared. `line` counts from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Resource:
    """Anything that can be assessed. `properties` is the provider's document, completed by its type file.

    `unread` maps a path of `properties` (`BucketPolicy`, `Rules[2].FromPort`; `Rules[*]` for a list
    that may have further elements) to the cause why it is not there; `meta.tags` and `meta.region` are
    those of the resource itself.
    Identity is (provider, scope, type, id); `generation` tells a re-created one apart.
    """

    id: str
    type: str
    provider: Provider
    scope: str
    region: str | None
    name: str
    properties: Document
    tags: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, Cause] = field(default_factory=dict)
    source: Source | None = None
    generation: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one call gave for one type in one place; a call that ended in two ways has two rows."""

    scope: str
    region: str | None
    type: str
    call: str
    """The permission's spelling: `s3:GetBucketPolicy`; for a file, the file."""
    outcome: Outcome
    listing: bool
    """True when this call says which resources exist; without it the type is not read."""
    count: int
    at: datetime
    """When the answer was given; older than the scan for a report that the provider caches."""
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed, bounded value of a policy that a scope may override."""

    type: str
    """`int`, `number`, `bool`, `string`, `list`."""
    default: Any
    min: float | None = None
    max: float | None = None
    values: tuple[Any, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule over one or more resource types, with all that a person needs to act on it."""

    id: str
    title: str
    severity: Severity
    resource: tuple[str, ...]
    unhealthy: str
    """CEL; true means unhealthy."""
    applies: str | None = None
    """CEL; false means not applicable."""
    params: Mapping[str, Parameter] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    why: str = ""
    fix: Mapping[str, str] = field(default_factory=dict)
    """Steps by tool: `portal`, `cli`, `terraform`."""
    tactics: tuple[str, ...] = ()
    """MITRE ATT&CK tactic ids."""
    equivalents: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """Foreign catalogue -> check id -> its parameter names -> ours."""
    note: str = ""
    """Where a peer and the provider's own text differ, and why we follow the latter."""
    preview: bool = False
    file: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison that helped to decide: what was looked at, what was there, what was asked."""

    path: str
    value: Any
    operator: str
    expected: Any
    result: bool | None
    """True, False, or None when it is not known."""
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The smallest set of leaves that decides. They alone reproduce the status."""

    status: Status
    condition: str
    """The text of the part that decided: `applies` or `unhealthy`."""
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class LastKnown:
    """The last definite status, kept while the present one is unknown."""

    status: Status
    at: datetime


@dataclass(frozen=True, slots=True)
class Assessment:
    """Policy x resource, with what makes it reproducible."""

    policy: str
    resource: str
    type: str
    scope: str
    region: str | None
    status: Status
    severity: Severity
    cause: Cause | None
    since: datetime
    last_known: LastKnown | None
    snapshot: str
    document_hash: str
    policy_hash: str
    parameters: Mapping[str, Any]
    engine: str
    evaluated_at: datetime
    due: datetime | None
    """The earliest moment at which the passing of time alone may change the status or end the exemption."""
    exemption: str | None = None
    key: str = ""
    """Hash of all that decides beside the document: policy, parameters, engine, related facts, exemption."""
    restarted: bool = False
    """`since` counts from a new version of the policy, not from a change of the resource."""


class ExemptionCategory(StrEnum):
    MITIGATED = "mitigated"
    WAIVER = "waiver"


@dataclass(frozen=True, slots=True)
class Exemption:
    """An agreed exception. Mitigated counts as healthy, a waiver takes the resource out of the score."""

    id: str
    policy: str
    scope: str
    category: ExemptionCategory
    reason: str
    created_by: str
    created_at: datetime
    resource: str | None = None
    """None exempts the whole scope."""
    expires: datetime | None = None
    approved_by: str | None = None
    source: str = ""
    """The file that owns it, `acme/exemptions.yaml`; empty for one that was made by hand."""


class Effect(StrEnum):
    """What an assignment does with its policies."""

    AUDIT = "audit"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Policies that are audited or disabled in a scope and all below it.

    They are one policy, those of a standard, or, where neither is named, all.
    """

    id: str
    effect: Effect
    created_by: str
    created_at: datetime
    scope: str = ""
    """Empty is everywhere."""
    policy: str = ""
    standard: str = ""
    exclude: tuple[str, ...] = ()
    """Scopes below, which it does not reach, nor what is below them."""
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Policy -> parameter -> value."""
    reason: str = ""
    source: str = ""
    """The file that owns it, `acme/assignments.yaml`; empty for one that was made by hand."""
    plan: str = ""
    """The plan, where this is what its switch does."""


@dataclass(frozen=True, slots=True)
class Switch:
    """That a plan is on or off in a scope and all below it, until a nearer switch says otherwise."""

    id: str
    plan: str
    scope: str
    """Empty is everywhere."""
    on: bool
    created_by: str
    created_at: datetime
    reason: str = ""
    source: str = ""
    """The file that owns it; empty for one that was made by hand."""


@dataclass(frozen=True, slots=True)
class CustomPolicy:
    """A policy that somebody wrote for a scope and all below it; elsewhere there is no such policy."""

    id: str
    scope: str
    """Empty is everywhere."""
    text: str
    """As a policy file has it."""
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """That somebody added, changed or removed something that people decide."""

    at: datetime
    by: str
    kind: str
    """`assignment`, `exemption`, `attestation`."""
    id: str
    before: Document | None
    """None when it is new."""
    after: Document | None
    """None when it is gone."""


@dataclass(frozen=True, slots=True)
class SecureScoreControl:
    """A scored group of policies with a fixed maximum."""

    id: str
    title: str
    max: float
    policies: tuple[str, ...]
    guid: str = ""
    """Defender for Cloud's id of the same control, where it is known."""


@dataclass(frozen=True, slots=True)
class Control:
    """What a standard asks for: policies answer it, a person attests it, or neither is possible."""

    id: str
    """As the standard writes it: `1.4`, `AC-2(1)`, `164.312(a)(1)`."""
    title: str
    section: str = ""
    """The id of the section that it belongs to."""
    policies: tuple[str, ...] = ()
    manual: str = ""
    """What a person has to attest; with policies, what of it they leave to a person."""
    uncovered: str = ""
    """Why no policy answers it."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A compliance standard. It points to policies, policies never point back."""

    id: str
    title: str
    version: str
    publisher: str
    source: str
    """The address of its text, or of the page where it can be had."""
    providers: tuple[Provider, ...]
    sections: Mapping[str, str]
    """Id -> title, in the standard's order."""
    controls: tuple[Control, ...]
    """In the standard's order."""
    file: str = ""
    hash: str = ""
    """Of the file."""


class ControlState(StrEnum):
    """What is known of a control in a scope, the worst first. Not determined is never passed."""

    FAILED = "failed"
    NOT_DETERMINED = "not_determined"
    MANUAL = "manual"  # a person has to say
    NOT_COVERED = "not_covered"
    PASSED = "passed"
    NOT_APPLICABLE = "not_applicable"  # nothing that it speaks of is there


class Attested(StrEnum):
    """What a person says of a control."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non_compliant"


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's word on a control, which counts until it expires, is withdrawn or another follows."""

    id: str
    standard: str
    control: str
    state: Attested
    statement: str
    owner: str
    """Who answers for it."""
    created_by: str
    created_at: datetime
    expires: datetime
    scope: str = ""
    """Empty is every scope."""
    evidence: tuple[str, ...] = ()
    """Addresses, http or https."""
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    source: str = ""
    """The file that owns it, `acme/attestations.yaml`; empty for one that was made by hand."""


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """What a policy says of a scope for a standard. An exemption counts as in the score."""

    policy: str
    state: ControlState
    """Passed, failed, not determined or not applicable."""
    healthy: int = 0
    unhealthy: int = 0
    unknown: int = 0
    not_applicable: int = 0
    exempt: int = 0
    """Resources under an exemption; the other numbers count them as the exemption says."""
    causes: tuple[Cause, ...] = ()
    """Why there may be resources beyond those that were counted."""


@dataclass(frozen=True, slots=True)
class ControlResult:
    """A control in a scope at one moment."""

    control: str
    scope: str
    state: ControlState
    policies: tuple[PolicyResult, ...] = ()
    attestation: Attestation | None = None
    """The one that counts, also where policies decide."""


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which a control had one state."""

    state: ControlState
    start: datetime
    end: datetime
    cause: str = ""
    """Why it is not determined."""


@dataclass(frozen=True, slots=True)
class ControlScore:
    """`current` is rounded to 2 decimals first, `percentage` (0..1) is current / max at 4."""

    id: str
    title: str
    max: float
    current: float
    percentage: float
    healthy: int
    unhealthy: int
    not_applicable: int
    unknown: int
    weight: int
    potential: float
    potential_increase: float
    """What fixing all of it adds to the score of the scope, in percent points."""
    floor: float
    """Points with unknown counted as unhealthy; 0 when a type that the control needs was not read."""
    unread: tuple[str, ...] = ()
    """Types that the control needs and that were not read."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What fixing one recommendation alone would add."""

    policy: str
    unhealthy: int
    """Resources that the recommendation finds unhealthy."""
    freed: int
    """Those that would be healthy in the whole control afterwards; only they earn something."""
    points: float
    increase: float
    """Percent points of the score of the scope."""


@dataclass(frozen=True, slots=True)
class Score:
    """Secure score of a scope, or of several weighted by their resources."""

    scope: str
    current: float
    max: float
    percentage: float
    """0..1 at 4 decimals."""
    weight: int
    assessed: float | None
    """(healthy + unhealthy) / (healthy + unhealthy + unknown); None when there is nothing."""
    floor: float | None
    """0..1: the score with unknown counted as unhealthy; None when it is not determined."""
    controls: Sequence[ControlScore] = ()
    gains: Sequence[Gain] = ()
    """What to fix first."""
    unread: tuple[str, ...] = ()
    """Types that the score needs and that were not read."""
    weight_bounds: tuple[int, int] | None = None
    """The least and the most that `weight` can truly be, from the last snapshot that had read every type
    that the score needs (without and with its unknown resources); None when there was none."""


class AlertSeverity(StrEnum):
    """How surely and how badly something is wrong. Informational is worth something only beside others."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class AlertState(StrEnum):
    ACTIVE = "active"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """A thing that an alert names: `principal`, `ip`, `resource`, and what else mappings know."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event that an alert is made of, with its secrets sealed."""

    id: str
    source: str
    at: datetime
    document: Document
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """The state that an alert of another product had last, by one of the logs that tell of it."""

    source: str
    """The log."""
    changed: datetime
    state: AlertState
    status: str = ""
    delivered: datetime | None = None
    where: str = ""
    """The product in which that was its state."""


@dataclass(frozen=True, slots=True)
class Original:
    """What another product says of an alert that is its own. The texts are that product's.

    Several logs may tell of it, its own and those of products that pass it on. The texts are of its own when
    that is there; status, state and moments are of what was said last.
    """

    product: str
    id: str
    """What it calls the alert."""
    changed: datetime
    """When it changed the alert last."""
    type: str = ""
    description: str = ""
    link: str = ""
    """Where to look at it there, https or http."""
    status: str = ""
    """Its own word; empty where its alerts have none."""
    state: AlertState = AlertState.ACTIVE
    """What that is here."""
    delivered: datetime | None = None
    """When that came, where somebody says so: people may change a state without `changed` being moved."""
    turned: datetime | None = None
    """When the product gave it another state last, as far as that was seen."""
    source: str = ""
    """The log of which the texts are."""
    via: str = ""
    """The product that passed it on; empty: it came from the product itself."""
    words: tuple[Word, ...] = ()
    """The last word of each log, by name; empty while there is one log alone."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What a detection found: one for a scope, a resource, a principal and an hour; or another product."""

    id: str
    detection: str
    title: str
    severity: AlertSeverity
    source: str
    scope: str
    region: str
    resource: str
    principal: str
    first: datetime
    last: datetime
    count: int
    """Events that made it; beyond `store.alerts.COUNTED` at least so many."""
    entities: tuple[Entity, ...] = ()
    tactics: tuple[str, ...] = ()
    """MITRE ATT&CK tactic ids, in the order of an attack."""
    techniques: tuple[str, ...] = ()
    alert_types: tuple[str, ...] = ()
    """The alert types of Defender for Cloud that the detection answers."""
    reasons: tuple[str, ...] = ()
    """What was usual and what is not, or which indicator fits; empty where the rule says it all."""
    sample: bool = False
    state: AlertState = AlertState.ACTIVE
    state_by: str = ""
    state_at: datetime | None = None
    state_reason: str = ""
    """Why it was dismissed; for what a suppression hides, the suppression's reason."""
    suppression: str = ""
    """The id of the suppression that dismissed it."""
    original: Original | None = None
    """What the product says that raised it; None for what cloudward found."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """An address or network, a domain, a URL or a hash that somebody has seen do harm."""

    kind: str
    value: str
    source: str
    """Who says so."""
    confidence: int
    """Of 100."""
    expires: datetime | None = None
    """When it says nothing any more; None is never."""
    labels: tuple[str, ...] = ()
    """`tor`, `phishing`, ... in lower case."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Which alerts to come are dismissed at once, why, and until when."""

    id: str
    detection: str
    """Empty for all."""
    fields: Mapping[str, tuple[str, ...]]
    """Field of the alert or kind of entity -> its values, of which one is there; `*` stands for any text."""
    scope: str
    """Empty is everywhere."""
    reason: str
    created_by: str
    created_at: datetime
    expires: datetime


TACTICS: Mapping[str, str] = {
    "TA0043": "reconnaissance",
    "TA0042": "resource development",
    "TA0001": "initial access",
    "TA0002": "execution",
    "TA0003": "persistence",
    "TA0004": "privilege escalation",
    "TA0005": "defense evasion",
    "TA0006": "credential access",
    "TA0007": "discovery",
    "TA0008": "lateral movement",
    "TA0009": "collection",
    "TA0011": "command and control",
    "TA0010": "exfiltration",
    "TA0040": "impact",
}
"""MITRE ATT&CK's tactics, in the order of an attack.

https://attack.mitre.org/tactics/enterprise/
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """What two alerts have in common."""

    way: str
    """`credential`, `principal`, `name`, `ip`, `machine`, `resource`; `pivot`: one made or took the identity
    by which the other was done."""
    value: str
    weight: float
    """How much it says: near 1 for what chance would hardly bring together so soon, 0 for what all share."""


@dataclass(frozen=True, slots=True)
class Link:
    """Why two alerts are of one incident."""

    earlier: str
    later: str
    score: float
    apart: float
    """Seconds between them."""
    shared: tuple[Shared, ...]
    """The weightiest first."""


@dataclass(frozen=True, slots=True)
class Member:
    """An alert of an incident."""

    alert: str
    weight: float
    """What it says by itself: the severe and rare says much, what somebody does daily nothing."""
    raised: tuple[str, ...] = ()
    """Why it weighs more where it happened: `exposed`, `vulnerable`, `sensitive`."""
    because: Link | None = None
    """The link that brought it in; None for the first."""
    placed_by: str = ""
    """Who put it here by hand; empty for nobody."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Alerts that tell one story: what one actor did, by whatever identities."""

    id: str
    title: str
    severity: AlertSeverity
    score: float
    """What its alerts say together: of each detection the weightiest, added up."""
    needed: float
    """What was needed to raise it, by how many alerts there were."""
    first: datetime
    last: datetime
    made_at: datetime
    """When it was first seen as one."""
    alerts: int
    tactics: tuple[str, ...]
    """MITRE ATT&CK tactic ids, in the order of an attack."""
    scopes: tuple[str, ...]
    """Where its alerts are, in order; empty text for what says no place."""
    owner: str = ""
    state: AlertState = AlertState.ACTIVE
    state_by: str = ""
    """Empty for nobody; `cloudward` where it was not a person."""
    state_at: datetime | None = None
    state_reason: str = ""
    merged_into: str = ""
    """The incident that it is part of now."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote of an incident."""

    id: str
    incident: str
    at: datetime
    by: str
    text: str
