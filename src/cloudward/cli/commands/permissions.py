"""`cloudward permissions`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from cloudward.cli.options import Format, Output
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import known


class Cloud(StrEnum):
    AWS = "aws"


LISTING = Listing(
    "permission",
    {
        "permission": "the IAM action",
        "services": "the services whose scan needs it, as `--service` names them",
        "types": "the resource types that are read with it",
        "extra": "true when only some policies need it; else it is always used",
    },
    (Column("permission"), Column("types", fold=True)),
)


def permissions(
    cloud: Annotated[Cloud, typer.Argument(metavar="CLOUD", help="aws.")],
    service: Annotated[
        list[str] | None,
        typer.Option("--service", metavar="NAME", help="Only for this one; may be given again."),
    ] = None,
    document: Annotated[
        bool, typer.Option("--document", help="An IAM policy document, ready to be attached to a role.")
    ] = False,
    output: Output = Format.TABLE,
) -> None:
    """Show what a scan needs to be allowed.

    All of it only reads. What is not allowed makes answers unknown, and `cloudward coverage` says which.
    """
    from cloudward.connect.aws.facts import modules
    from cloudward.connect.aws.facts import permissions as needed

    known("service", service or [], modules())
    allowed = needed(service or None)
    if document:
        sys.stdout.write(json.dumps(iam(allowed), indent=2) + "\n")
        return
    write(LISTING, _records(allowed, service or list(modules())), output)
    if output == "table":
        named = "".join(f" --service {name}" for name in service or [])
        note(f"Next: cloudward permissions {cloud.value}{named} --document")


def iam(allowed: list[str]) -> dict[str, Any]:
    """The permissions as an IAM policy."""
    statement = {"Sid": "CloudwardReads", "Effect": "Allow", "Action": allowed, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _records(allowed: list[str], services: list[str]) -> Iterator[dict[str, Any]]:
    from cloudward.connect.aws.declare import permission
    from cloudward.connect.aws.facts import modules

    uses = [
        (permission(modules()[name].service, call), name, collector.type, call.extra)
        for name in services
        for collector in modules()[name].collectors
        for call in collector.calls
    ]
    for each in allowed:
        found = [use for use in uses if use[0] == each]
        yield {
            "permission": each,
            "services": sorted({name for _, name, _, _ in found}),
            "types": sorted({type for _, _, type, _ in found}),
            "extra": bool(found) and all(extra for _, _, _, extra in found),
        }
