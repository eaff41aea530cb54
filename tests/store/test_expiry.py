"""Events go when they are old, never what is evidence; who asks for what went is told."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import pytest

from cloudward.store import Store, expiry, upkeep
from cloudward.store.compaction import compact
from cloudward.store.encoding import micros
from cloudward.store.events import REJECTED, UNPARSED, Events, Stored
from cloudward.store.files import Files
from cloudward.store.upkeep import Retention

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def stored(number: int, at: datetime, problem: str = "") -> Stored:
    return Stored(micros(at), f"e{number}", "a.json", number, b"{}", problem)


def came(store: Store, source: str, event: Stored, at: datetime, aside: str = UNPARSED) -> None:
    """Keep an event as if it had come then."""
    there = {*store.folder.rglob("events/**/*.parquet")}
    with Events(store.folder, store.files).writer() as writer:
        writer.add(source, [event], aside)
    for path in {*store.folder.rglob("events/**/*.parquet")} - there:
        os.utime(path, (at.timestamp(), at.timestamp()))


def kept(store: Store, source: str = "okta", aside: str = "") -> list[str]:
    return [each.id for each in Events(store.folder, store.files).read(source, aside=aside)]


def gone(store: Store) -> dict[str, datetime]:
    with store.database.read() as connection:
        return expiry.expired(connection)


def test_events_that_came_long_ago_go_and_it_is_known_how_far(store: Store) -> None:
    for number, days in enumerate((91, 89, 1)):
        came(store, "okta", stored(number, NOW - days * DAY), NOW - days * DAY)
    came(store, "falco", stored(9, NOW - DAY), NOW - DAY)
    assert upkeep.expire_events(store, NOW).files == 1
    assert kept(store) == ["e1", "e2"]
    assert gone(store) == {"okta": (NOW - 91 * DAY).replace(minute=0) + timedelta(hours=1)}
    assert not (store.folder / "events" / "okta" / "20260821T10").exists()
    with store.database.write() as connection:
        upkeep.keep(connection, Retention(events=30), "ann")
    assert upkeep.expire_events(store, NOW).files == 1
    assert kept(store) == ["e2"]
    assert upkeep.expire_events(store, NOW) == expiry.Expired(0, 0)


def test_logs_that_were_old_when_they_were_read_stay_as_long_as_others(store: Store) -> None:
    came(store, "okta", stored(1, NOW - 700 * DAY), NOW - DAY)
    assert expiry.expire(store, NOW, 90).files == 0
    assert expiry.expire(store, NOW + 90 * DAY, 90).files == 1


@pytest.mark.parametrize("aside", [UNPARSED, REJECTED])
def test_what_lies_beside_goes_too_though_it_is_merged(store: Store, aside: str) -> None:
    for number, days in enumerate((100, 100, 95, 2, 2)):
        came(store, "okta", stored(number, NOW, "broken"), NOW - days * DAY, aside)
    merged = compact(store.folder, store.files, NOW)
    assert (merged.files, merged.files_after) == (4, 2)
    assert expiry.expire(store, NOW, 90).files == 2
    assert kept(store, aside=aside) == ["e3", "e4"]
    assert gone(store) == {}, "of no hour"


def test_a_merged_file_is_as_old_as_the_latest_of_what_it_was_made_of(store: Store) -> None:
    at = NOW - 91 * DAY
    for number, minutes in enumerate((0, 5)):
        came(store, "okta", stored(number, at), at + timedelta(minutes=minutes))
    compact(store.folder, store.files, NOW)
    assert expiry.expire(store, at + 90 * DAY + timedelta(minutes=3), 90).files == 0
    assert expiry.expire(store, at + 90 * DAY + timedelta(minutes=6), 90).files == 1


def test_what_comes_while_events_go_is_kept(store: Store) -> None:
    class Going(Files):
        """The folder goes, since it is empty, before the file is made in it."""

        times = 3

        def create(self, path: Path) -> IO[bytes]:
            if self.times:
                self.times -= 1
                self.remove_empty(path.parent)
            return super().create(path)

    store.files = Going()
    came(store, "okta", stored(1, NOW), NOW)
    assert (kept(store), store.files.times) == (["e1"], 0)


def test_the_forecast_counts_the_events_that_will_be_kept(store: Store) -> None:
    for number in range(14):
        came(store, "okta", stored(number, NOW - number * DAY), NOW - number * DAY)
    one = upkeep.room(store, NOW, Retention()).events / 14
    for days in (10, 90, 400):
        found = dict(upkeep.room(store, NOW, Retention(events=days)).forecast)
        for ahead, bytes in found.items():
            assert abs(bytes / one - min(days, ahead + 14)) <= 3, (days, ahead)
