"""Connectors: where resources come from, and what could not be read there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # children that read logs need none of it
    from cloudward.model import Coverage, Resource, Scope


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of collecting that runs, is journaled and is repeated by itself."""

    id: str
    """Stable from scan to scan: `111122223333/eu-west-1/ec2`."""
    scope: Scope
    region: str | None
    service: str


class Connector(Protocol):
    """A source of resources. Opening a session and all I/O happen in its methods, never before."""

    name: str

    def scopes(self) -> Sequence[Scope]:
        """What it reads, and the groups above; raises `SignInError` when nobody is signed in."""

    def units(self) -> Sequence[Unit]:
        """What there is to collect, always in the same order."""

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        """The completed and sealed resources of a unit, and a coverage row for every call and way it ended.

        What the provider refuses or garbles is coverage, never an exception; only `SignInError` ends a scan.
        """


def leaves(scopes: Iterable[Scope]) -> list[Scope]:
    """Those that are read themselves."""
    from cloudward.model import GROUPS

    return [scope for scope in scopes if scope.kind not in GROUPS]
