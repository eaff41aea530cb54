"""Type files: which fields a resource type has, and what their absence means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from cloudward.errors import ContentError, near
from cloudward.model import Provider
from cloudward.pack.file import File
from cloudward.pack.reader import Table, plain
from cloudward.rules.types import Field, Type

SCALARS = ("string", "integer", "number", "boolean", "timestamp", "json", "any")
TYPES = (*SCALARS, "list", "map")
OPTIONS = ("type", "shape", "items", "default", "secret", "volatile", "values", "source", "doc")
KEYS = ("type", "title", "scope", "view", "source", "names", "fields")
SHAPE_KEYS = ("shape", "source", "fields")
PART = re.compile(r"[A-Za-z_$@][A-Za-z0-9_$@-]*")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NESTING = 16
FIELDS = 5_000
VIEWED = {"global": "account", "regional": "region"}
VIEW = {scope: re.compile(rf"{of}\.(?!(id|name|partition)$)[A-Za-z]\w*") for scope, of in VIEWED.items()}

FITS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "boolean": lambda value: type(value) is bool,
    "timestamp": lambda value: isinstance(value, str) and bool(TIMESTAMP.fullmatch(value)),
    "json": lambda _: True,
    "any": lambda _: True,
    "list": lambda value: isinstance(value, list),
    "map": lambda value: isinstance(value, dict),
}


def is_shape(file: File) -> bool:
    return "shape" in file.root


class Shapes:
    """Parts that several types have in common, by name; read when first asked for."""

    def __init__(self, files: Iterable[File]) -> None:
        self._files: dict[str, File] = {}
        for file in filter(is_shape, files):
            self._files.setdefault(str(file.root["shape"]), file)
        self._open: list[str] = []
        self._read: dict[str, tuple[Field, ...]] = {}

    def of(self, file: File) -> tuple[Field, ...]:
        """The fields of the shape that a file declares."""
        name = file.text(file.root, "shape")
        if self._files[name] is not file:
            raise file.wrong(file.root, "shape", f"declared twice: also in {self._files[name].name}")
        if name not in self._read:
            file.known(file.root, SHAPE_KEYS, "a shape")
            self._open.append(name)
            source = file.text(file.root, "source", "")
            try:
                self._read[name] = Fields(file, self).of(file.table(file.root, "fields"), source)
            finally:
                self._open.pop()
        return self._read[name]

    def named(self, file: File, table: Table, key: str) -> tuple[Field, ...]:
        """The fields of the shape that `key` of `table` names."""
        name = file.text(table, key)
        if name not in self._files:
            raise file.wrong(table, key, f"unknown shape {name!r}{near(name, self._files)}")
        if name in self._open:
            raise file.wrong(table, key, f"shape {name!r} holds itself: {' > '.join([*self._open, name])}")
        if len(self._open) > NESTING:
            raise file.wrong(table, key, f"shapes within more than {NESTING} others")
        return self.of(self._files[name])


def build(file: File, shapes: Shapes) -> Type:
    """The type that a file declares."""
    root = file.root
    file.known(root, KEYS, "a type file")
    scope = file.text(root, "scope", choices=("global", "regional"))
    source = file.text(root, "source", "")
    provider = file.folders[0] if file.folders else ""
    if provider not in list(Provider):
        raise ContentError(file.name, 1, "a type file lies in types/<provider>/: " + ", ".join(Provider))
    fields = Fields(file, shapes).of(file.table(root, "fields"), source)
    return Type(
        name=file.text(root, "type"),
        provider=provider,
        scope=scope,
        fields=fields,
        view=_view(file, scope),
        names=_names(file, root, fields),
        title=file.text(root, "title", ""),
        source=source,
        file=file.name,
    )


def _view(file: File, scope: str) -> str:
    view = file.text(file.root, "view", "")
    if view and not VIEW[scope].fullmatch(view):
        raise file.wrong(file.root, "view", f"a {scope} type is {VIEWED[scope]}.Name")
    return view


def _names(file: File, root: Table, fields: tuple[Field, ...]) -> dict[str, str]:
    names = file.table(root, "names", optional=True)
    for name in names:
        inner: tuple[Field, ...] = fields
        for part in file.text(names, name).split("."):
            found = next((field for field in inner if field.name == part), None)
            if found is None:
                raise file.wrong(names, name, f"there is no field {names[name]!r}")
            inner = found.fields
    return dict(names)


class Fields:
    """Makes `Field`s of one file's tables."""

    def __init__(self, file: File, shapes: Shapes) -> None:
        self.file = file
        self.shapes = shapes

    def of(self, table: Table, source: str, depth: int = 0) -> tuple[Field, ...]:
        """The fields of a table; dotted names become objects."""
        tree: dict[str, Any] = {}
        for key in table:
            self._plant(tree, table, key, self.field(table, key, key.rsplit(".", 1)[-1], source, depth))
        fields = tuple(_grown(tree))
        if sum(1 for _ in islice(_all(fields), FIELDS + 1)) > FIELDS:
            raise self.file.wrong(
                table, "", f"more than {FIELDS:,} fields with all shapes taken in", at_key=True
            )
        return fields

    def _plant(self, tree: dict[str, Any], table: Table, key: str, field: Field) -> None:
        *parents, last = key.split(".")
        if not all(PART.fullmatch(part) for part in (*parents, last)):
            raise self.file.wrong(table, key, f"{key!r} is not a dotted name", at_key=True)
        here = tree
        for number, part in enumerate(parents):
            here = here.setdefault(part, {})
            if isinstance(here, Field):
                above = ".".join(parents[: number + 1])
                raise self.file.wrong(
                    table, key, f"{above} is declared as {here.type}, so it has no fields of its own"
                )
        if last in here:
            raise self.file.wrong(table, key, f"{key} is declared twice, or as a value and as an object")
        here[last] = field

    def field(self, table: Table, key: str, name: str, source: str, depth: int) -> Field:
        """The field that `key` of `table` declares."""
        file, at = self.file, table.keys_at[key]
        options = table[key]
        if depth > NESTING:
            raise file.wrong(table, key, f"nested deeper than {NESTING} levels")
        if isinstance(options, str):
            return Field(name, self._scalar(table, key, options), source=source, line=at.line + 1)
        options = file.table(table, key)
        file.known(options, OPTIONS, "a field")
        if "shape" in options:
            if len(options) > 1:
                raise file.wrong(options, "shape", "a field with a shape has no other keys")
            return Field(name, "object", fields=self.shapes.named(file, options, "shape"), line=at.line + 1)
        type = file.text(options, "type", choices=TYPES)
        source = file.text(options, "source", source)
        default, default_template, live, template = self._defaults(options, type)
        values = file.texts(options, "values")
        for value in (default, default_template):
            if values and value is not None and value not in values:
                raise file.wrong(options, "default", f"{value!r} is not one of `values`")
        return Field(
            name=name,
            type=type,
            items=self._items(options, type, source, depth),
            default=default,
            default_template=default_template,
            live=live,
            template=template,
            secret=file.flag(options, "secret"),
            volatile=file.flag(options, "volatile"),
            values=values,
            source=source,
            doc=file.text(options, "doc", ""),
            line=at.line + 1,
        )

    def _scalar(self, table: Table, key: str, type: str) -> str:
        if type not in SCALARS:
            raise self.file.wrong(table, key, f"unknown type {type!r}{near(type, SCALARS)}")
        return type

    def _items(self, options: Table, type: str, source: str, depth: int) -> Field | None:
        if type not in {"list", "map"}:
            if "items" in options:
                raise self.file.wrong(options, "items", f"a {type} has no items")
            return None
        items = options.get("items")
        if not isinstance(items, str | Table):
            raise self.file.wrong(options, "items", "expected a type's name, or a mapping of fields")
        if isinstance(items, str) or any(isinstance(items.get(key), str) for key in ("type", "shape")):
            return self.field(options, "items", "", source, depth + 1)
        line = options.keys_at["items"].line + 1
        return Field(
            "", "object", fields=self.of(self.file.table(options, "items"), source, depth + 1), line=line
        )

    def _defaults(self, options: Table, type: str) -> tuple[Any, Any, bool, bool]:
        """`default`, `default_template`, `live`, `template`."""
        if "default" not in options:
            return None, None, True, True
        given = plain(options["default"])
        sides = options["default"]
        if isinstance(sides, Table) and not sides.keys() - {"live", "template"}:
            for side in sides:
                self._fits(sides, side, type)
            return given.get("live"), given.get("template"), "live" in given, "template" in given
        self._fits(options, "default", type)
        return given, given, True, True

    def _fits(self, table: Table, key: str, type: str) -> None:
        value = table[key]
        if value is not None and not FITS[type](value):
            raise self.file.wrong(table, key, f"the default {value!r} is not a {type}")


def _all(fields: Iterable[Field]) -> Iterator[Field]:
    """The fields and all below them."""
    for field in fields:
        yield field
        yield from _all(field.fields)
        if field.items is not None:
            yield from _all((field.items,))


def _grown(tree: dict[str, Any]) -> Iterator[Field]:
    for name, node in tree.items():
        if isinstance(node, Field):
            yield node
        else:
            fields = tuple(_grown(node))
            yield Field(name, "object", fields=fields, line=fields[0].line if fields else 0)
