"""Detections by source of events, and which alert types of Defender for Cloud they answer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import PurePath

from cloudward.connect.events.recognising import every
from cloudward.detect import Correlation, Detection, Detections, load
from cloudward.detect.alerts import severity
from cloudward.detect.asked import told
from cloudward.detect.coverage import Answered, answered, totals
from cloudward.pack.mappings import sources
from docs.page import Page, table


@cache
def loaded() -> Detections:
    return load()


def pages() -> Iterator[Page]:
    by_source: dict[str, list[Detection | Correlation]] = {}
    for each in loaded().all.values():
        by_source.setdefault(PurePath(each.file).parent.name, []).append(each)
    rows = [
        (f"[{sources()[name].title}](detections/{name}.md)", name, str(len(found)))
        for name, found in sorted(by_source.items())
    ]
    head = "# Detections\n\nOffline: `cloudward detections show ID`.\n\n"
    yield Page("reference/detections", "Detections", head + table(("log", "source", "detections"), rows))
    for name, found in sorted(by_source.items()):
        title = sources()[name].title
        yield Page(f"reference/detections/{name}", title, f"# {title}\n\n" + "\n".join(map(_one, found)))
    yield _logs()
    yield _coverage()


def _one(each: Detection | Correlation) -> str:
    remedies = each.extra.get("remediate") or []
    asks = " ".join(told(each))
    asks = f"{asks}\n\n" if asks else ""
    attacks = ", ".join((*each.tactics, *each.techniques))
    return (
        f"## {each.title}\n\n`{each.id}`, {severity(each).value}, {attacks}\n\n{each.why}\n\n{asks}"
        + "".join(f"- {text}\n" for text in ([remedies] if isinstance(remedies, str) else remedies))
    )


def _logs() -> Page:
    rows = [(each.name, each.title, f"[format]({each.page})") for each in every().values()]
    head = "# Logs\n\nWhat `cloudward detect` reads. `--source` takes the name.\n\n"
    return Page("reference/logs", "Logs", head + table(("source", "log", ""), rows))


def _state(each: Answered) -> str:
    return (
        f"{each.state}, no rule yet"
        if each.state == "needs indicators" and not each.detections
        else each.state
    )


def _coverage() -> Page:
    found = list(answered(loaded()))
    rows = [
        (
            each.plan,
            each.alert_type or each.name,
            _state(each),
            each.source,
        )
        for each in found
    ]
    count = ", ".join(f"{number} {state}" for state, number in totals(found).items())
    head = (
        "# Alert types\n\nThe alert types of Defender for Cloud, and whether a detection answers them: "
        f"{count}. Covered says nothing of what a store has: behaviour is learnt for days first, and "
        "countries and networks need an address database. Those that need indicators are answered when some "
        "are added. Partly means that the reference speaks of behaviour that is learnt, and the detection "
        "goes by a fixed rule, or that the log holds what was asked of a model only when that is switched "
        "on.\n\n"
    )
    return Page(
        "reference/alert-types",
        "Alert types",
        head + table(("plan", "alert type", "state", "source, or what it needs"), rows),
    )
