"""`cloudward compare`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.options import ContentFolders, Format, Limit, Output, Scopes, StorePath, rows
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import content, known, opened

if TYPE_CHECKING:
    from cloudward.assess.comparison import Pair
    from cloudward.connect.findings import Reader
    from cloudward.pack import Pack
    from cloudward.store import Store

LISTING = Listing(
    "comparison",
    {
        "check": "the other scanner's check",
        "policy": "the policy that answers it; empty when none does",
        "scope": "the account",
        "region": "null for what is global",
        "resource": "the resource's id",
        "ours": "healthy, unhealthy, unknown, not_applicable; null when cloudward has no assessment",
        "theirs": "pass, fail, manual; null when there is no finding",
        "agreement": "same, different, undecided, only_ours, only_theirs",
        "why": "why they differ, as far as that can be told",
    },
    (
        Column("check", fold=True),
        Column("resource", fold=True),
        Column("ours"),
        Column("theirs"),
        Column("why", fold=True),
    ),
    empty="Nothing to compare.",
)
CHECKS = Listing(
    "check",
    {
        "check": "the other scanner's check",
        "same": "resources on which both agree",
        "different": "resources on which they do not",
        "undecided": "resources that one of them leaves open",
        "only_ours": "resources of which there is no finding",
        "only_theirs": "findings of which there is no assessment",
    },
    (
        Column("check", fold=True),
        Column("same", right=True),
        Column("different", "Differ", right=True),
        Column("undecided", "Open", right=True),
        Column("only_ours", "Ours", right=True),
        Column("only_theirs", "Theirs", right=True),
    ),
    empty="Nothing to compare.",
)


class Kind(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"
    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"


def compare(
    scanner: Annotated[str, typer.Argument(metavar="SCANNER", help="Whose results they are: prowler.")],
    results: Annotated[Path, typer.Argument(metavar="FILE", help="Its OCSF JSON or CSV.")],
    scope: Scopes,
    store: StorePath,
    own: ContentFolders,
    agreement: Annotated[
        list[Kind] | None,
        typer.Option("--agreement", help="List the resources on which they stand so; may be given again."),
    ] = None,
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """Set the last scan beside another scanner's results.

    What both say, what only one says, and why, as far as that can be told.

    Without --agreement a table counts by check; JSON and CSV list every resource.
    """
    reader, pack = _reader(scanner), content(own)
    with opened(store, scope) as opened_store:
        pairs = _pairs(opened_store, pack, reader, results, scope)
        if output == "table" and not agreement:
            write(CHECKS, _counted(pairs), output, limit=rows(limit, output))
            note(f"cloudward compare {scanner} {results} --agreement different  lists where they differ.")
            return
        counts: Counter[str] = Counter()
        listed = [each for each in _tallied(pairs, counts) if not agreement or each["agreement"] in agreement]
        write(LISTING, listed, output, limit=rows(limit, output), extra={"counts": counts})


def _reader(scanner: str) -> Reader:
    from cloudward import registry
    from cloudward.connect import findings

    readers: dict[str, Any] = {module.CATALOGUE: module for module in registry.modules(findings.__name__)}
    known("scanner", [scanner], readers)
    found: Reader = readers[scanner]
    return found


def _pairs(store: Store, pack: Pack, reader: Reader, results: Path, scopes: list[str]) -> Iterator[Pair]:
    from cloudward.assess.comparison import compare as compared
    from cloudward.connect.findings import read

    names = scopes or [each.id for each in store.scopes()]
    answering = [id for id, policy in pack.policies.items() if reader.CATALOGUE in policy.equivalents]
    found = (each for each in read(results, reader) if not scopes or each.account in scopes)
    assessed = (row.assessment for row in store.assessments(policy=answering, scope=names))
    return compared(found, reader.CATALOGUE, pack.policies, assessed, names)


def _tallied(pairs: Iterable[Pair], counts: Counter[str]) -> Iterator[dict[str, Any]]:
    for pair in pairs:
        counts[pair.agreement.value] += 1
        yield asdict(pair)


def _counted(pairs: Iterable[Pair]) -> list[dict[str, Any]]:
    """By check, where they differ or are open most first; the sum at the end."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        for line in (pair.check, "All"):
            counts[line][pair.agreement.value] += 1
    kinds = [kind.value for kind in Kind]
    made = [{"check": check, **{kind: found[kind] for kind in kinds}} for check, found in counts.items()]
    return sorted(made, key=_order)


def _order(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["check"] == "All", -line["different"], -line["undecided"], -line["only_theirs"], line["check"]
