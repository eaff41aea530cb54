"""`cloudward detections`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cloudward.cli import silent
from cloudward.cli.alerts import attack
from cloudward.cli.baseline import baseline
from cloudward.cli.exits import Exit
from cloudward.cli.lines import JOINED, wrapped
from cloudward.cli.options import Format, Limit, Output, RuleFolders, StorePath, rows
from cloudward.cli.output import Column, Listing, block, console, counted, note, styled, write
from cloudward.cli.stored import known
from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.detect import Correlation, Detection, Detections
    from cloudward.detect.asked import There
    from cloudward.detect.coverage import Answered
    from cloudward.detect.trial import Trial

LISTING = Listing(
    "detection",
    {
        "id": "what options and files call it",
        "title": "what it says has happened",
        "severity": "high, medium, low, informational",
        "source": "the folder that it lies in: for built-in ones the source of its events",
        "kind": "event: one event is enough; event_count and the like: several within a time",
        "tactics": "MITRE ATT&CK tactics",
        "techniques": "MITRE ATT&CK techniques",
        "alert_type": "the alert types of Defender for Cloud that it answers",
        "equivalents": "catalogue and the ids of its rules that ask the same",
        "why": "why it matters",
        "investigate": "what to look at",
        "remediate": "what to do",
        "falsepositives": "what else looks like it",
        "needs": "what must be added before it can alert: indicators, an address database",
        "asks": "what it learns or looks up; empty for a rule alone",
        "file": "where it stands",
    },
    (
        Column("severity"),
        Column("id", "Detection", fold=True),
        Column("source"),
        Column("needs", fold=True, form=", ".join),
        Column("title", fold=True, width=110),
    ),
    empty="There are no such detections.",
)
COVERAGE = Listing(
    "alert type",
    {
        "plan": "the plan of Defender for Cloud",
        "alert_type": "its id there; null where the reference gives none",
        "name": "its name there",
        "state": "covered, partly, needs sensor, needs indicators, incident, not covered",
        "source": "the source of events that would tell, or the sensor that it would need",
        "detections": "the detections that answer it",
    },
    (
        Column("state"),
        Column("name", "Alert type", fold=True),
        Column("source", fold=True),
        Column("alert_type", "Id", fold=True, width=120),
    ),
)
TRIALS = Listing(
    "example",
    {
        "detection": "the detection's id",
        "file": "where it stands",
        "source": "the source that the event was tried as",
        "number": "its place among the examples that should come out so",
        "expected": "alert or quiet",
        "found": "what the detection says of it",
        "passed": "whether that is the same",
        "because": "what decided",
    },
    (),
)

SILENT = silent.SILENT

detections = typer.Typer(
    help="List, read and test detections.", invoke_without_command=True, rich_markup_mode=None
)
detections.add_typer(baseline, name="baseline")


@detections.callback()
def start(context: typer.Context) -> None:
    """List, read and test detections.

    Alone it lists them.
    """
    if context.invoked_subcommand is None:
        from cloudward.cli.options import default_store

        list_detections(default_store(), [], limit=0)


@detections.command("list")
def list_detections(
    store: StorePath,
    rules: RuleFolders,
    search: Annotated[str, typer.Argument(metavar="TEXT", help="Only with this in the id or title.")] = "",
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="Only for events of this source.")
    ] = "",
    coverage: Annotated[
        bool,
        typer.Option("--coverage", help="Instead, which alert types of Defender for Cloud are answered."),
    ] = False,
    limit: Limit = 0,
    output: Output = Format.TABLE,
) -> None:
    """List the detections."""
    loaded = _loaded(rules)
    if coverage:
        _coverage(loaded, limit, output)
        return
    if source:
        from cloudward.pack.mappings import sources

        known("source", [source], sources())
    found = [
        each
        for each in loaded.all.values()
        if search.lower() in f"{each.id} {each.title}".lower() and source in ("", _folder(each))
    ]
    there = _there(store)
    items = (_record(each, there) for each in found)
    write(LISTING, items, output, total=len(found), limit=rows(limit, output))
    if output == "table" and found:
        note(f"{counted(len(found), 'detection')}. Next: cloudward detections show {found[0].id}")


@detections.command("show")
def show(
    store: StorePath,
    rules: RuleFolders,
    id: Annotated[str, typer.Argument(metavar="DETECTION", help="The detection's id.")],
    output: Output = Format.TABLE,
) -> None:
    """Show a detection: why, what to look at, what to do."""
    found = _loaded(rules)[id]
    record = _record(found, _there(store))
    if output == "table":
        _show(record)
    else:
        write(LISTING, [record], output)


@detections.command("test")
def try_examples(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE|FOLDER", help="Your detections; without it the built-in ones.", show_default=False
        ),
    ] = None,
    output: Output = Format.TABLE,
) -> None:
    """Run the examples of detections.

    Ends with 2 when content is broken, an example comes out otherwise than it says, or a built-in detection
    of one event has none.
    """
    from cloudward.detect import load
    from cloudward.detect.trial import trials

    loaded = load(*_checked(paths or []), built_in=not paths)
    tested = list(loaded.detections)
    found = list(trials(loaded, tested))
    failed = [trial for trial in found if not trial.passed]
    bare = [] if paths else [each for each in tested if not (each.alerting and each.quiet)]
    if output == "table":
        _report(failed, bare, loaded)
    else:
        write(TRIALS, map(_trial, found), output)
    problems = len(failed) + len(bare) + len(loaded.failed)
    note(
        f"{counted(len(loaded), 'detection')}, {counted(len(found), 'example')}, "
        f"{counted(problems, 'problem')}"
    )
    if problems or not tested:
        raise typer.Exit(Exit.USAGE)


@detections.command("silent")
def cannot_fire(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH", help="Log files or folders of them, packed or not.", show_default=False
        ),
    ],
    rules: RuleFolders,
    source: Annotated[
        str,
        typer.Option("--source", metavar="NAME", help="What the files are, when it is not to be recognised."),
    ] = "",
    limit: Limit = None,
    output: Output = Format.TABLE,
) -> None:
    """List the detections that cannot fire on such events, and why.

    A detection that asks for a field which no event has, or for a log of which there is no event, stays quiet
    whatever happens.
    """
    if source:
        from cloudward.connect.events.recognising import named

        named(source)
    loaded = _loaded(rules)
    for problem in loaded.failed:
        note(str(problem))
    silent.told(loaded, _checked(paths), source, limit, output)


def _checked(paths: Iterable[Path]) -> list[Path]:
    found = list(paths)
    for path in found:
        if not path.exists():
            raise UsageError(f"no such file or folder: {path}")
    return found


def _loaded(rules: Iterable[Path]) -> Detections:
    from cloudward.detect import load

    return load(*_checked(rules))


def _folder(each: Detection | Correlation) -> str:
    return PurePath(each.file).parent.name


def _there(folder: Path) -> There:
    """What the store has for detections; of a store that is not there nothing."""
    from cloudward.connect.events.addresses import files
    from cloudward.detect.asked import There
    from cloudward.store import Store, place
    from cloudward.store.indicators import IndicatorList

    if not place.exists(folder):
        return There(bool(files(folder)))
    with Store.open(folder) as opened:
        return There(bool(files(folder)), IndicatorList(opened.database).kinds(datetime.now(UTC)))


def _record(each: Detection | Correlation, there: There) -> dict[str, Any]:
    from cloudward.detect.alerts import severity
    from cloudward.detect.asked import needs, told

    def texts(key: str) -> list[str]:
        given = each.extra.get(key) or []
        return [given] if isinstance(given, str) else list(given)

    return {
        "id": each.id,
        "title": each.title,
        "severity": severity(each).value,
        "source": _folder(each),
        "kind": getattr(each, "type", "event"),
        "tactics": each.tactics,
        "techniques": each.techniques,
        "alert_type": each.alert_type,
        "equivalents": each.equivalents,
        "why": each.why,
        "investigate": texts("investigate"),
        "remediate": texts("remediate"),
        "falsepositives": each.falsepositives,
        "needs": needs(each, there),
        "asks": list(told(each)),
        "file": each.file,
    }


def _show(record: dict[str, Any]) -> None:
    styled((record["title"], "bold"))
    styled(f"{record['id']}  {record['severity']}  {record['source']}")
    parts = (
        ("Why", [record["why"]]),
        ("What it asks", record["asks"]),
        ("Needs", [f"{each}, and says nothing before." for each in record["needs"]]),
        ("What to look at", record["investigate"]),
        ("What to do", record["remediate"]),
        ("What else looks like it", record["falsepositives"]),
        ("MITRE ATT&CK", [attack(record["tactics"], record["techniques"])]),
        ("Alert types of Defender for Cloud", record["alert_type"]),
        ("Elsewhere", [f"{name}: {', '.join(ids)}" for name, ids in record["equivalents"].items()]),
    )
    for head, texts in parts:
        if any(texts):
            block(head, (line for text in texts for line in wrapped(text, console().width, 2)))


def _coverage(loaded: Detections, limit: int | None, output: Format) -> None:
    from cloudward.detect.coverage import answered, totals

    found = list(answered(loaded))
    count = totals(found)
    write(
        COVERAGE,
        map(_row, found),
        output,
        total=len(found),
        limit=rows(limit, output),
        extra={"totals": count},
    )
    if output == "table":
        styled()
        readable = count["covered"] + count["partly"] + count["not covered"]
        share = (count["covered"] + count["partly"]) / readable if readable else 0.0
        styled(", ".join(f"{number} {state}" for state, number in count.items()))
        styled(
            f"Of the {readable} whose log is read, {count['covered'] + count['partly']} have a detection: "
            f"{share:.0%}."
        )


def _row(each: Answered) -> dict[str, Any]:
    return {
        "plan": each.plan,
        "alert_type": each.alert_type or None,
        "name": each.name,
        "state": each.state,
        "source": each.source,
        "detections": each.detections,
    }


def _report(failed: Iterable[Trial], bare: Iterable[Detection], loaded: Detections) -> None:
    for problem in loaded.failed:
        styled(str(problem))
    for trial in failed:
        told = _trial(trial)
        styled((told["file"], "bold"), f"  {told['detection']}")
        styled(f"example {told['number']}: expected {told['expected']}, found {told['found']}", indent=2)
        for line in told["because"]:
            styled(line, indent=4)
    for each in bare:
        styled((each.file, "bold"), f"  {each.id} has no examples that alert, or none that stay quiet")


def _trial(trial: Trial) -> dict[str, Any]:
    word = {True: "alert", False: "quiet"}
    return {
        "detection": trial.detection.id,
        "file": trial.detection.file,
        "source": trial.source,
        "number": trial.number,
        "expected": word[trial.expected],
        "found": word[trial.found],
        "passed": trial.passed,
        "because": [] if trial.passed else list(_told(trial)),
    }


def _told(trial: Trial) -> Iterator[str]:
    from cloudward.cli.evidence import told

    yield from (line.replace(JOINED, " ") for lines in told(trial.leaves) for line in lines)
