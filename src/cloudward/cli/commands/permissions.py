"""`cloudward permissions`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cloudward.cli.options import Cloud, Format, Output, StorePath
from cloudward.cli.output import Column, Listing, note, write
from cloudward.cli.stored import has_connector, known
from cloudward.errors import UsageError


class Template(StrEnum):
    CLOUDFORMATION = "cloudformation"
    STACKSET = "stackset"
    TERRAFORM = "terraform"
    PRINCIPAL = "principal"


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
    store: StorePath,
    cloud: Annotated[Cloud, typer.Argument(metavar="CLOUD", help="aws.")],
    service: Annotated[
        list[str] | None,
        typer.Option("--service", metavar="NAME", help="Only for this one; may be given again."),
    ] = None,
    document: Annotated[
        bool, typer.Option("--document", help="An IAM policy document, ready to be attached to a role.")
    ] = False,
    template: Annotated[
        Template | None,
        typer.Option("--template", help="The role of a connector, ready to be made in its accounts."),
    ] = None,
    connector: Annotated[
        str, typer.Option("--connector", metavar="NAME", help="Whose role: its name and ExternalId.")
    ] = "",
    principal: Annotated[
        str,
        typer.Option("--principal", metavar="ARN", help="Who scans: a user, role or account; else you."),
    ] = "",
    output: Output = Format.TABLE,
) -> None:
    """Show what a scan needs to be allowed.

    All of it only reads. What is not allowed makes answers unknown, and `cloudward coverage` says which.
    A template makes the role that a connector takes: cloudformation and terraform in one account, stackset in
    all accounts of an organization; principal is the policy for who scans.
    """
    from cloudward.connect.aws.facts import modules
    from cloudward.connect.aws.facts import permissions as needed

    known("service", service or [], modules())
    allowed = needed(service or None)
    if template or connector or principal:
        if not (template and connector):
            raise UsageError("a role belongs to a connector", "give --template together with --connector")
        sys.stdout.write(_template(template, store, connector, principal, allowed))
        return
    if document:
        sys.stdout.write(json.dumps(iam(allowed), indent=2) + "\n")
        return
    write(LISTING, _records(allowed, service or list(modules())), output)
    if output == "table":
        named = "".join(f" --service {name}" for name in service or [])
        note(f"Next: cloudward permissions {cloud.value}{named} --document")


def _template(template: Template, folder: Path, name: str, principal: str, allowed: list[str]) -> str:
    from cloudward.connect.aws import templates
    from cloudward.connect.aws.settings import Settings
    from cloudward.store import Store

    has_connector(folder, name)
    with Store.open(folder) as store:
        kept = store.connector(name)
    settings = Settings.of(kept.settings)
    scans = principal or settings.web_identity_role or templates.principal(_signed_in())
    access = templates.Access(settings.role, scans, kept.external_id, allowed)
    if template is Template.PRINCIPAL:
        return templates.scanner(access, organization=settings.organization)
    return {
        Template.CLOUDFORMATION: templates.cloudformation,
        Template.STACKSET: templates.stackset,
        Template.TERRAFORM: templates.terraform,
    }[template](access)


def _signed_in() -> str:
    """The ARN of who is signed in now."""
    from cloudward.connect.aws.reading import whoami
    from cloudward.connect.aws.session import Boto

    return whoami(Boto()).arn


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
