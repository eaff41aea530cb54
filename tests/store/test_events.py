"""Events are kept once, by source and hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloudward.errors import UsageError
from cloudward.store.encoding import micros
from cloudward.store.events import Events, Stored
from cloudward.store.files import Files

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


def stored(number: int, minutes: int = 0) -> Stored:
    at = NOW + timedelta(minutes=minutes)
    return Stored(micros(at), f"e{number}", "a.json", number, b'{"n":%d}' % number)


def keep(folder: Path, *events: Stored) -> Events:
    kept = Events(folder, Files())
    with kept.writer() as writer:
        writer.add("okta", events)
    return kept


def test_events_come_back_in_order_of_time(tmp_path: Path) -> None:
    kept = keep(tmp_path, stored(2, 50), stored(1), stored(3, 100))
    assert [each.id for each in kept.read("okta")] == ["e1", "e2", "e3"]
    assert kept.sources() == ["okta"]
    assert [each.value for each in kept.read("okta")] == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_the_same_events_written_again_are_the_same_file(tmp_path: Path) -> None:
    keep(tmp_path, stored(1), stored(2))
    before = sorted(tmp_path.rglob("*.parquet"))
    keep(tmp_path, stored(2), stored(1))
    assert sorted(tmp_path.rglob("*.parquet")) == before


def test_an_event_in_two_files_is_given_once(tmp_path: Path) -> None:
    keep(tmp_path, stored(1), stored(2))
    kept = keep(tmp_path, stored(2), stored(3))
    assert [each.id for each in kept.read("okta")] == ["e1", "e2", "e3"]


def test_a_time_is_exact(tmp_path: Path) -> None:
    kept = keep(tmp_path, stored(1), stored(2, 1), stored(3, 90))
    assert [each.id for each in kept.read("okta", NOW + timedelta(seconds=1))] == ["e2", "e3"]
    assert [each.id for each in kept.read("okta", None, NOW + timedelta(minutes=1))] == ["e1"]


def test_what_could_not_be_read_lies_beside(tmp_path: Path) -> None:
    kept = keep(tmp_path, stored(1), Stored(0, "b", "a.json", 7, b"{}", "not JSON"))
    assert [each.id for each in kept.read("okta")] == ["e1"]
    assert [(each.line, each.problem) for each in kept.read("okta", aside="unparsed")] == [(7, "not JSON")]


def test_a_source_that_is_not_there_names_the_near_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'okta'"):
        list(keep(tmp_path, stored(1)).read("oktta"))
