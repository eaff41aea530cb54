"""`cloudward indicators`."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloudward.cli.exits import Exit
from cloudward.cli.options import By, Format, Limit, Output, StorePath, rows
from cloudward.cli.output import Column, Listing, counted, moment, note, write
from cloudward.cli.stored import kept, known
from cloudward.errors import InputError, UsageError

if TYPE_CHECKING:
    from cloudward.connect.indicators.reading import Found, Given
    from cloudward.model import Indicator

LISTING = Listing(
    "indicator",
    {
        "kind": "address, domain, url, hash",
        "value": "the address or network, the name, the URL, the hash",
        "source": "who says that it does harm",
        "confidence": "how sure that is, of 100",
        "expires": "when it says nothing any more; null for never",
        "labels": "what it is known as",
        "description": "what it is",
    },
    (
        Column("kind"),
        Column("value", fold=True),
        Column("source", fold=True),
        Column("confidence", "Sure", right=True),
        Column("expires", form=lambda value: moment(value)[:10] if value else "never"),
        Column("labels", fold=True, form=", ".join),
    ),
    empty="There are no indicators. cloudward indicators add FILE",
)
PASSWORD = "CLOUDWARD_TAXII_PASSWORD"  # noqa: S105 - the name of a variable
SourceName = Annotated[
    str, typer.Option("--source", metavar="NAME", help="Who says so; without it, the name of the file.")
]

indicators = typer.Typer(
    help="Addresses, names and files known to do harm.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@indicators.callback()
def start(context: typer.Context) -> None:
    """Addresses, names and files known to do harm.

    Alone it lists them.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_indicators(default_store())


@indicators.command("list")
def list_indicators(
    store: StorePath,
    search: Annotated[str, typer.Argument(metavar="TEXT", help="Only with this in the value.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="address, domain, url or hash.")] = "",
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Only what this one says.")] = "",
    live: Annotated[bool, typer.Option("--live", help="Only what has not ended.")] = False,
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """List the indicators."""
    from cloudward.connect.indicators import KINDS
    from cloudward.store.indicators import IndicatorList

    known("kind", [kind] if kind else [], KINDS)
    with kept(store) as opened:
        listed = IndicatorList(opened.database)
        known("source", [source] if source else [], listed.sources())
        now = datetime.now(UTC) if live else None
        found = list(listed.every(kinds=[kind] if kind else [], source=source, search=search, live=now))
    write(LISTING, map(_record, found), output, total=len(found), limit=rows(limit, output))


@indicators.command("add")
def add(
    store: StorePath,
    by: By,
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|URL", help="CSV, one a line, JSON lines, STIX 2.1, or a TAXII 2.1 collection."
        ),
    ],
    source: SourceName = "",
    confidence: Annotated[
        int | None, typer.Option("--confidence", min=0, max=100, help="How sure, where it does not say so.")
    ] = None,
    expires: Annotated[
        str,
        typer.Option(
            "--expires", metavar="TIME", help="Until when, where it does not say so: 30d, 2027-01-31."
        ),
    ] = "",
    labels: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME", help="What they are known as: tor, proxy, phishing, c2."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="What the source said before and says no more is taken out.")
    ] = False,
    user: Annotated[
        str, typer.Option("--user", metavar="NAME", help=f"For a server; the password is in {PASSWORD}.")
    ] = "",
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="End with 0 though something was not understood.")
    ] = False,
) -> int:
    """Add indicators of files or of a TAXII 2.1 server. What a source says again is what it says now."""
    from cloudward.connect.indicators.reading import Given
    from cloudward.store import Store
    from cloudward.store.indicators import IndicatorList

    ends = _until(expires)
    for place in places:
        if not _is_url(place) and not Path(place).is_file():
            raise UsageError(f"no such file: {place}")
    wrong = 0
    with Store.open(store) as opened:
        for place in places:
            given = Given(source or _named(place), confidence, ends, [each.lower() for each in labels or ()])
            found = _read(place, given, user)
            listed = IndicatorList(opened.database)
            said, gone = listed.add(found.indicators, given.source, replace=replace, by=by)
            note(f"{given.source}: {counted(len(found.indicators), 'indicator')} read, {said:,} in all"
                 f"{f', {gone:,} taken out' if gone else ''}.")  # fmt: skip
            _tell(found)
            wrong += found.wrong
    return Exit.INCOMPLETE if wrong and not allow_incomplete else Exit.OK


@indicators.command("remove")
def remove(
    store: StorePath,
    by: By,
    values: Annotated[
        list[str] | None, typer.Argument(metavar="VALUE", help="Indicators.", show_default=False)
    ] = None,
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="What this one says.")] = "",
    ended: Annotated[bool, typer.Option("--ended", help="What says nothing any more.")] = False,
) -> None:
    """Take indicators out. Alerts that they raised stay."""
    from cloudward.connect.indicators import kind_of, normal
    from cloudward.store.indicators import IndicatorList

    if not (values or source or ended):
        raise UsageError("which indicators?", "values, --source NAME or --ended")
    named = [normal(kind_of(each), each) if kind_of(each) else each for each in values or ()]
    with kept(store) as opened:
        listed = IndicatorList(opened.database)
        known("source", [source] if source else [], listed.sources())
        now = datetime.now(UTC) if ended else None
        count = listed.remove(source=source, values=named, ended=now, by=by)
    note(f"{counted(count, 'indicator')} taken out.")


def _read(place: str, given: Given, user: str) -> Found:
    from cloudward.connect.indicators import reading
    from cloudward.connect.indicators.taxii import pages

    if not _is_url(place):
        return reading.file(Path(place), given)
    import httpx2 as httpx

    with httpx.Client(timeout=60, auth=_sign_in(user), follow_redirects=False) as client:

        def get(url: str, headers: dict[str, str]) -> tuple[int, bytes]:
            try:
                answer = client.get(url, headers=headers)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise InputError(f"{place} gives no answer: {error or type(error).__name__}") from error
            return answer.status_code, answer.content

        return reading.several(pages(get, place, {}), given)  # type: ignore[arg-type]


def _sign_in(user: str) -> tuple[str, str] | None:
    if not user:
        return None
    if not os.environ.get(PASSWORD):
        raise UsageError(f"the password of {user} is not there", f"export {PASSWORD}=...")
    return user, os.environ[PASSWORD]


def _is_url(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _named(place: str) -> str:
    if not _is_url(place):
        return Path(place).name.split(".")[0]
    from urllib.parse import urlsplit

    return urlsplit(place).hostname or place


def _until(text: str) -> datetime | None:
    if not text:
        return None
    if (days := re.fullmatch(r"(\d{1,4})d", text)) is not None:
        return datetime.now(UTC) + timedelta(days=int(days[1]))
    from cloudward.connect.indicators.parse import moment as read

    found = read(text)
    if found is None:
        raise UsageError(f"{text!r} is no time", "30d or 2027-01-31")
    return found


def _tell(found: Found) -> None:
    if found.wrong:
        note(f"{counted(found.wrong, 'entry', 'entries')} not understood:")
        for each in found.problems[:5]:
            note(f"  {each}")


def _record(each: Indicator) -> dict[str, object]:
    return {name: getattr(each, name) for name in LISTING.keys}
