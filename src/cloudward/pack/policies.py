"""Policy files: one policy, or a family of variants of one condition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cloudward.errors import ContentError
from cloudward.model import Parameter, Policy, Severity
from cloudward.pack import reader
from cloudward.pack.file import File
from cloudward.pack.parameters import KINDS, misfit
from cloudward.pack.reader import Series, Table, plain
from cloudward.rules.parse import Locate

SHARED = (
    "title",
    "severity",
    "params",
    "categories",
    "why",
    "fix",
    "tactics",
    "equivalents",
    "note",
    "preview",
    "examples",
)
KEYS = ("resource", "applies", "unhealthy", "variants", *SHARED)
PARAMETER_KEYS = ("type", "default", "min", "max", "values", "doc")
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SPELLED = "lower case, digits and single hyphens"
TACTIC = re.compile(r"TA\d{4}")


@dataclass(frozen=True)
class Declared:
    """A policy as its file declares it, and where its texts stand."""

    policy: Policy
    file: File
    table: Table
    """The policy's own part: the variant's, or the whole file."""
    places: Mapping[str, Locate]


def declared(file: File) -> Iterator[Declared]:
    """The policies of a file."""
    root = file.root
    file.known(root, KEYS, "a policy")
    places = {key: _locate(file, root, key) for key in ("applies", "unhealthy") if key in root}
    if not ID.fullmatch(file.stem):
        raise ContentError(file.name, 1, f"{file.stem!r} is no id: {SPELLED}")
    if "variants" not in root:
        yield Declared(_policy(file, file.stem, root, root), file, root, places)
        return
    variants = file.table(root, "variants")
    for id in variants:
        own = file.table(variants, id)
        if not ID.fullmatch(id):
            raise file.wrong(variants, id, f"{id!r} is no id: {SPELLED}", at_key=True)
        file.known(own, SHARED, "a variant")
        yield Declared(_policy(file, id, root, own), file, own, places)


def _locate(file: File, table: Table, key: str) -> Locate:
    mark, text = table.values_at[key], table[key]
    return lambda at: (
        reader.place(file.source, mark, text, at) if isinstance(text, str) else (mark.line + 1, 1)
    )


def _policy(file: File, id: str, root: Table, own: Table) -> Policy:
    def table(key: str) -> Table:
        return own if key in own else root

    return Policy(
        id=id,
        title=file.text(table("title"), "title"),
        severity=Severity(file.text(table("severity"), "severity", choices=list(Severity))),
        resource=_resources(file, root),
        unhealthy=file.text(root, "unhealthy"),
        applies=file.text(root, "applies") if "applies" in root else None,
        params=_parameters(file, root, own),
        categories=file.texts(table("categories"), "categories"),
        why=file.text(table("why"), "why", ""),
        fix=_texts(file, file.table(table("fix"), "fix", optional=True)),
        tactics=_tactics(file, table("tactics")),
        equivalents=_equivalents(file, table("equivalents")),
        note=file.text(table("note"), "note", ""),
        preview=file.flag(table("preview"), "preview"),
        file=file.name,
    )


def _resources(file: File, root: Table) -> tuple[str, ...]:
    one = root.get("resource")
    types = (one,) if isinstance(one, str) else file.texts(root, "resource")
    if not types or len(set(types)) != len(types):
        raise file.wrong(root, "resource", "expected a resource type, or a list of different ones")
    return types


def _texts(file: File, table: Table) -> dict[str, str]:
    return {key: file.text(table, key) for key in table}


def _tactics(file: File, table: Table) -> tuple[str, ...]:
    tactics = file.texts(table, "tactics")
    for tactic in tactics:
        if not TACTIC.fullmatch(tactic):
            raise file.wrong(table, "tactics", f"{tactic!r} is no id of a MITRE ATT&CK tactic, like TA0010")
    return tactics


def _equivalents(file: File, table: Table) -> dict[str, dict[str, dict[str, str]]]:
    catalogues = file.table(table, "equivalents", optional=True)
    found: dict[str, dict[str, dict[str, str]]] = {}
    for name, checks in catalogues.items():
        if isinstance(checks, Table):
            found[name] = {check: _texts(file, file.table(checks, check, optional=True)) for check in checks}
        else:
            found[name] = {check: {} for check in file.texts(catalogues, name)}
    return found


def _parameters(file: File, root: Table, own: Table) -> dict[str, Parameter]:
    """What the file declares, with the values that the variant gives as defaults."""
    table = file.table(root, "params", optional=True)
    given = file.table(own, "params", optional=True) if own is not root else Table(root.mark)
    file.known(given, table, "the policy")
    found = {name: _parameter(file, file.table(table, name)) for name in table}
    for name in given:
        found[name] = _with_default(file, found[name], given, name)
    return found


def _parameter(file: File, options: Table) -> Parameter:
    file.known(options, PARAMETER_KEYS, "a parameter")
    values = options.get("values", ())
    if values and not isinstance(values, Series):
        raise file.wrong(options, "values", "expected a list")
    if "default" not in options:
        raise file.wrong(options, "default", "it is missing")
    parameter = Parameter(
        type=file.text(options, "type", choices=tuple(KINDS)),
        default=plain(options["default"]),
        min=file.number(options, "min", None),
        max=file.number(options, "max", None),
        values=tuple(values),
        doc=file.text(options, "doc", ""),
    )
    return _with_default(file, parameter, options, "default")


def _with_default(file: File, parameter: Parameter, table: Table, key: str) -> Parameter:
    value = plain(table[key])
    if problem := misfit(parameter, value):
        raise file.wrong(table, key, problem)
    return replace(parameter, default=value)
