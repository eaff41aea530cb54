from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloudward.connect import Unit
from cloudward.errors import InputError, SignInError, StoreError
from cloudward.inventory import collect
from cloudward.model import Coverage, Outcome, Provider, Resource, Scope
from cloudward.store import Staging, Store
from cloudward.store.files import Files

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = Scope("1", Provider.AWS, "account")
Gives = Callable[[], Iterator[Resource | Coverage]]


@dataclass
class Fake:
    """A connector whose units give what they are told to."""

    given: dict[str, Gives]
    name: str = "fake"
    asked: list[str] = field(default_factory=list)

    def scopes(self) -> list[Scope]:
        return [ACCOUNT]

    def units(self) -> list[Unit]:
        return [Unit(id, ACCOUNT, "eu", id) for id in self.given]

    def collect(self, unit: Unit) -> Iterator[Resource | Coverage]:
        self.asked.append(unit.id)
        yield from self.given[unit.id]()


@dataclass
class Told:
    """What progress was told, in order."""

    said: list[tuple[object, ...]] = field(default_factory=list)

    def begun(self, units: Sequence[Unit], done: int) -> None:
        self.said.append(("begun", len(units), done))

    def started(self, unit: Unit) -> None:
        self.said.append(("started", unit.id))

    def counted(self, unit: Unit, resources: int) -> None:
        self.said.append(("counted", unit.id, resources))

    def ended(self, unit: Unit, resources: int, error: str | None) -> None:
        self.said.append(("ended", unit.id, resources, error))


def bucket(name: str) -> Resource:
    return Resource(name, "Bucket", Provider.AWS, "1", "eu", name, {"Name": name})


def listed(type: str = "Bucket", outcome: Outcome = Outcome.READ) -> Coverage:
    return Coverage("1", "eu", type, "List", outcome, True, 1, NOW)


def gives(*items: Resource | Coverage, then: Exception | None = None) -> Gives:
    def run() -> Iterator[Resource | Coverage]:
        yield from items
        if then is not None:
            raise then

    return run


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def begun(store: Store, connector: Fake) -> Staging:
    return store.begin(Provider.AWS, "fake", connector.scopes(), connector.given)


def names(staging: Staging) -> list[str]:
    return [item.name for item in staging.resources("1")]


def test_what_units_give_is_staged(store: Store) -> None:
    connector = Fake({"a": gives(bucket("a"), listed()), "b": gives(bucket("b"), bucket("c"))})
    staging = begun(store, connector)
    found = collect(connector, staging)
    assert (found.units, found.resources, found.failed) == (2, 3, ())
    assert names(staging) == ["a", "b", "c"]
    assert staging.coverage("1") == [listed()]


def test_a_unit_that_breaks_is_coverage_and_the_others_go_on(store: Store) -> None:
    broken = gives(bucket("a"), listed(), then=KeyError("canary"))
    connector = Fake({"a": broken, "b": gives(bucket("b"))})
    staging = begun(store, connector)
    assert collect(connector, staging).failed == ("a",)
    assert names(staging) == ["a", "b"]
    assert not staging.complete("1", "eu", "Bucket")
    assert not staging.complete("1", "eu", "Another")
    failed = [row for row in staging.coverage("1") if row.outcome is Outcome.FAILED]
    assert {(row.type, row.region, row.call, row.listing) for row in failed} == {
        ("", "eu", "a", False),
        ("Bucket", "eu", "a", True),
    }
    assert {row.cause.message.split(" at ")[0] for row in failed if row.cause} == {"KeyError"}


def test_what_a_document_held_is_not_said_our_own_words_are(store: Store) -> None:
    connector = Fake(
        {"a": gives(then=ValueError("canary")), "b": gives(then=InputError("this file is empty"))}
    )
    staging = begun(store, connector)
    collect(connector, staging)
    said = sorted(row.cause.message for row in staging.coverage("1") if row.cause)
    assert [text.split(" at ")[0] for text in said] == ["ValueError", "this file is empty"]


def test_the_place_in_our_code_is_said(store: Store) -> None:
    connector = Fake({"a": gives(Scope("1", Provider.AWS, "account"), 3)})  # type: ignore[arg-type]
    staging = begun(store, connector)
    collect(connector, staging)
    ((message,),) = [[row.cause.message] for row in staging.coverage("1") if row.cause]
    assert message.startswith("AttributeError at store/segments.py:")


@pytest.mark.parametrize("fatal", [SignInError("the token has expired"), StoreError("the disk is full")])
def test_a_fatal_error_ends_the_scan_and_keeps_what_was_done(store: Store, fatal: Exception) -> None:
    connector = Fake({"a": gives(bucket("a")), "b": gives(bucket("b"), then=fatal), "c": gives(bucket("c"))})
    staging = begun(store, connector)
    with pytest.raises(type(fatal), match=str(fatal)):
        collect(connector, staging, workers=1)
    assert staging.done("a")
    assert not staging.done("b")
    staging.close()
    connector.given["b"], connector.asked = gives(bucket("b")), []
    with store.resume() as again:
        collect(connector, again)
        assert names(again) == ["a", "b", "c"]
    assert "a" not in connector.asked


def test_an_interrupt_keeps_what_is_journaled_and_nothing_half(store: Store) -> None:
    going, interrupted = threading.Event(), threading.Event()

    def endless() -> Iterator[Resource]:
        going.set()
        number = 0
        while not interrupted.wait(0.001):
            number += 1
            yield bucket(f"endless-{number}")
        while True:
            yield bucket("more")

    class Interrupting(Told):
        def ended(self, unit: Unit, resources: int, error: str | None) -> None:
            going.wait(5)
            interrupted.set()
            raise KeyboardInterrupt

    connector = Fake({"endless": endless, "a": gives(bucket("a")), "b": gives(bucket("b"))})
    staging = begun(store, connector)
    with pytest.raises(KeyboardInterrupt):
        collect(connector, staging, Interrupting(), workers=2)
    assert (staging.done("a"), staging.done("endless")) == (True, False)
    assert names(staging) == ["a"]
    assert sorted(path.name for path in staging.folder.iterdir()) == ["1.unit", "lock"]


def test_progress_is_told_in_order(store: Store) -> None:
    connector = Fake({"a": gives(*(bucket(f"{n:03}") for n in range(250))), "b": gives(then=ValueError())})
    told = Told()
    collect(connector, begun(store, connector), told, workers=1)
    assert told.said == [
        ("begun", 2, 0),
        ("started", "a"),
        ("counted", "a", 100),
        ("counted", "a", 200),
        ("ended", "a", 250, None),
        ("started", "b"),
        ("ended", "b", 0, told.said[-1][-1]),
    ]


def test_progress_knows_what_an_interrupted_scan_had_done(store: Store) -> None:
    connector = Fake({"a": gives(bucket("a")), "b": gives(bucket("b"))})
    staging = begun(store, connector)
    with staging.unit("a"):
        pass
    told = Told()
    assert collect(connector, staging, told).units == 1
    assert told.said[0] == ("begun", 1, 1)
    assert connector.asked == ["b"]


def test_a_unit_that_the_disk_refuses_is_no_coverage(tmp_path: Path) -> None:
    class Full(Files):
        def at(self, operation: str, what: str) -> object:  # type: ignore[override]
            if operation == "fsync" and what.endswith(".tmp"):
                raise OSError(28, "No space left on device")
            return super().at(operation, what)

    with Store.open(tmp_path, files=Full()) as store:
        connector = Fake({"a": gives(bucket("a"))})
        staging = begun(store, connector)
        with pytest.raises(StoreError, match="No space left on device") as caught:
            collect(connector, staging)
        assert "--resume" in caught.value.hint
        assert staging.coverage("1") == []
