"""What people attest: which word counts at a moment, and whether one may be given at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from cloudward.assess.tree import Tree
from cloudward.errors import UsageError, near
from cloudward.model import Attestation, Scope, Standard

LONGEST = 4000
"""Characters of a statement."""
YEARS = timedelta(days=3 * 366)
"""No word holds longer."""


def check(attestation: Attestation, standard: Standard) -> None:
    """Refuse a word on a control that there is not or that policies answer, or one that says too little."""
    controls = {control.id: control for control in standard.controls}
    control = controls.get(attestation.control)
    if control is None:
        raise UsageError(
            f"{standard.id} has no control {attestation.control!r}{near(attestation.control, controls)}",
            f"cloudward compliance show {standard.id}",
        )
    if control.policies and not control.manual:
        raise UsageError(
            f"policies answer {control.id} alone: {', '.join(control.policies)}",
            "mend what they find, or agree on an exception: cloudward exempt add",
        )
    for name in ("statement", "owner", "created_by"):
        if not getattr(attestation, name).strip():
            raise UsageError(f"an attestation needs {'an owner' if name == 'owner' else 'a ' + name}")
    if len(attestation.statement) > LONGEST:
        raise UsageError(f"a statement has at most {LONGEST:,} characters", "put the rest into the evidence")
    if not attestation.created_at < attestation.expires <= attestation.created_at + YEARS:
        raise UsageError(
            f"expires: {attestation.expires:%Y-%m-%d} is not within the next three years",
            "say when it has to be looked at again",
        )
    for address in attestation.evidence:
        check_address(address)


def check_address(address: str) -> None:
    """Refuse what is no plain http or https address: it becomes a link in reports."""
    parts = _split(address)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"evidence: {address!r} is no http or https address")
    if parts.username is not None or parts.password is not None:
        raise UsageError("evidence: an address with a user name or password would be shown to every reader")
    if not address.isprintable() or any(char.isspace() for char in address):
        raise UsageError(f"evidence: {address!r} has blanks or characters that cannot be seen")


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


class Attestations:
    """The words that count at one moment: not withdrawn, not expired, and the last on their control."""

    def __init__(self, attestations: Iterable[Attestation], scopes: Iterable[Scope], at: datetime) -> None:
        self._tree = Tree(scopes)
        self._of: dict[tuple[str, str, str], Attestation] = {}
        for each in sorted(attestations, key=lambda a: (a.created_at, a.id)):
            if each.created_at <= at and (each.withdrawn_at is None or each.withdrawn_at > at):
                self._of[each.standard, each.control, each.scope] = each
        self._at = at

    @property
    def until(self) -> datetime | None:
        """When the first of them expires; None where none does."""
        return min((each.expires for each in self._of.values() if each.expires > self._at), default=None)

    def of(self, standard: str, control: str, scope: str) -> Attestation | None:
        """The one for the scope, else for the nearest scope above it, else for all.

        An expired one still hides those above it: what was said of this scope has to be said again.
        """
        for place in self._tree.upwards(scope) if self._of else ():
            found = self._of.get((standard, control, place))
            if found is not None:
                return found if found.expires > self._at else None
        return None
