"""Texts that somebody may give his resources to harm who reads of them, and a store that is full of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cloudward.model import (
    Alert,
    Cause,
    Entity,
    Evidence,
    Exemption,
    ExemptionCategory,
    Link,
    Member,
    Outcome,
    Reason,
    Severity,
    Shared,
    Status,
    Suppression,
)
from cloudward.store import Store, incidents
from cloudward.store.alerts import Alerts
from cloudward.store.incidents import Incidents
from tests.store.build import NOW, ONE, account, alert, assessment, incident, listed, resource, score

EVIL = "evil.example"
"""Nothing may lead or send there."""
TEXTS = {
    "formula": "=cmd|' /C calc'!A0",
    "formula-wide": f'\uff1dHYPERLINK("http://{EVIL}")',
    "formula-plus": "\u3000\uff0b1+1",
    "formula-at": "\t@SUM(1)",
    "formula-minus": "-2+3+cmd|' /C calc'!A0",
    "script": "<script>window.pwned=1</script>",
    "markup": f"<img src=//{EVIL}/x onerror=window.pwned=1><a href=//{EVIL}>x</a>",
    "attribute": "\"><svg onload=window.pwned=1>' autofocus onfocus=window.pwned=1 x='",
    "template": "{{constructor.constructor('window.pwned=1')()}}${window.pwned=1}",
    "javascript": "javascript:alert(document.domain)",
    "address": f"http://{EVIL}/login",
    "terminal": "\x1b[2J\x1b]0;owned\x07\x9b31m\rclean",
    "osc8": f"\x1b]8;;http://{EVIL}\x1b\\bill.pdf\x1b]8;;\x1b\\",
    "right-to-left": "gnp.\u202eexe\u2066\u200f",
    "nul": "end\x00 after",
    "long": "W" * 600,
    "lines": 'one\ntwo\r\nthree;four,"five"\u2028six',
    "rich": "[bold red]x[/][link=http://evil.example]y[/link]",
    "markdown": f"[click](http://{EVIL}) ![x](http://{EVIL}/i.png) **bold** `code`",
    "slack": f"<!channel> <@U1> <http://{EVIL}|bank> &lt;",
    "jira": f"[bank|http://{EVIL}] {{color:red}}x{{color}} !http://{EVIL}/i.png!",
    "teams": f"<at>Everybody</at> [bank](http://{EVIL})",
    "mail": f"x\r\nBcc: all@{EVIL}\r\n\r\nbody",
}
POLICY = "aws-s3-bucket-versioning"
SIGNS = frozenset("=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20")


def hidden(text: str, allowed: str = "\n") -> set[str]:
    """Characters of a text that move a terminal, turn the order of letters, or cannot be seen."""
    bad = {"Cc", "Cf", "Zl", "Zp", "Cs"}
    return {char for char in set(text) if unicodedata.category(char) in bad and char not in allowed}


def fill(folder: Path, url: str | None = None) -> None:
    """Resources, tags, causes, exemptions, alerts, events, suppressions, incidents, by these texts."""
    with Store.open(folder, url=url) as store:
        buckets = [
            resource(
                text,
                id=f"arn:aws:s3:::{text}",
                tags={f"k{text}": text},
                properties={"Name": text, text: [text]},
            )
            for text in TEXTS.values()
        ]
        hostile = Cause(Reason.DENIED, "s3:GetBucketPolicy", TEXTS["markup"] + TEXTS["terminal"])
        denied = listed(call="s3:GetBucketPolicy", outcome=Outcome.DENIED, listing=False, cause=hostile)
        scope = replace(account(ONE), name=TEXTS["script"] + TEXTS["right-to-left"])
        staging = store.begin(scope.provider, "test", [scope], ["unit"])
        with staging.unit("unit") as unit:
            for bucket in buckets:
                unit.add(bucket)
            for row in (listed(), denied):
                unit.add(row)
        found = [
            assessment(each, POLICY, status=Status.UNHEALTHY, severity=Severity.HIGH) for each in buckets
        ]
        found[-1] = replace(found[-1], status=Status.UNKNOWN, cause=hostile)
        found[0] = replace(found[0], exemption="x0")
        staging.publish(ONE, sorted(found, key=lambda each: (each.type, each.resource, each.policy)), score())
        staging.finish()
        for number, (bucket, text) in enumerate(zip(buckets, TEXTS.values(), strict=True)):
            store.exempt(
                Exemption(f"x{number}", POLICY, ONE, ExemptionCategory.WAIVER, text, "ann", NOW, bucket.id)
            )
        alerts, now = Alerts(store.database), datetime.now(UTC)
        until = now + timedelta(days=30)
        alerts.keep([*_alerts()])
        _incidents(store)
        for number, text in enumerate(TEXTS.values()):
            alerts.suppress(
                Suppression(f"su-{number}", "", {"resource": (f"{text}?",)}, "", text, "ann", now, until)
            )


def _alerts() -> Iterator[tuple[Alert, list[str], list[Evidence]]]:
    for name, text in TEXTS.items():
        entities = (Entity("ip", text), Entity("file", text), Entity("principal", text))
        made = alert(f"{name}-alert", title=text, resource=text, principal=text, entities=entities)
        event = Evidence(name, "aws-cloudtrail", NOW, {"eventName": text, "userAgent": text}, text, 1)
        yield made, [name], [event]


WHOLE = "in-000000000001"
"""The incident that all of these alerts are in."""


def _incidents(store: Store) -> None:
    """One by each text, owned, dismissed and commented with it; and one of all the alerts."""
    names = [*TEXTS]
    whole = incident(WHOLE, title=TEXTS["markup"], alerts=len(names), owner=TEXTS["script"])
    with store.database.write() as connection:
        incidents.add(connection, whole)
        for number, (name, text) in enumerate(TEXTS.items()):
            shared = (Shared("principal", text, 0.9), Shared("ip", text, 0.5))
            link = Link(f"{names[0]}-alert", f"{name}-alert", 0.9, 60.0, shared) if number else None
            incidents.put(connection, Member(f"{name}-alert", 1.0, ("exposed",), link), WHOLE)
            about = {"title": text, "owner": text, "state_by": text, "state_reason": text}
            incidents.add(connection, incident(f"in-of-{name}", **about))
    for text in TEXTS.values():
        Incidents(store.database).comment(WHOLE, text, text, NOW)
