"""`cloudward detect`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli.alerts import LISTING, Threshold, reaches, record
from cloudward.cli.exits import Exit
from cloudward.cli.following import follow_all
from cloudward.cli.options import Format, Limit, Output, RuleFolders, Since, StorePath, Until, moments, rows
from cloudward.cli.output import counted, note, write
from cloudward.cli.stored import gone
from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.connect.events import Event, Unparsed
    from cloudward.detect.run import Run, Summary
    from cloudward.model import Incident
    from cloudward.store import Store
    from cloudward.store.events import Events


def detect(
    store: StorePath,
    rules: RuleFolders,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Log files or folders of them, packed or not, or s3://BUCKET/PREFIX, "
            "az://ACCOUNT/CONTAINER/PREFIX, gs://BUCKET/PREFIX; without it the events that are kept.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str,
        typer.Option("--source", metavar="NAME", help="What the files are, when it is not to be recognised."),
    ] = "",
    since: Since = None,
    until: Until = None,
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="Keep the events, for questions and for new rules.")
    ] = True,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with what is written there from now, until Ctrl-C.")
    ] = False,
    fail_on: Annotated[
        Threshold, typer.Option("--fail-on", help="End with 1 when an alert is at least so severe.")
    ] = Threshold.LOW,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="End with 0 though something could not be read.")
    ] = False,
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> int:
    """Look for attacks in logs, and keep the alerts.

    Files are recognised by what they hold. The same events give the same alerts, so nothing is counted twice
    when files are read again. Without a path the events that are kept are looked at, for example with new
    rules; it ends with 3 when --since asks for a time of which they are gone. Of a prefix, and with --follow,
    only what is new since the last time is read.
    """
    from cloudward.connect.events import storages
    from cloudward.connect.events.recognising import named
    from cloudward.detect import load
    from cloudward.respond import news
    from cloudward.store import Store, upkeep

    if source:
        named(source)
    prefixes = [each for each in paths or () if storages.is_address(each)]
    places = [Path(each) for each in paths or () if each not in prefixes]
    for each in prefixes:
        storages.opened(each)
    for path in [*(() if follow else places), *rules]:
        if not path.exists():
            raise UsageError(f"no such file or folder: {path}")
    detections = load(*rules)
    for problem in detections.failed:
        note(str(problem))
    begin, end = moments(since, until)
    if follow and not paths:
        raise UsageError("what is to be followed?", "cloudward detect PATH --follow")
    with Store.open(store) as opened:
        upkeep.expire_events(opened, datetime.now(UTC))
        lost = {} if paths else gone(opened, source, begin)
        run = _runs(opened, detections, begin, end, keep=keep and bool(paths))
        if follow:
            return follow_all(opened, run, places, prefixes, source, output, lambda: _incidents(opened))
        summary = _over(opened, run, places, prefixes, source)
        found = _found(opened, summary)
        news.alerts(opened, found, datetime.now(UTC))
        told = _incidents(opened)
        shown = (record(alert) for alert in found)
        extra: dict[str, Any] = {
            "events": sum(summary.events.values()),
            "unparsed": summary.unparsed,
            "new": summary.new,
        }
        extra["expired"] = {name: before.isoformat() for name, before in lost.items()}
        write(LISTING, shown, output, total=len(found), limit=rows(limit, output), extra=extra)
    _tell(summary)
    if told:
        note(f"{counted(len(told), 'incident')} new or open again. Next: cloudward incidents")
    if any(reaches(alert, fail_on) for alert in found if alert.state.value != "dismissed"):
        return Exit.FOUND
    return Exit.INCOMPLETE if (summary.unparsed or lost) and not allow_incomplete else Exit.OK


def _runs(
    store: Store, detections: Any, since: datetime | None, until: datetime | None, *, keep: bool
) -> Run:
    from cloudward.assess.plans import switched_off
    from cloudward.connect.events.addresses import Addresses
    from cloudward.detect.behaviour.baselines import Baselines
    from cloudward.detect.indicators.lookup import Indicators
    from cloudward.detect.run import Run
    from cloudward.rules.completion import sealer
    from cloudward.store.alerts import Alerts
    from cloudward.store.baselines import Kept
    from cloudward.store.events import Events
    from cloudward.store.indicators import IndicatorList
    from cloudward.store.turns import Turns

    turns = Turns(store.folder, store.files, "cloudward detect")
    return Run(
        detections,
        Alerts(store.database),
        sealer(store.key),
        Events(store.folder, store.files) if keep else None,
        since,
        until,
        baselines=Baselines(detections, Kept(store.database)),
        indicators=Indicators(IndicatorList(store.database).every()),
        addresses=Addresses(store.folder),
        off=switched_off(store),
        turns=turns,
    )


def _over(store: Store, run: Run, paths: list[Path], prefixes: list[str], source: str) -> Summary:
    """Run over files and what is new under prefixes, or over what is kept."""
    from cloudward.detect.following import Following, heard
    from cloudward.detect.run import Summary
    from cloudward.store import batches
    from cloudward.store.events import Events

    summary, begun = Summary(), datetime.now(UTC)
    if paths or not prefixes:
        events = Events(store.folder, store.files)
        summary.add(run.over(_events(events, paths, source, run.since, run.until)))
    if paths:
        with store.database.write() as connection:
            for each in heard(summary, "files", begun):
                batches.hear(connection, each)
    if prefixes:
        for found in Following(store, run, [], prefixes, source).once():
            summary.add(found)
    return summary


def _events(
    events: Events, paths: list[Path], source: str, since: datetime | None, until: datetime | None
) -> Iterator[Event | Unparsed]:
    from cloudward.connect.events.reading import read
    from cloudward.detect.run import replayed

    if paths:
        return read(paths, source)
    names = [source] if source else [name for name in events.sources() if name != "unknown"]
    if not names:
        raise UsageError("what is to be looked at?", "cloudward detect PATH, for example a folder of logs")
    return replayed(events, names, since, until)


def _found(store: Store, summary: Summary) -> list[Any]:
    from cloudward.store.alerts import Alerts

    alerts = Alerts(store.database)
    return [alert for alert in alerts.every() if alert.id in summary.alerts]


def _incidents(store: Store) -> list[Incident]:
    """Those that are new, or open again; people are told."""
    from cloudward.pack import load
    from cloudward.respond import incidents, news
    from cloudward.store.incidents import Incidents

    now = datetime.now(UTC)
    kept = incidents.update(store, load(), now)
    ids = [*kept.new, *kept.opened]
    found, _ = Incidents(store.database).page({"id": ids}) if ids else ([], 0)
    news.incidents(store, found, now)
    return found


def _tell(summary: Summary) -> None:
    """To the person: what was read, and what could not be."""
    count = sum(summary.events.values())
    of = ", ".join(f"{number:,} {name}" for name, number in summary.events.most_common())
    note(f"{counted(count, 'event')}{f' ({of})' if of else ''}, {counted(len(summary.alerts), 'alert')}: "
         f"{summary.new} new, {summary.grown} grown.")  # fmt: skip
    if summary.outside:
        note(f"{counted(summary.outside, 'event')} of another time left out.")
    for (plan, scope), hits in summary.off.items():
        note(f"{counted(hits, 'hit')} in {scope or 'no scope'} gave no alert: the plan {plan} is off there.")
    if summary.late:
        note(f"{counted(summary.late, 'event')} too old to be counted by correlations, which saw later ones.")
    if summary.evicted:
        note(f"{counted(summary.evicted, 'group')} of events given up by correlations: there were too many.")
    if summary.unparsed:
        note(f"{counted(summary.unparsed, 'record')} could not be read:")
        for each in _first(summary.problems):
            note(f"  {each}")


def _first(problems: Iterable[Unparsed]) -> Iterator[str]:
    for each in list(problems)[:5]:
        yield f"{each.file}:{each.line}: {each.problem}"
