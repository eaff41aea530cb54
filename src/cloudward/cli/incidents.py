"""Incidents as commands show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cloudward.cli.alerts import record as alert_record
from cloudward.cli.lines import wrapped
from cloudward.cli.output import Column, Listing, block, console, counted, moment, span, styled

if TYPE_CHECKING:
    from cloudward.model import Alert, Comment, Incident, Member
    from cloudward.store.incidents import Incidents

LISTING = Listing(
    "incident",
    {
        "id": "its id; the beginning is enough where a command asks for it",
        "title": "from which tactic to which",
        "severity": "high, medium",
        "state": "active, in_progress, resolved, dismissed",
        "owner": "whose it is; null for nobody's",
        "scopes": "where its alerts are",
        "alerts": "how many",
        "tactics": "MITRE ATT&CK tactics",
        "score": "what its alerts say together",
        "needed": "what was needed to raise it",
        "first": "when it began",
        "last": "when it was last seen",
        "made_at": "when it was first seen as one",
        "state_by": "who changed the state; null for nobody",
        "state_at": "when",
        "state_reason": "why",
        "merged_into": "the incident that it is part of now; null for none",
    },
    (
        Column("severity"),
        Column("id"),
        Column("first", "Since (UTC)", form=lambda value: moment(value)[:16]),
        Column("alerts", right=True),
        Column("title", fold=True),
        Column("scopes", fold=True, width=110, form=", ".join),
        Column("owner", width=120),
        Column("state", width=130),
    ),
    empty="There are no such incidents.",
)


def record(incident: Incident) -> Mapping[str, Any]:
    """An incident as JSON, CSV and tables have it."""
    values = {name: getattr(incident, name) for name in LISTING.keys}
    unset = ("owner", "state_by", "state_reason", "merged_into")
    return {
        **values,
        "severity": incident.severity.value,
        "state": incident.state.value,
        "scopes": [each for each in incident.scopes if each],
        **{name: values[name] or None for name in unset},
    }


def whole(incident: Incident, found: Incidents) -> Mapping[str, Any]:
    """An incident with its story, as JSON."""
    from cloudward.respond.incidents import story

    members = found.members(incident.id)
    nodes, edges = story.graph(members)
    return {
        **record(incident),
        "timeline": [_member(member, alert) for member, alert in members],
        "nodes": nodes,
        "edges": edges,
        "next": story.following(incident.tactics),
        "comments": found.comments(incident.id),
    }


def _member(member: Member, alert: Alert) -> Mapping[str, Any]:
    from cloudward.respond.incidents import story

    return {
        "alert": alert_record(alert),
        "weight": member.weight,
        "raised": member.raised,
        "why": story.told(member),
        "because": None if member.placed_by else member.because,
        "placed_by": member.placed_by or None,
    }


def show(incident: Incident, members: list[tuple[Member, Alert]], comments: Iterable[Comment]) -> None:
    """An incident for people: what happened and why it belongs together, who it was, what is next."""
    from cloudward.respond.incidents import story

    styled((incident.title, "bold"))
    state = incident.state.value.replace("_", " ")
    owner = f"  {incident.owner}" if incident.owner else ""
    styled(f"{incident.id}  {incident.severity.value}  {state}{owner}")
    styled(
        f"{span(incident.first, incident.last)}, {counted(incident.alerts, 'alert')}, "
        f"which weigh {incident.score:.1f} where {incident.needed:.1f} is needed"
    )
    if incident.state_reason:
        styled(f"{incident.state_by}: {incident.state_reason}")
    _timeline(members)
    lines = [f"{kind}: {', '.join(values)}" for kind, values in _named(members).items()]
    block("Who and what", (line for text in lines for line in wrapped(text, console().width, 2)))
    after = story.following(incident.tactics)
    what = (
        f"{after.name}: {after.expect}"
        if after
        else "the last stage is reached: contain it, and find what is lost"
    )
    block("Likely next", wrapped(what, console().width, 2))
    said = [f"{moment(each.at)}  {each.by}: {each.text}" for each in comments]
    if said:
        block("Comments", (line for text in said for line in wrapped(text, console().width, 2)))


def _timeline(members: list[tuple[Member, Alert]]) -> None:
    from cloudward.respond.incidents import story

    lines = []
    number = {alert.id: place for place, (_, alert) in enumerate(members, 1)}
    for member, alert in members:
        where = f" ({', '.join(member.raised)})" if member.raised else ""
        head = (
            f"{number[alert.id]:>2}  {moment(alert.first)[:16]}  {alert.severity.value}: {alert.title}{where}"
        )
        why = f"{_with(member, alert, number)}{story.told(member)}"
        lines += [*wrapped(head, console().width, 2), *wrapped(why, console().width, 6)]
    block("What happened, and why it belongs together", lines)


def _with(member: Member, alert: Alert, number: Mapping[str, int]) -> str:
    """To which one it is linked, by its number in the list."""
    link = None if member.placed_by else member.because
    if link is None:
        return ""
    other = link.earlier if link.later == alert.id else link.later
    return f"with {number[other]}: " if other in number else ""


def _named(members: list[tuple[Member, Alert]]) -> Mapping[str, list[str]]:
    """What the alerts name, those first that most of them do."""
    count: dict[tuple[str, str], int] = {}
    for _, alert in members:
        for each in alert.entities:
            count[each.kind, each.value] = count.get((each.kind, each.value), 0) + 1
    found: dict[str, list[str]] = {}
    for kind, value in sorted(count, key=lambda each: (-count[each], each)):
        if kind in ("principal", "ip", "host", "workload", "resource"):
            found.setdefault(kind, []).append(value)
    return {kind: values[:6] for kind, values in found.items()}
