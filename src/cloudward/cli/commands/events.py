"""`cloudward events`."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli import arriving
from cloudward.cli.options import Format, Limit, Output, Since, StorePath, Until, moments, rows
from cloudward.cli.output import Column, Listing, moment, write
from cloudward.cli.stored import gone, kept
from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.store.events import Stored

LISTING = Listing(
    "event",
    {
        "at": "when it happened; null for what could not be read",
        "id": "what tells it apart from others of its source",
        "file": "the file that it was read from",
        "line": "its line, or its number in a document",
        "document": "the record, with secrets sealed",
        "problem": "why it could not be read; null for what could",
    },
    (
        Column("at", "When", form=lambda value: moment(value) if value else ""),
        Column("file", fold=True, width=140),
        Column("problem", fold=True, width=140),
        Column("document", "Event", fold=True),
    ),
    empty="There are no such events.",
)
SOURCES = Listing(
    "source",
    {
        "name": "what --source takes",
        "title": "the log",
        "kept": "whether events of it are kept",
        "page": "where its format is described",
    },
    (Column("name"), Column("title", fold=True), Column("kept", form=lambda value: "yes" if value else "")),
)

events = typer.Typer(help="Ask the events that are kept.", invoke_without_command=True, rich_markup_mode=None)


@events.callback()
def start(context: typer.Context) -> None:
    """Ask the events that are kept.

    Alone it lists the sources that can be read.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_sources(default_store())


@events.command("sources")
def list_sources(store: StorePath, output: Output = Format.TABLE) -> None:
    """List the logs that can be read, and of which events are kept."""
    from cloudward.connect.events.recognising import every

    held = _held(store)
    items = [
        {"name": each.name, "title": each.title, "kept": (each.gives or each.name) in held, "page": each.page}
        for each in every().values()
    ]
    write(SOURCES, items, output)


@events.command("query")
def query(
    store: StorePath,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The source, as `events` lists them.")],
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="PATH=VALUE",
            help="Only with this value there, `*` for any text; may be given again, all count.",
        ),
    ] = None,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Only with this text.")] = "",
    since: Since = None,
    until: Until = None,
    unparsed: Annotated[bool, typer.Option("--unparsed", help="Instead, what could not be read.")] = False,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Instead, what who sent it may not send.")
    ] = False,
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """Find events of a source."""
    from cloudward.store.events import REJECTED, UNPARSED, Events

    aside = REJECTED if rejected else UNPARSED if unparsed else ""
    asked = [_asked(text) for text in where or ()]
    begin, end = moments(since, until)
    with kept(store) as opened:
        if not aside:
            gone(opened, source, begin)
        found = Events(opened.folder, opened.files).read(source, begin, end, aside=aside)
        chosen = (each for each in found if _fits(each, asked, search))
        write(LISTING, _records(chosen), output, limit=rows(limit, output))


for _name, _command in (("health", arriving.health), ("canary", arriving.canary), ("token", arriving.token)):
    events.command(_name)(_command)


def _held(store: Any) -> set[str]:
    from cloudward.store import place

    if not place.exists(store):
        return set()
    from cloudward.store.events import Events

    with kept(store) as opened:
        return set(Events(opened.folder, opened.files).sources())


def _asked(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r} is no path with its value", "--where eventName=CreateUser")
    return path, value.lower()


def _fits(event: Stored, asked: list[tuple[str, str]], search: str) -> bool:
    from cloudward.detect.event import ABSENT, find, flat

    if search and search.lower() not in event.document.decode("utf-8", "replace").lower():
        return False
    for path, pattern in asked:
        found = find(event.value, path)
        values = flat(found) if found is not ABSENT else []
        if not any(fnmatchcase(str(value).lower(), pattern) for value in values):
            return False
    return True


def _records(found: Iterator[Stored]) -> Iterator[dict[str, Any]]:
    for each in found:
        yield {
            "at": None if each.problem else each.when,
            "id": each.id,
            "file": each.file,
            "line": each.line,
            "document": each.value,
            "problem": each.problem or None,
        }
