"""A checked policy, ready to run on one resource type, and what it runs against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from cloudward.model import Cause
from cloudward.rules.ast import Expr


class Use(msgspec.Struct, frozen=True, gc=False):
    """Facts of another type that a condition asks for. `reads` are the paths of that type's documents."""

    kind: str
    """`all`, `here`, `related`, `everywhere`; `account` or `region` for a view."""
    type: str
    field: str = ""
    reads: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, gc=False):
    """One policy on one resource type: checked, functions inlined, `params` still names."""

    policy: str
    type: str
    unhealthy: Expr
    applies: Expr | None = None
    unhealthy_text: str = ""
    applies_text: str = ""
    reads: tuple[str, ...] = ()
    """Declared paths of `p`: `VersioningConfiguration.Status`, `Grants[].Grantee.URI`.

    A list that is only looked into is not there by itself. A value of a map, or inside JSON, has the path
    of the whole."""
    uses: tuple[Use, ...] = ()
    timed: bool = False
    """It asks for the age of something, so the passing of time may change its verdict."""
    live_only: bool = False
    """It reads observed state (`Runtime`, a Kubernetes `status`), so it does not apply to code."""


class Row(dict[str, Any]):
    """A document seen from another resource's condition: its projected fields and its name."""

    __slots__ = ("id", "name", "unread")

    id: str
    name: str
    unread: dict[str, Cause]


class Partial(list[Any]):
    """A list that may have further elements.

    `exists` over it is true or unknown, `all` false or unknown, `size` unknown.
    """

    __slots__ = ("cause",)

    cause: Cause


class World(Protocol):
    """What a condition can know beside its own document.

    A list is `Partial` unless everything that counts was read.
    """

    def all(self, type: str, scope: str) -> Sequence[Row]:
        """Every resource of the type in the account, all regions."""

    def here(self, type: str, scope: str, region: str | None) -> Sequence[Row]:
        """Same account, same region."""

    def related(
        self, type: str, scope: str, field: str, value: Any, region: str | None = None
    ) -> Sequence[Row]:
        """Same account, where `field` equals `value`; indexed. Regional ones in the given region alone."""

    def everywhere(self, type: str, scope: str) -> Sequence[Row]:
        """All scopes that share an assignment with this one."""

    def account(self, scope: str) -> Row:
        """The account's singletons joined by their `view` name.

        What was not read is missing, with its cause in `unread`.
        """

    def region(self, scope: str, region: str | None) -> Row:
        """The region's singletons joined."""
