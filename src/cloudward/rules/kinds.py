"""What is known of a value before there is one: its kind, whether it may be null, where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from cloudward.model import Parameter
from cloudward.rules.paths import Mark, child
from cloudward.rules.types import Field

COMPOUND = ("list", "map", "object")
NUMBERS = ("integer", "number")
ORDERED = ("integer", "number", "string", "timestamp")
SECRET = {"redacted": "boolean", "length": "integer", "hmac": "string"}
PARAMETERS = {"int": "integer", "number": "number", "bool": "boolean", "string": "string"}
WORDS = {
    "null": "null",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "any": "declared as any",
}


class Origin(msgspec.Struct, frozen=True, gc=False):
    """The declared path that a value was read from. `owner` is empty for the resource itself."""

    owner: tuple[str, ...]
    """Else kind, type and field of the `Use`."""
    path: str


class Value(msgspec.Struct, frozen=True, gc=False):
    """`sure`: no part of it can be unknown by itself, as in a parameter or in what a function made."""

    kind: str
    """A type of type files, or `null`."""
    nullable: bool = False
    items: Value | None = None
    fields: Mapping[str, Value] | None = None
    values: tuple[str, ...] = ()
    origin: Origin | None = None
    sure: bool = False
    of: str = ""
    """What declares the fields, for messages: `AWS::S3::Bucket`, `params`."""

    def __str__(self) -> str:
        if self.kind == "list" and self.items is not None:
            return f"a list of {self.items.kind}"
        return WORDS.get(self.kind) or f"{'an' if self.kind == 'object' else 'a'} {self.kind}"


NULL = Value("null", nullable=True, sure=True)
BOOLEAN = Value("boolean")
INTEGER = Value("integer")
STRING = Value("string", sure=True)
JSON = Value("json")


class Fields(Mapping[str, Value]):
    """The fields of an object, made into values when they are asked for."""

    def __init__(self, fields: Iterable[Field], of: str, origin: Origin | None, *, sure: bool) -> None:
        self._fields = {field.name: field for field in fields}
        self._of, self._origin, self._sure = of, origin, sure
        self._made: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        made = self._made.get(name)
        if made is None:
            field, origin = self._fields[name], _below(self._origin, name)
            made = self._made[name] = of_field(field, self._of, origin, sure=self._sure)
        return made

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def of_field(field: Field, of: str, origin: Origin | None = None, *, sure: bool = False) -> Value:
    """What a declared field holds."""
    if field.type == "object":
        return of_fields(field.fields, of, origin, sure=sure)
    if field.items is not None:
        return Value(
            field.type, items=_element(field, field.items, of, origin, sure), origin=origin, sure=sure
        )
    if field.secret:
        return _secret(origin, nullable=_nullable(field))
    return Value(field.type, _nullable(field), values=field.values, origin=origin, sure=sure)


def _element(field: Field, items: Field, of: str, origin: Origin | None, sure: bool) -> Value:
    """An element of a list, a value of a map. Scalars have the path of the whole; null is not among them."""
    if field.secret:
        return _secret(origin, nullable=False)
    at = _below(origin, Mark.ANY) if items.type in COMPOUND else origin
    element = of_field(items, of, at, sure=sure)
    return replace(element, nullable=element.kind == "any")


def of_fields(fields: Iterable[Field], of: str, origin: Origin | None = None, *, sure: bool = False) -> Value:
    """An object with these fields."""
    return Value("object", fields=Fields(fields, of, origin, sure=sure), origin=origin, sure=sure, of=of)


def of_parameter(parameter: Parameter) -> Value:
    """What a policy's parameter holds; a list's elements are like those of its default."""
    if parameter.type != "list":
        return Value(PARAMETERS[parameter.type], sure=True)
    kinds = {of_constant(item).kind for item in (*parameter.default, *parameter.values)} or {"string"}
    return Value("list", items=Value("number" if len(kinds) > 1 else kinds.pop(), sure=True), sure=True)


def of_constant(value: Any) -> Value:
    """What a JSON scalar is."""
    if value is None:
        return NULL
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return Value(kinds.get(type(value), "json"), sure=True)


def alike(a: str, b: str) -> bool:
    """Values of these kinds can be equal. JSON that nobody declared may be anything."""
    return a == b or "json" in (a, b) or (a in NUMBERS and b in NUMBERS)


def leaves(value: Value, seen: int = 0) -> Iterator[Origin]:
    """The declared paths of all that a value holds."""
    if value.origin is None or seen > 16:
        return
    if value.kind == "object" and value.fields and not value.nullable:
        for field in value.fields.values():
            yield from leaves(field, seen + 1)
    elif value.kind == "list" and value.items is not None and value.items.kind == "object":
        yield from leaves(value.items, seen + 1)
    else:
        yield value.origin


def _nullable(field: Field) -> bool:
    """Null is what a scalar is that was read and is not there, unless a default stands in for it."""
    absent = (field.live and field.default is None) or (field.template and field.default_template is None)
    return absent and field.type not in COMPOUND


def _secret(origin: Origin | None, *, nullable: bool) -> Value:
    """A sealed value: its members come from the one path."""
    fields = {name: Value(kind, origin=origin) for name, kind in SECRET.items()}
    return Value("object", nullable, fields=fields, origin=origin, of="a secret")


def _below(origin: Origin | None, step: str | Mark) -> Origin | None:
    return origin and Origin(origin.owner, child(origin.path, step))
