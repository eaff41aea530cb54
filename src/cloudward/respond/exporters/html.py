"""One page that needs nothing else: no script, no address outside; made to be printed and handed on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from cloudward.model import (
    Attestation,
    Control,
    ControlResult,
    ControlState,
    Coverage,
    Exemption,
    Period,
    PolicyResult,
    Status,
)
from cloudward.respond.exporters._markup import (
    Row,
    chip,
    code,
    link,
    moment,
    number,
    spelled,
    table,
    text,
    words,
)
from cloudward.respond.exporters._style import CSS
from cloudward.respond.report import Report
from cloudward.respond.text import because
from cloudward.store import AssessmentRow

SUFFIX = ".html"
ROWS = 25
"""So many resources of a policy in a scope are shown; the CSV has them all."""
EVERY = "every regional call"
"""In the place of a call, where a region was left out."""
HOLES = 40
"""So many calls that were not answered are shown."""
ORDER = (
    ControlState.PASSED,
    ControlState.FAILED,
    ControlState.NOT_DETERMINED,
    ControlState.MANUAL,
    ControlState.NOT_COVERED,
    ControlState.NOT_APPLICABLE,
)
MEANING = {
    ControlState.PASSED: "Every resource of which its policies speak is healthy, and all that they need was "
    "read; or a person attested it.",
    ControlState.FAILED: "At least one resource is unhealthy, or a person attested that it is not met.",
    ControlState.NOT_DETERMINED: "Nothing was found wrong, but something is not known. It may be either.",
    ControlState.MANUAL: "Only a person can say, and nobody has, or what was said has expired.",
    ControlState.NOT_COVERED: "No policy answers it; the control says why.",
    ControlState.NOT_APPLICABLE: "Everything was read, and nothing of which the control speaks is there.",
}


def write(report: Report) -> Iterator[str]:
    """The page in pieces."""
    yield _top(report)
    yield from _cover(report)
    yield from _summary(report)
    yield from _Controls(report).all()
    yield from _exceptions(report)
    yield from _unread(report)
    yield _bottom(report)


def _top(report: Report) -> str:
    title = text(f"{report.standard.title} {report.standard.version}")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light">'
        f"<title>{title} - compliance report</title><style>{CSS}</style></head><body><main>\n"
    )


def _cover(report: Report) -> Iterator[str]:
    standard = report.standard
    yield '<section class="cover"><p class="eyebrow">Compliance report</p>\n'
    yield f"<h1>{text(standard.title)}</h1>\n"
    yield f'<p class="soft">Version {text(standard.version)}, {text(standard.publisher)}</p>\n'
    yield _bar(report.states())
    yield f"<dl>{''.join(_facts(report))}</dl>\n"
    yield from _watched(report)
    yield from _holes(report)
    yield "</section>\n"


def _facts(report: Report) -> Iterator[str]:
    for scope in report.scopes:
        name = f"{text(scope.name)} " if scope.name and scope.name != scope.id else ""
        when = moment(report.scanned[scope.id])
        yield _fact(scope.kind.capitalize(), f"{name}<code>{text(scope.id)}</code>, as of {when}")
    if report.courses:
        span = report.courses.span
        yield _fact("Time", f"{moment(span.since)} to {moment(span.until)}")
    yield _fact("Report made", moment(report.made))
    yield _fact("Engine", text(report.engine))
    yield _fact("Content", f"<code>{text(report.content)}</code>")
    yield _fact(
        "Controls from",
        f"<code>{text(report.standard.file)}</code> <code>{text(report.standard.hash)}</code>",
    )
    yield _fact("Text of the standard", link(report.standard.source))


def _fact(name: str, value: str) -> str:
    return f"<dt>{text(name)}</dt><dd>{value}</dd>"


def _watched(report: Report) -> Iterator[str]:
    """How closely the time was looked at, and when it was not."""
    if not report.courses:
        return
    yield (
        "<p>A control counts as passed only if it was passed in every snapshot of the time. Between two "
        "snapshots nothing was looked at; where more time passed than the retention explains (a day, or a "
        "month for what is older), the state is not determined. Resources are listed as they are now.</p>\n"
    )
    rows = [
        (
            code(each.scope),
            number(each.snapshots),
            spelled(each.longest) if each.longest and each.snapshots > 1 else "-",
            "<br>".join(text(gap.cause) for gap in each.gaps) or "none",
        )
        for each in report.courses.watched
    ]
    yield table(("Scope", "#Snapshots", "Furthest apart", "Times without a snapshot"), rows)


def _holes(report: Report) -> Iterator[str]:
    """What could not be read, in a few lines."""
    rows = list(_calls(report.unread()))
    if not rows:
        yield "<p>Everything that was asked for could be read.</p>\n"
        return
    named = list(dict.fromkeys(row[0] for row in rows))
    calls = f"{len(named):,} {'call was' if len(named) == 1 else 'calls were'}"
    yield (
        f'<p><b class="cause">{calls} not answered</b> ({", ".join(named[:6])}'
        f"{' and more' if len(named) > 6 else ''}). What depends on it is not determined; "
        '<a href="#unread">all of it</a> stands at the end.</p>\n'
    )


def _calls(rows: Iterable[Coverage]) -> Iterator[tuple[str, str, str, str]]:
    """Calls that were not answered: call, outcome, where, what was said; the same call once."""
    found: dict[tuple[str, str], tuple[set[str], set[str], str]] = {}
    for row in rows:
        key = row.call or row.type or EVERY, row.outcome.value.replace("_", " ")
        places, types, said = found.get(key, (set(), set(), ""))
        places.add(f"{row.scope} {row.region or ''}".strip())
        types.add(row.type)
        found[key] = places, types, said or (row.cause.message if row.cause else "")
    for (call, outcome), (places, types, said) in sorted(found.items()):
        where = _few(sorted(places), 3)
        what = _few(sorted(filter(None, types)), 3)
        yield (
            f'<span class="wide">{code(call)}</span>',
            text(outcome),
            where,
            " - ".join(filter(None, [what, text(said)])),
        )


def _few(values: Sequence[str], count: int) -> str:
    more = f" and {len(values) - count:,} more" if len(values) > count else ""
    return ", ".join(code(value) for value in values[:count]) + more


def _bar(states: Counter[ControlState]) -> str:
    shown = [state for state in ORDER if states[state]]
    parts = "".join(
        f'<span style="flex:{states[state]};background:var(--{state.value})"></span>' for state in shown
    )
    legend = "".join(
        f'<li><i style="background:var(--{state.value})"></i><b>{states[state]:,}</b>{words(state)}</li>'
        for state in shown
    )
    return f'<div class="bar">{parts}</div><ul class="legend">{legend}</ul>\n'


def _summary(report: Report) -> Iterator[str]:
    yield "<h2>Summary</h2>\n"
    rows = []
    for place, (section, controls) in enumerate(_sections(report)):
        states = Counter(map(report.state, controls))
        name = f'<a href="#s{place}">{text(section)}</a>' if section else "All"
        rows.append((name, number(len(controls)), *(number(states[state]) for state in ORDER)))
    head = ("Section", "#Controls", *(f"#{words(state).capitalize()}" for state in ORDER))
    yield table(head, rows)
    yield '<h2 class="stay">How to read it</h2>\n'
    yield f"<dl>{''.join(f'<dt>{chip(state)}</dt><dd>{MEANING[state]}</dd>' for state in ORDER)}</dl>\n"
    yield (
        "<p>A control of a standard asks for more than a machine can see. This report is evidence for an "
        "audit, not its result.</p>\n"
    )


def _sections(report: Report) -> list[tuple[str, list[Control]]]:
    """Id and title of each section with its controls, in the standard's order."""
    groups: dict[str, list[Control]] = {}
    for control in report.standard.controls:
        groups.setdefault(control.section, []).append(control)
    return [(_named(id, report.standard.sections.get(id, "")), found) for id, found in groups.items()]


def _named(section: str, title: str) -> str:
    """`2.1 S3`, but `EC2 and VPC` alone where the title says what the id says."""
    return title if title.lower().startswith(section.lower()) else f"{section} {title}"


class _Controls:
    """Every control. A policy's resources are listed where it is named first; later ones point there."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._listed: dict[str, Control] = {}
        """Policy -> the control under which its resources stand."""
        self._ids = {control.id: f"c{number}" for number, control in enumerate(report.standard.controls)}
        self._several = len(report.scopes) > 1
        self._names = {scope.id: scope.name for scope in report.scopes}

    def all(self) -> Iterator[str]:
        yield "<h2>Controls</h2>\n"
        for place, (section, controls) in enumerate(_sections(self._report)):
            if section:
                yield f'<h3 id="s{place}">{text(section)}</h3>\n'
            for control in controls:
                yield from self._control(control)

    def _control(self, control: Control) -> Iterator[str]:
        state, results = self._report.state(control), self._report.of(control)
        place, style = self._ids[control.id], f"border-left-color:var(--{state.value})"
        yield f'<article class="control" id="{place}" style="{style}">'
        yield f'<div class="head"><span class="id">{text(control.id)}</span><h4>{text(control.title)}</h4>'
        yield f"{chip(state)}</div>\n"
        if control.uncovered:
            yield f'<p class="box">Not covered: {text(control.uncovered)}</p>\n'
        if control.manual:
            what = "Left to a person" if control.policies else "A person has to say"
            yield f'<p class="box">{what}: {text(control.manual)}</p>\n'
        if self._report.courses:
            yield table(("Over the time", "When", "Why"), self._periods(control))
        if any(result.policies for result in results):
            head = ("Policy", "State", "#Unhealthy", "#Unknown", "#Healthy", "#Exempt")
            yield table(head, self._policies(results))
            yield from self._findings(control, results)
        for word in dict.fromkeys(filter(None, (result.attestation for result in results))):
            yield _attested(word)
        yield "</article>\n"

    def _periods(self, control: Control) -> Iterator[Row]:
        for result in self._report.of(control):
            course = self._report.course(control, result.scope)
            if self._several:
                yield self._place(result.scope)
            yield from (_period(each) for each in (course.periods if course else ()))

    def _policies(self, results: Iterable[ControlResult]) -> Iterator[Row]:
        for result in results:
            if self._several:
                counted = _counted(self._report.resources[result.control, result.scope])
                yield f"{chip(result.state)} {self._place(result.scope)}: {counted}"
            for each in result.policies:
                title = text(self._report.policies[each.policy].title)
                counts = (each.unhealthy, each.unknown, each.healthy, each.exempt)
                yield (
                    f"{title}<br>{code(each.policy)}{_causes(each)}",
                    chip(each.state),
                    *map(number, counts),
                )

    def _findings(self, control: Control, results: Iterable[ControlResult]) -> Iterator[str]:
        elsewhere: dict[str, str] = {}
        rows: list[Row] = []
        for policy in control.policies:
            found = list(self._found(policy, results))
            if found and (first := self._listed.setdefault(policy, control)) is not control:
                elsewhere[policy] = f'<a href="#{self._ids[first.id]}">{text(first.id)}</a>'
            elif found:
                rows += [f"{code(policy)}", *found] if len(control.policies) > 1 else found
        if rows:
            yield table(("Resource", *(["Scope"] if self._several else []), "Region", "Is", "Since"), rows)
        if elsewhere:
            said = ", ".join(f"{code(policy)} under {place}" for policy, place in elsewhere.items())
            yield f'<p class="small soft">Resources of {said}.</p>\n'

    def _found(self, policy: str, results: Iterable[ControlResult]) -> Iterator[Row]:
        """Resources on which a policy is not content, some of each scope."""
        for result in results:
            each = next((each for each in result.policies if each.policy == policy), None)
            if each is None or not each.unhealthy + each.unknown + each.exempt:
                continue
            shown = list(islice(self._report.findings(policy, result.scope), ROWS + 1))
            yield from (_resource(row, self._several) for row in shown[:ROWS])
            if len(shown) > ROWS:
                yield f'<span class="soft">More of {code(result.scope)} are in the CSV of this report.</span>'

    def _place(self, scope: str) -> str:
        name = self._names[scope]
        return f"{code(scope)}{f' {text(name)}' if name != scope else ''}"


def _causes(each: PolicyResult) -> str:
    return "".join(f'<br><span class="cause">{text(because(cause))}</span>' for cause in each.causes)


def _counted(counts: Counter[Status]) -> str:
    said = [
        f"{counts[status]:,} {word}"
        for status, word in (
            (Status.UNHEALTHY, "unhealthy"),
            (Status.UNKNOWN, "unknown"),
            (Status.HEALTHY, "healthy"),
            (Status.NOT_APPLICABLE, "not applicable"),
        )
        if counts[status]
    ]
    total = sum(counts.values())
    return (
        f"{total:,} {'resource' if total == 1 else 'resources'}: {', '.join(said)}"
        if said
        else "no resources"
    )


def _resource(row: AssessmentRow, several: bool) -> Row:
    each, known = row.assessment, row.assessment.last_known
    name = f"{text(row.name)}<br>" if row.name and row.name != each.resource else ""
    before = f"; {known.status.value.replace('_', ' ')} on {known.at:%Y-%m-%d}" if known else ""
    cause = f'<br><span class="cause">{text(because(each.cause))}{before}</span>' if each.cause else ""
    exempt = f", exempt by {code(each.exemption)}" if each.exemption else ""
    return (
        f'<span class="wide">{name}{code(each.resource)}</span>',
        *([f'<span class="place">{code(each.scope)}</span>'] if several else []),
        f'<span class="keep">{text(each.region or "global")}</span>',
        f"{each.status.value}{exempt}{cause}",
        f'<span class="keep">{each.since:%Y-%m-%d}</span>',
    )


def _period(each: Period) -> Row:
    when = moment(each.start) if each.start == each.end else f"{moment(each.start)} to {moment(each.end)}"
    return chip(each.state), when, text(each.cause)


def _attested(word: Attestation) -> str:
    links = "".join(f"<br>{link(address)}" for address in word.evidence) or "<br>No evidence is named."
    statement = "<br>".join(map(text, word.statement.splitlines()))
    said = "compliant" if word.state == "compliant" else "not compliant"
    return (
        f'<div class="box"><b>Attested as {said}</b>: {statement}{links}'
        f'<p class="small soft">Owner {text(word.owner)}; written down by {text(word.created_by)} on '
        f"{moment(word.created_at)}; counts until {moment(word.expires)}; {code(word.id)}"
        f"{'' if word.scope else '; for every scope'}</p></div>\n"
    )


def _exceptions(report: Report) -> Iterator[str]:
    if report.exceptions:
        yield "<h2>Agreed exceptions</h2>\n"
        yield (
            "<p>A waiver takes a resource out of the control; mitigated counts as healthy, because something "
            "else does the job.</p>\n"
        )
        head = ("Policy", "Reaches", "Category", "Reason", "Agreed", "Ends")
        yield table(head, map(_exception, report.exceptions))


def _exception(each: Exemption) -> tuple[str, ...]:
    second = f", approved by {text(each.approved_by)}" if each.approved_by else ""
    return (
        code(each.policy),
        code(each.resource or f"all of {each.scope}"),
        each.category.value,
        text(each.reason),
        f"{text(each.created_by)}, {each.created_at:%Y-%m-%d}{second}",
        f"{each.expires:%Y-%m-%d}" if each.expires else "never",
    )


def _unread(report: Report) -> Iterator[str]:
    rows = list(_calls(report.unread()))
    if rows:
        yield '<h2 id="unread">What could not be read</h2>\n'
        yield table(("Call", "Outcome", "Where", "What it would have told"), rows[:HOLES])
        if len(rows) > HOLES:
            yield f"<p>{len(rows) - HOLES:,} more: <code>cloudward coverage</code> lists them.</p>\n"


def _bottom(report: Report) -> str:
    return (
        f"<footer>Made by {text(report.engine)} on {moment(report.made)}. "
        "The hashes of its files are in SHA256SUMS beside it.</footer>\n</main></body></html>\n"
    )
