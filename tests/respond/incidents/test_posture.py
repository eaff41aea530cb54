"""What is known of a resource raises the alerts that name it, whatever they call it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudward.pack import load
from cloudward.respond.incidents.posture import raised
from cloudward.store import Store
from tests.store.build import KEY, ONE, TWO, alert, assessment, listed, resource, scanned

SECRET = resource("payroll", tags={"Classification": "Confidential"})
OPEN = resource("web", "AWS::EC2::SecurityGroup", id=f"arn:aws:ec2:eu-west-1:{ONE}:security-group/sg-1")
TWINS = [resource("twin", tags={"sensitivity": "high"}), resource("twin", KEY)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as opened:
        from cloudward.model import Status

        made = [assessment(OPEN, "aws-ec2-security-group-ssh", status=Status.UNHEALTHY)]
        kinds = (SECRET.type, OPEN.type, KEY)
        found = [SECRET, OPEN, *TWINS]
        scanned(opened, *found, *(listed(kind) for kind in kinds), assessments=made)
        yield opened


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("payroll", ("sensitive",)),
        (SECRET.id, ("sensitive",)),
        ("web", ("exposed",)),
        (f"{OPEN.id}/rule", ("exposed",)),
        ("twin", ()),
        (TWINS[0].id, ("sensitive",)),
        ("nobody", ()),
    ],
)
def test_an_alert_is_raised_by_what_its_resource_is(
    store: Store, text: str, reasons: tuple[str, ...]
) -> None:
    pack = load()
    given = [alert("a", resource=text), alert("other", resource=text, scope=TWO)]
    assert raised(store, pack, given) == ({"a": reasons} if reasons else {})
