"""Rules, resources and a small world in memory for the tests of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cloudward.model import Cause, Provider, Reason, Resource
from cloudward.rules.ast import Expr
from cloudward.rules.parse import parse
from cloudward.rules.printer import text
from cloudward.rules.rule import Row, Rule
from cloudward.rules.unread import partial

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DENIED = Cause(Reason.DENIED, "service:Operation")


def rule(unhealthy: str | Expr, applies: str | Expr | None = None, policy: str = "policy") -> Rule:
    """A rule of a condition, given as text or tree."""
    return Rule(
        policy,
        "T",
        _tree(unhealthy),
        None if applies is None else _tree(applies),
        _text(unhealthy),
        "" if applies is None else _text(applies),
    )


def _tree(condition: str | Expr) -> Expr:
    return parse(condition, "", 1) if isinstance(condition, str) else condition


def _text(condition: str | Expr) -> str:
    return condition if isinstance(condition, str) else text(condition)


def resource(
    properties: Mapping[str, Any], unread: Mapping[str, Cause] | None = None, **known: Any
) -> Resource:
    given = {"name": "name", "tags": {}, **known}
    return Resource(
        "id", "T", Provider.AWS, "scope", "region", properties=properties, unread=unread or {}, **given
    )


def row(name: str, document: Mapping[str, Any], unread: Mapping[str, Cause] | None = None) -> Row:
    made = Row(document)
    made.id, made.name, made.unread = f"id-{name}", name, dict(unread or {})
    return made


class Table:
    """A `World` of one scope, which knows what it is given."""

    def __init__(
        self,
        rows: Mapping[str, Sequence[Row]] | None = None,
        account: Row | None = None,
        region: Row | None = None,
    ) -> None:
        self.rows = rows or {}
        self._account = account or row("account", {})
        self._region = region or row("region", {})

    def all(self, type: str, scope: str) -> Sequence[Row]:
        return self.rows.get(type, [])

    def here(self, type: str, scope: str, region: str | None) -> Sequence[Row]:
        return self.all(type, scope)

    def everywhere(self, type: str, scope: str) -> Sequence[Row]:
        return self.all(type, scope)

    def related(
        self, type: str, scope: str, field: str, value: Any, region: str | None = None
    ) -> Sequence[Row]:
        """Rows of which the field was not read may be related, which makes the list partial."""
        rows = self.all(type, scope)
        found = [
            each for each in rows if type_of(each.get(field)) == type_of(value) and each.get(field) == value
        ]
        cause = getattr(rows, "cause", None) or next(
            (each.unread[field] for each in rows if field in each.unread), None
        )
        return found if cause is None else partial(found, cause)

    def account(self, scope: str) -> Row:
        return self._account

    def region(self, scope: str, region: str | None) -> Row:
        return self._region


def type_of(value: Any) -> type:
    return float if type(value) is int else type(value)
