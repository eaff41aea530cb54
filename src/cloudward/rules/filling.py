"""The reference of completion: one document, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.model import Cause, Reason
from cloudward.rules.paths import Step, join, steps
from cloudward.rules.types import Field
from cloudward.rules.values import SCALARS, MisfitError, Seal, json, misfit, sealed


class Filling:
    """Completes one document. `unread` is what was not read of it, and then also what could not be taken."""

    def __init__(self, unread: Mapping[str, Cause], *, template: bool, seal: Seal) -> None:
        self.unread = dict(unread)
        self.template, self.seal = template, seal
        self.skipped = {steps(path) for path in unread}

    def document(self, fields: tuple[Field, ...], document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with every declared field that was read."""
        if () in self.skipped:
            return {}
        made: Any = self._object(fields, dict(document), (), secret=False)
        for way in self.skipped:
            made = _without(made, way)
        return dict(made)

    def fill(self, field: Field, holder: dict[str, Any], *, secret: bool) -> None:
        """Complete one field of an object that stands by itself."""
        self._fill(field, holder, field.name, (field.name,), secret=secret)

    def _object(
        self, fields: tuple[Field, ...], document: dict[str, Any], at: tuple[Step, ...], *, secret: bool
    ) -> dict[str, Any]:
        made = dict(document)
        for field in fields:
            self._fill(field, made, field.name, (*at, field.name), secret=secret)
        return made

    def _fill(self, field: Field, holder: Any, key: Any, way: tuple[Step, ...], *, secret: bool) -> None:
        """Set, or leave out, one field of an object or value of a map."""
        try:
            value = None if way in self.skipped else _document(field, holder.get(key))
            if way in self.skipped or (value is None and not self._documented(field, way)):
                holder.pop(key, None)
            else:
                holder[key] = self._value(field, value, way, secret=secret)
        except MisfitError as problem:
            holder.pop(key, None)
            self.unread[join(way)] = Cause(Reason.BAD_VALUE, message=str(problem))

    def _documented(self, field: Field, way: tuple[Step, ...]) -> bool:
        """Absence has a meaning for this kind of document; else the field is unread."""
        if field.type == "object" or (field.template if self.template else field.live):
            return True
        kinds = ("live resources", "templates") if self.template else ("templates", "live resources")
        message = "its default is documented for {} only, not for {}".format(*kinds)
        self.unread.setdefault(join(way), Cause(Reason.ABSENT, message=message))
        return False

    def _value(self, field: Field, value: Any, way: tuple[Step, ...], *, secret: bool) -> Any:
        """The value, or what absence means, as the declared type."""
        secret = secret or field.secret
        value = _document(field, value)
        if value is None:
            value = field.default_template if self.template else field.default
        if field.type == "object":
            return self._object(field.fields, _mapping(value), way, secret=secret)
        if field.type == "map":
            return self._map(field, _mapping(value), way, secret=secret)
        if field.type == "list":
            return self._list(items_of(field, secret=secret), _listed(field.items, value), way, secret=secret)
        return self._scalar(field, value, secret=secret)

    def _scalar(self, field: Field, value: Any, *, secret: bool) -> Any:
        if value is None or (secret and sealed(value)):
            return value
        taken = SCALARS[field.type](value)
        return self.seal(taken) if secret else taken

    def _map(
        self, field: Field, value: dict[str, Any], way: tuple[Step, ...], *, secret: bool
    ) -> dict[str, Any]:
        made = dict(value)
        items = items_of(field, secret=secret)
        if items:
            for key in value:
                self._fill(items, made, key, (*way, key), secret=secret)
        return made

    def _list(
        self, items: Field | None, value: list[Any], way: tuple[Step, ...], *, secret: bool
    ) -> list[Any]:
        if items is None:
            return value
        return [self._item(items, item, (*way, i), secret=secret) for i, item in enumerate(value)]

    def _item(self, items: Field, value: Any, way: tuple[Step, ...], *, secret: bool) -> Any:
        """An element; one that is unread keeps its place as null."""
        if way in self.skipped:
            return None
        try:
            return self._value(items, value, way, secret=secret)
        except MisfitError as problem:
            self.unread[join(way)] = Cause(Reason.BAD_VALUE, message=str(problem))
            return None


def items_of(field: Field, *, secret: bool) -> Field | None:
    """What the elements of a list or map are; a secret of which that is not declared is sealed whole."""
    return field.items or (Field("", "any") if secret else None)


def _document(field: Field, value: Any) -> Any:
    """The document that text stands for, where one is declared."""
    return json(value) if field.type == "json" else value


def _mapping(value: Any) -> dict[str, Any]:
    if value is None or isinstance(value, dict):
        return value or {}
    raise misfit("object", value)


def _listed(items: Field | None, value: Any) -> list[Any]:
    """A list; one element in place of a list is a list of one, unless it is text that may list several."""
    if value is None or isinstance(value, list):
        return value or []
    scalar = items is not None and items.type in ("string", "integer", "number", "boolean", "timestamp")
    if isinstance(value, dict) if not scalar else not isinstance(value, dict) and "," not in str(value):
        return [value]
    raise misfit("list", value)


def _without(value: Any, way: tuple[Step, ...]) -> Any:
    """The value without what lies at the end of `way`, which may be below a field that is not declared."""
    if not way:
        return None
    step, rest = way[0], way[1:]
    if isinstance(value, dict) and step in value:
        if not rest:
            return {key: item for key, item in value.items() if key != step}
        below = _without(value[step], rest)
        return value if below is value[step] else {**value, step: below}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        below = _without(value[step], rest)
        return value if below is value[step] else [*value[:step], below, *value[step + 1 :]]
    return value
