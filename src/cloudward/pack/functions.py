"""Function files: `isEveryone(g): CEL`, or a mapping of `doc` and `body`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloudward.errors import ConditionError, ContentError, near
from cloudward.pack import reader
from cloudward.pack.file import File
from cloudward.pack.reader import Table
from cloudward.rules.ast import Call, walk
from cloudward.rules.functions import functions as of_python
from cloudward.rules.inline import Definition, free, link
from cloudward.rules.operations import OPERATIONS
from cloudward.rules.parse import FACTS, GLOBALS, MACROS, complaint, read

NAME = r"[A-Za-z_]\w*"
SIGNATURE = re.compile(rf"({NAME})\(\s*({NAME}(?:\s*,\s*{NAME})*)?\s*\)")
KEYS = ("body", "doc")


@dataclass(frozen=True)
class Declared:
    """A function as its file declares it; `table` and `key` are where its body stands."""

    name: str
    params: tuple[str, ...]
    doc: str
    line: int
    file: File
    table: Table
    key: str

    @property
    def body(self) -> str:
        return self.file.text(self.table, self.key)

    def locate(self, at: int) -> tuple[int, int]:
        """Where in the file a character of the body stands."""
        return reader.place(self.file.source, self.table.values_at[self.key], self.body, at)


def declared(file: File) -> list[Declared]:
    """The functions of a file."""
    return [_declared(file, signature) for signature in file.root]


def _declared(file: File, signature: str) -> Declared:
    root = file.root
    match = SIGNATURE.fullmatch(signature)
    if match is None:
        raise file.wrong(root, signature, f"{signature!r} is no signature like isOpen(rule)", at_key=True)
    name, params = match[1], tuple(re.findall(NAME, match[2] or ""))
    _free_to_take(file, signature, name, params)
    table, key = root, signature
    if isinstance(root[signature], Table):
        table, key = file.table(root, signature), "body"
        file.known(table, KEYS, "a function")
    file.text(table, key)
    doc = file.text(table, "doc", "") if key == "body" else ""
    return Declared(name, params, doc, root.keys_at[signature].line + 1, file, table, key)


def _free_to_take(file: File, signature: str, name: str, params: tuple[str, ...]) -> None:
    if name in (*OPERATIONS, *of_python(), *FACTS, *MACROS, *GLOBALS):
        raise file.wrong(file.root, signature, f"{name} has a meaning already", at_key=True)
    for param in params:
        if param in GLOBALS or params.count(param) > 1:
            raise file.wrong(file.root, signature, f"parameter {param} is taken", at_key=True)


def linked(declared: Iterable[Declared], errors: list[ContentError]) -> dict[str, Definition]:
    """The functions with calls among them written out; what is wrong is added to `errors`."""
    by_name: dict[str, Declared] = {}
    for each in declared:
        if each.name in by_name:
            other = by_name[each.name]
            message = f"function {each.name} is declared twice: also in {other.file.name}:{other.line}"
            errors.append(ContentError(each.file.name, each.line, message))
        else:
            by_name[each.name] = each
    definitions: dict[str, Definition] = {}
    for each in by_name.values():
        try:
            definitions[each.name] = _definition(each, by_name)
        except ContentError as error:
            errors.append(error)
    return {} if errors else _linked(definitions, by_name, errors)


def _definition(each: Declared, known: Mapping[str, Declared]) -> Definition:
    """The function with its body parsed, whose names and calls all exist."""
    wrong = complaint(each.file.name, each.locate)
    body = read(each.body, each.file.name, each.locate, known)
    names = (*each.params, *GLOBALS)
    for unknown in sorted(free(body) - set(names)):
        at = re.search(rf"\b{unknown}\b", each.body)
        raise wrong(at.start() if at else 0, f"unknown name {unknown!r}{near(unknown, names)}")
    callable_ = (*OPERATIONS, *of_python(), *known)
    for node in walk(body):
        if isinstance(node, Call) and node.function not in callable_:
            raise wrong(node.at, f"unknown function {node.function!r}{near(node.function, callable_)}")
    return Definition(each.name, each.params, body, each.body, each.doc, each.file.name, each.line)


def _linked(
    definitions: Mapping[str, Definition], places: Mapping[str, Declared], errors: list[ContentError]
) -> dict[str, Definition]:
    def wrong(function: Definition, at: int, message: str) -> ConditionError:
        return complaint(function.file, places[function.name].locate)(at, message)

    try:
        return link(definitions, wrong)
    except ContentError as error:
        errors.append(error)
        return {}
