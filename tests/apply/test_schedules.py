"""Schedules in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudward.apply.plan import apply, folder, plan
from cloudward.errors import ContentError
from cloudward.store import Store, schedules
from tests.assess.content import CONTENT

CONNECTOR = "connectors:\n  acme: {provider: aws, role: cloudward, organization: true}\n"
SCHEDULE = "schedules:\n  acme: {cron: 0 2 * * *, zone: Europe/Berlin}\n"


def done(place: Path, text: str) -> list[str]:
    with Store.open(place / "store") as store:
        files = place / "acme"
        files.mkdir(exist_ok=True)
        (files / "aws.yaml").write_text(text)
        changes = apply(store, CONTENT, folder(files), "ci")
        assert plan(store, CONTENT, folder(files), "ci") == []
        return [f"{each.action} {each.kind} {each.id}" for each in changes]


def test_a_schedule_comes_with_its_connector_changes_and_goes_with_it(tmp_path: Path) -> None:
    assert done(tmp_path, CONNECTOR + SCHEDULE) == ["add connector acme", "add schedule acme"]
    assert done(tmp_path, CONNECTOR + SCHEDULE) == []
    assert done(tmp_path, CONNECTOR + SCHEDULE.replace("2", "3")) == ["change schedule acme"]
    with Store.open(tmp_path / "store") as store, store.database.read() as connection:
        kept = schedules.one(connection, "acme")
    assert (kept.cron, kept.zone, kept.source) == ("0 3 * * *", "Europe/Berlin", "acme/aws.yaml")
    assert kept.next is not None
    assert done(tmp_path, "connectors: {}\n") == ["remove connector acme", "remove schedule acme"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SCHEDULE, r"aws.yaml:2:9: acme: there is no connector 'acme'"),
        (CONNECTOR + SCHEDULE.replace("0 2", "0 2 3"), r"is no cron expression"),
        (CONNECTOR + SCHEDULE.replace("Berlin", "Berln"), r"did you mean 'Europe/Berlin'"),
        (CONNECTOR + SCHEDULE.replace("}", ", enabled: maybe}"), r"expected true or false"),
        (CONNECTOR + SCHEDULE.replace("cron", "corn"), r"no key 'corn'; did you mean 'cron'"),
    ],
)
def test_what_is_no_schedule_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ContentError, match=message):
        done(tmp_path, text)
