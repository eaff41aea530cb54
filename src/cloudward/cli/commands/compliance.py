"""`cloudward compliance`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.apply.ownership import by_hand
from cloudward.cli.compliance import (
    ATTESTATIONS,
    CONTROLS,
    FILES,
    OVER_TIME,
    STANDARDS,
    detail,
    headline,
    records,
    together,
    told,
)
from cloudward.cli.options import By, ContentFolders, Format, Limit, Output, Scopes, StorePath, rows
from cloudward.cli.output import Listing, note, write
from cloudward.cli.stored import chosen, content, kept, known, opened
from cloudward.errors import UsageError
from cloudward.model import Attestation, Attested, ControlState, Standard
from cloudward.respond.forms import forms

if TYPE_CHECKING:
    from cloudward.assess.course import Span
    from cloudward.pack import Pack
    from cloudward.respond.report import Report
    from cloudward.store import Store

StandardId = Annotated[
    str, typer.Argument(metavar="STANDARD", help="The standard's id; see `compliance list`.")
]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--since", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"], help="Over a time: its first day, in UTC."
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"], help="Its last day; today."),
]
Keep = Annotated[
    int,
    typer.Option("--keep", metavar="DAYS", min=2, help="As `scan --keep`: so long one scan a day is kept."),
]

compliance = typer.Typer(
    help="Compare with compliance standards.", invoke_without_command=True, rich_markup_mode=None
)


@compliance.callback()
def start(context: typer.Context) -> None:
    """Compare with compliance standards.

    Alone it lists them. A control is passed only if everything that it needs is known.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_standards([], default_store(), [])


@compliance.command("list")
def list_standards(
    scope: Scopes, store: StorePath, own: ContentFolders, output: Output = Format.TABLE
) -> None:
    """List the standards, and how what was scanned compares with each."""
    pack = content(own)
    found = [_standard(each) for each in pack.standards.values()]
    from cloudward.store import place

    if scope or place.exists(store):
        with opened(store, scope) as opened_store:
            states = _states(opened_store, pack, scope)
            found = [{**each, **states[each["id"]]} for each in found]
    assigned = _assigned(store)
    found = [{**each, "assigned": assigned.get(each["id"], [])} for each in found]
    write(STANDARDS, found, output, total=len(found))
    if output == "table":
        for each in found:
            _tell_assigned(each["id"], each["assigned"])
    if output == "table" and found:
        note(f"Next: cloudward compliance show {found[0]['id']}")


@compliance.command("show")
def show(
    standard: StandardId,
    scope: Scopes,
    store: StorePath,
    own: ContentFolders,
    control: Annotated[
        str, typer.Option("--control", metavar="ID", help="Only this one, with what decides.")
    ] = "",
    state: Annotated[
        list[ControlState] | None, typer.Option("--state", help="Only in this state; may be given again.")
    ] = None,
    since: Since = None,
    until: Until = None,
    keep: Keep = 90,
    limit: Limit = 0,
    output: Output = Format.TABLE,
) -> None:
    """Show the controls of a standard.

    With --since they are shown over a time, from the snapshots that are kept: passed is passed throughout,
    and a time without snapshots is not determined.
    """
    pack = content(own)
    chosen = _chosen(pack, standard, control)
    span = _span(since, until, keep)
    with opened(store, scope) as opened_store:
        made = _report(opened_store, pack, chosen, scope, span)
        if output != "table":
            found = list(records(made, state or (), control))
            write(CONTROLS, found, output, total=len(found), limit=rows(limit, output))
        elif control:
            detail(made, next(each for each in chosen.controls if each.id == control))
            open_ = [one for each in made.results if each.control == control for one in each.policies]
            if one := next((each for each in open_ if each.unhealthy or each.unknown), None):
                status = "" if one.unhealthy else " --status unknown"
                note(f"Next: cloudward recommendations {one.policy}{status}")
        else:
            headline(made)
            found = list(together(made, state or ()))
            listing = Listing(
                CONTROLS.name, CONTROLS.keys, OVER_TIME if span else CONTROLS.columns, CONTROLS.empty
            )
            write(listing, found, output, total=len(found), limit=rows(limit, output))
            first = next((each for each in found if each["state"] == "failed"), None)
            if first:
                note(f"Next: cloudward compliance show {standard} --control {first['control']}")


@compliance.command("export")
def export(
    standard: StandardId,
    scope: Scopes,
    store: StorePath,
    own: ContentFolders,
    directory: Annotated[
        Path, typer.Option("--directory", metavar="FOLDER", help="Where the files go; it is made.")
    ],
    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format", metavar="FORM", help=f"{', '.join(forms())}; may be given again. Else html."
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    keep: Keep = 90,
    output: Output = Format.TABLE,
) -> None:
    """Write a report to hand on, and the hashes of its files beside it.

    html is one page to print, csv a row for each finding, oscal NIST's assessment results.
    """
    from cloudward.respond.exporters import export

    known("form", format or [], forms())
    pack = content(own)
    chosen = _chosen(pack, standard)
    span = _span(since, until, keep)
    with opened(store, scope) as opened_store:
        made = _report(opened_store, pack, chosen, scope, span)
        written = export(made, format or ["html"], directory)
    write(FILES, [{"file": str(path), "bytes": path.stat().st_size} for path in written], output)


@compliance.command("attest")
def attest(
    standard: StandardId,
    store: StorePath,
    own: ContentFolders,
    by: By,
    control: Annotated[str, typer.Argument(metavar="CONTROL", help="The control's id.")],
    state: Annotated[Attested, typer.Option("--state", help="What is so.")],
    statement: Annotated[
        str, typer.Option("--statement", metavar="TEXT", help="What was looked at, and what was found.")
    ],
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help="Who answers for it.")],
    expires: Annotated[
        datetime,
        typer.Option(
            "--expires",
            metavar="YYYY-MM-DD",
            formats=["%Y-%m-%d"],
            help="The day from which it counts no more, in UTC.",
        ),
    ],
    evidence: Annotated[
        list[str] | None,
        typer.Option("--evidence", metavar="URL", help="Where it can be seen; may be given again."),
    ] = None,
    scope: Annotated[
        str,
        typer.Option("--scope", metavar="ID", help="Only for this scope and those below it; else for all."),
    ] = "",
    output: Output = Format.TABLE,
) -> None:
    """Say of a control what no policy can.

    It counts until it expires, is withdrawn, or another follows it. Nothing is ever overwritten.
    """
    from secrets import token_hex

    from cloudward.assess.attestations import check
    from cloudward.assess.tree import Tree

    chosen = _chosen(content(own), standard)
    made = Attestation(
        id=f"at-{token_hex(3)}",
        standard=standard,
        control=control,
        state=state,
        statement=statement,
        owner=owner,
        created_by=by,
        created_at=datetime.now(UTC).replace(microsecond=0),
        expires=expires.replace(tzinfo=UTC),
        scope=scope,
        evidence=tuple(evidence or ()),
    )
    check(made, chosen)
    with opened(store) as opened_store:
        known("scope", [scope] if scope else [], Tree(opened_store.scopes()).ids)
        opened_store.attest(made)
        write(ATTESTATIONS, [told(made)], output)


@compliance.command("attestations")
def list_attestations(
    store: StorePath,
    own: ContentFolders,
    standard: Annotated[str, typer.Argument(metavar="STANDARD", help="Only of this standard.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Also those that count no more.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """List what people attested."""
    with opened(store) as opened_store:
        attested, now = opened_store.attestations(), datetime.now(UTC)
        names = {*content(own).standards, *(each.standard for each in attested)} if standard else {""}
        known("standard", [standard], names)
        found = [
            told(each)
            for each in attested
            if standard in ("", each.standard)
            and (every or (each.expires > now and each.withdrawn_at is None))
        ]
        write(ATTESTATIONS, found, output, total=len(found))


@compliance.command("withdraw")
def withdraw(
    store: StorePath,
    by: By,
    id: Annotated[str, typer.Argument(metavar="ID", help="The attestation's id.")],
) -> None:
    """Take an attestation back.

    It counts no more from now on; it stays in the list, and in what is said of earlier times.
    """

    with opened(store) as opened_store:
        source = next((each.source for each in opened_store.attestations() if each.id == id), "")
        by_hand("attestation", id, source)
        opened_store.withdraw(id, by, datetime.now(UTC).replace(microsecond=0))
    note(f"{id} is withdrawn.")


def _chosen(pack: Pack, standard: str, control: str = "") -> Standard:
    known("standard", [standard], pack.standards)
    chosen = pack.standards[standard]
    known("control", [control] if control else [], [each.id for each in chosen.controls])
    return chosen


def _span(since: datetime | None, until: datetime | None, keep: int) -> Span | None:
    """The time that is asked for; its last day counts whole, as far as it has passed."""
    from cloudward.assess.course import Span

    if since is None:
        if until is not None:
            raise UsageError("--until needs --since", "name the first day too")
        return None
    now = datetime.now(UTC)
    first = since.replace(tzinfo=UTC)
    last = min(until.replace(tzinfo=UTC) + timedelta(days=1), now) if until else now
    if first >= last:
        raise UsageError(f"--since {since:%Y-%m-%d} is not before the end of the time")
    return Span(first, last, now, keep)


def _report(
    store: Store, pack: Pack, standard: Standard, scopes: list[str], span: Span | None = None
) -> Report:
    from cloudward.assess.compliance import speaks_of
    from cloudward.respond.report import report

    read = chosen(store, scopes)
    if not any(speaks_of(standard, scope) for scope in read):
        raise UsageError(
            f"{standard.id} speaks of {', '.join(standard.providers)}, and nothing of that was scanned",
            "cloudward compliance list",
        )
    return report(store, pack, standard, read, datetime.now(UTC), span)


def _standard(standard: Standard) -> dict[str, Any]:
    from cloudward.assess.compliance import extent

    kept = {key: value for key, value in asdict(standard).items() if key in STANDARDS.keys}
    return {**dict.fromkeys(STANDARDS.keys), **kept, "scopes": 0, **asdict(extent(standard))}


def _assigned(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Standard -> where it is assigned, and how."""
    from cloudward.store import place

    if not place.exists(folder):
        return {}
    with kept(folder) as store:
        found: dict[str, list[dict[str, Any]]] = {}
        for each in store.assignments():
            told = {"id": each.id, "effect": each.effect.value, "scope": each.scope or None}
            found.setdefault(each.standard, []).append({**told, "exclude": list(each.exclude)})
    return found


def _tell_assigned(standard: str, assigned: list[dict[str, Any]]) -> None:
    for each in assigned:
        verb = "audited" if each["effect"] == "audit" else "disabled"
        but = f" but {', '.join(each['exclude'])}" if each["exclude"] else ""
        note(f"{standard} is {verb} {'in ' + each['scope'] if each['scope'] else 'everywhere'}{but}.")


def _states(store: Store, pack: Pack, scopes: list[str]) -> dict[str, dict[str, Any]]:
    """Standard -> how many scopes it speaks of, and its controls by state over them together."""
    from cloudward.assess.evidence import overall

    found = overall(store, pack, chosen(store, scopes), datetime.now(UTC))
    counted = (
        ControlState.PASSED,
        ControlState.FAILED,
        ControlState.NOT_DETERMINED,
        ControlState.NOT_APPLICABLE,
    )
    return {
        id: {"scopes": count, **({state.value: states[state] for state in counted} if count else {})}
        for id, (count, states) in found.items()
    }
