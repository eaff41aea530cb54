"""What was tuned, on the seeds `benchmarks.campaigns.TUNING` and on no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloudward.model import AlertSeverity
from cloudward.respond.incidents.names import Way


@dataclass(frozen=True)
class Settings:
    """Times are in seconds."""

    severities: Mapping[AlertSeverity, float] = field(
        default_factory=lambda: {
            AlertSeverity.INFORMATIONAL: 0.3,
            AlertSeverity.LOW: 0.6,
            AlertSeverity.MEDIUM: 1.0,
            AlertSeverity.HIGH: 1.8,
        }
    )
    """What an alert weighs before anything is known of it."""
    general: float = 0.38
    """So much of the weight goes when the detection finds something every day, whoever it is."""
    strange: float = 0.4
    """So much of it goes when the address is seen every day."""
    posture: float = 1.2
    """An alert weighs so much more for each reason to fear more where it happened."""
    ways: Mapping[Way, float] = field(
        default_factory=lambda: {
            Way.CREDENTIAL: 1.0,
            Way.PRINCIPAL: 0.9,
            Way.NAME: 0.6,
            Way.PIVOT: 1.0,
            Way.ADDRESS: 1.0,
            Way.MACHINE: 0.85,
            Way.RESOURCE: 0.5,
        }
    )
    """What a thing is worth at most that two alerts share."""
    days: int = 14
    """Of fewer days nothing is known that tells the usual from the unusual."""
    once: float = 0.2
    """What was seen on one day alone is thought to come so often in that time."""
    floor: float = 400
    """Nearer than this is not nearer."""
    tens: float = 3.0
    """A thing says all it can when chance brings it so near in one of ten to this many cases."""
    both: float = 0.58
    """What counts of the second and third thing that two alerts share."""
    mass: float = 0.25
    """How much the weights of two alerts count in their link; at 0 nothing, at 1 wholly."""
    forward: float = 1.14
    """A link to a later stage of an attack."""
    back: float = 0.87
    """A link to an earlier one."""
    reach: float = 36 * 3600
    """No link is longer."""
    near: int = 25
    """So many alerts after one are looked at for each thing."""
    join: float = 0.6
    """A link below this is none."""
    least: float = 0.05
    """An alert that weighs less is linked to nothing."""
    raised: float = 2.5
    """What an incident's alerts weigh together, of each detection the weightiest."""
    rate: float = 0.2
    """So much more for each doubling of the alerts of a day."""
    usual: float = 50
    """Alerts of a day from which on more is asked."""
    tactics: int = 3
    """An incident has so many."""
    size: int = 3
    """And so many alerts."""
