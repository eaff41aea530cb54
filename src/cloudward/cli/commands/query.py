"""`cloudward query`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from cloudward.cli.options import Format, Limit, Output, Scopes, StorePath, rows
from cloudward.cli.output import Column, Listing, write
from cloudward.cli.stored import opened


def query(
    scope: Scopes,
    store: StorePath,
    sql: Annotated[str, typer.Argument(metavar="SELECT", help="Exactly one SELECT, in quotes.")],
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """Ask a question in SQL.

    The tables are resources, tags, assessments, coverage, scopes, scores, scans and exemptions; with _history
    behind the first four they hold every scan that is kept. Nothing else can be read, and nothing written.
    """
    with opened(store, scope) as opened_store:
        answer = opened_store.query(sql, scope or None)
        names = list(_distinct(answer.columns))
        right = [kind in NUMBERS for kind in answer.types]
        columns = tuple(Column(name, name, right=r, fold=not r) for name, r in zip(names, right, strict=True))
        listing = Listing("row", dict.fromkeys(names, ""), columns, empty="No rows.")
        found: Iterator[dict[str, Any]] = (dict(zip(names, row, strict=True)) for row in answer.rows)
        write(listing, found, output, limit=rows(limit, output))


NUMBERS = {"BIGINT", "INTEGER", "DOUBLE", "FLOAT", "HUGEINT", "UBIGINT", "SMALLINT", "TINYINT"}


def _distinct(columns: tuple[str, ...]) -> Iterator[str]:
    """Two columns of one name would be one key."""
    seen: Counter[str] = Counter()
    for name in columns:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}_{seen[name]}"
