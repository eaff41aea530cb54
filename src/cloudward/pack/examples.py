"""Examples of a policy: documents, and what the policy says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudward.errors import ContentError, near
from cloudward.model import Policy, Status
from cloudward.pack.file import File
from cloudward.pack.reader import Series, Table, plain
from cloudward.rules.types import Type

KEYS = ("document", "type", "with", "params", "meta", "unread")


@dataclass(frozen=True)
class Example:
    """A document of one type as the provider gives it, not yet completed."""

    status: Status
    type: str
    document: Mapping[str, Any]
    others: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """`with`: all other resources that there are, by type."""
    params: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    """Paths that could not be read."""
    line: int = 0


def read(file: File, table: Table, policy: Policy, types: Mapping[str, Type]) -> Iterator[Example]:
    """The examples in `table`, once for each type of the policy unless they name one."""
    examples = file.table(table, "examples", optional=True)
    file.known(examples, list(Status), "examples")
    for status, items in examples.items():
        if not isinstance(items, Series):
            raise file.wrong(examples, status, "expected a list of documents")
        for item, mark in zip(items, items.values_at, strict=True):
            if not isinstance(item, Table):
                raise ContentError(file.name, mark.line + 1, "expected a document", mark.column + 1)
            yield from _expanded(file, Status(status), item, policy, types)


def _expanded(
    file: File, status: Status, item: Table, policy: Policy, types: Mapping[str, Type]
) -> Iterator[Example]:
    wrapped = bool(item.keys() & {"document", "with"}) and item.keys() <= set(KEYS)
    options = item if wrapped else Table(item.mark)
    document = file.table(item, "document", optional=True) if wrapped else item
    for type in [file.text(options, "type")] if "type" in options else policy.resource:
        if type not in policy.resource:
            message = f"{type!r} is no type of this policy{near(type, policy.resource)}"
            raise file.wrong(options, "type", message)
        yield Example(
            status=status,
            type=type,
            document=plain(document),
            others=_others(file, file.table(options, "with", optional=True), types),
            params=_params(file, file.table(options, "params", optional=True), policy),
            meta=plain(file.table(options, "meta", optional=True)),
            unread=file.texts(options, "unread"),
            line=item.mark.line + 1,
        )


def _others(file: File, table: Table, types: Mapping[str, Type]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    for type, documents in table.items():
        if type not in types:
            raise file.wrong(table, type, f"unknown resource type {type!r}{near(type, types)}", at_key=True)
        if not isinstance(documents, Series) or not all(isinstance(each, Table) for each in documents):
            raise file.wrong(table, type, "expected a list of documents")
    return {type: tuple(map(plain, documents)) for type, documents in table.items()}


def _params(file: File, table: Table, policy: Policy) -> dict[str, Any]:
    file.known(table, policy.params, "the policy")
    return dict(plain(table))
