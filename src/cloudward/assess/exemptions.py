"""Agreed exceptions: which one applies to a resource now, and whether one may be made at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from cloudward.assess.tree import Tree
from cloudward.errors import UsageError, near
from cloudward.model import Exemption, Scope
from cloudward.pack import Pack
from cloudward.store import Store


def check(exemption: Exemption, *, second_person: bool = False) -> None:
    """Refuse an exemption that says too little, has ended before it begins, or is approved by its author."""
    if not exemption.reason.strip():
        raise UsageError("an exemption needs a reason", "say what makes this acceptable, and who agreed")
    if exemption.expires is not None and exemption.expires <= exemption.created_at:
        raise UsageError(f"expires: {exemption.expires:%Y-%m-%d} is not in the future")
    if second_person and exemption.approved_by == exemption.created_by:
        raise UsageError(f"approved_by: {exemption.created_by} cannot approve an exemption of their own")


def fit(
    exemptions: Iterable[Exemption],
    store: Store,
    pack: Pack,
    policies: Collection[str] | None = None,
    scopes: Collection[str] | None = None,
) -> None:
    """Refuse one of a policy or resource that there is not. Others than these policies, and those that were
    evaluated in these scopes, are not there for whoever makes it; without them all are."""
    old = (facet.value for facet in store.facets("policy", scope=scopes))
    known = {*(pack.policies if policies is None else policies), *old}
    for each in exemptions:
        if each.policy not in known:
            raise UsageError(f"unknown policy {each.policy!r}{near(each.policy, known)}")
        if each.resource and not any(
            True for _ in store.resources(resource=each.resource, scope=each.scope, limit=1)
        ):
            raise UsageError(
                f"there is no resource {each.resource!r} in {each.scope}",
                "cloudward inventory --search TEXT finds its id",
            )


class Exemptions:
    """The exemptions that have an effect at one moment; one that has expired has none."""

    def __init__(
        self,
        exemptions: Iterable[Exemption],
        scopes: Iterable[Scope],
        now: datetime,
        *,
        second_person: bool = False,
    ) -> None:
        """With `second_person`, one that nobody else has approved has no effect."""
        self._tree = Tree(scopes)
        self._of: dict[tuple[str, str, str | None], Exemption] = {}
        for each in sorted(exemptions, key=lambda e: (e.created_at, e.id)):
            if _holds(each, now, second_person):
                self._of[each.policy, each.scope, each.resource] = each

    @property
    def by_id(self) -> Mapping[str, Exemption]:
        """Those that have an effect, by id."""
        return {each.id: each for each in self._of.values()}

    def of(self, policy: str, scope: str, resource: str) -> Exemption | None:
        """The one that applies: for the resource, else for its scope, else for the nearest scope above."""
        if not self._of:
            return None
        for place in self._tree.upwards(scope):
            found = self._of.get((policy, place, resource)) or self._of.get((policy, place, None))
            if found is not None:
                return found
        return None


def _holds(exemption: Exemption, now: datetime, second_person: bool) -> bool:
    if exemption.expires is not None and exemption.expires <= now:
        return False
    return not second_person or exemption.approved_by not in (None, "", exemption.created_by)
