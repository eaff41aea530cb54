from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cloudward.errors import InputError, StoreError, UsageError
from cloudward.model import Cause, Coverage, Outcome, Provider, Reason, Resource, Scope, Source
from cloudward.store import Store
from cloudward.store.files import Files
from cloudward.store.segments import Budget, Writer
from cloudward.store.staging import SEGMENTS
from tests.store.build import (
    BUCKET,
    KEY,
    NOW,
    ONE,
    account,
    assessment,
    buckets,
    company,
    listed,
    resource,
    scanned,
    score,
    staged,
    unknown,
)


def test_what_units_gave_comes_back_as_it_was(store: Store) -> None:
    whole = Resource(
        id="id",
        type="T",
        provider=Provider.AWS,
        scope=ONE,
        region=None,
        name="n",
        properties={"a": [1, 2.5, None, True, "ü\u2028\0", {"b": {}}], "x.y": -(2**70)},
        tags={"k": "", "K": "v"},
        unread={"A['x.y'][2]": Cause(Reason.DENIED, "call", "message")},
        source=Source("main.tf", 3),
        generation="g1",
    )
    staging = staged(store, whole, listed())
    assert list(staging.resources(ONE)) == [whole]
    assert staging.coverage(ONE) == [listed()]


def test_resources_come_by_type_and_id_whatever_the_order_of_units(store: Store) -> None:
    staging = store.begin(Provider.AWS, "test", [account(ONE)], ["a", "b"])
    for unit, numbers in (("b", (3, 0)), ("a", (2, 1))):
        with staging.unit(unit) as writer:
            for number in numbers:
                writer.add(resource(f"b{number}"))
                writer.add(resource(f"k{number}", KEY))
    assert [item.name for item in staging.resources(ONE)] == ["k0", "k1", "k2", "k3", "b0", "b1", "b2", "b3"]
    assert [item.name for item in staging.resources(ONE, BUCKET)] == ["b0", "b1", "b2", "b3"]
    assert staging.types(ONE) == [KEY, BUCKET]


def test_a_resource_that_two_units_give_is_one(store: Store) -> None:
    staging = store.begin(Provider.AWS, "test", [account(ONE)], ["a", "b"])
    for unit in ("b", "a"):
        with staging.unit(unit) as writer:
            writer.add(resource("x", properties={"unit": unit}))
    assert [item.properties for item in staging.resources(ONE)] == [{"unit": "a"}]
    assert staging.count(ONE, BUCKET) == 2
    staging.publish(ONE, [])
    (row,) = store.coverage()
    assert (row.type, row.outcome, row.listing, row.count) == (BUCKET, Outcome.FAILED, False, 1)
    assert row.cause == Cause(Reason.BAD_VALUE, "", "another document had the same id; the first one is kept")


def test_the_same_document_twice_is_nothing_to_speak_of(store: Store) -> None:
    staging = staged(store, resource("x"), resource("x"))
    staging.publish(ONE, [])
    assert list(store.coverage()) == []
    assert len(list(store.resources())) == 1


def test_a_file_of_many_scopes_is_kept_apart_when_memory_is_short(store: Store) -> None:
    staging = store.begin(Provider.AWS, "test", [], ["file"])
    staging._budget = Budget(2000)
    given = [resource(f"r{n % 7:02}-{n}", f"T{n % 3}", scope=f"{n % 5}") for n in range(500)]
    with staging.unit("file") as unit:
        for item in given:
            unit.add(item)
    assert [scope.id for scope in staging.scopes()] == ["0", "1", "2", "3", "4"]
    for scope in "01234":
        for type in ("T0", "T1", "T2"):
            own = [item for item in given if (item.scope, item.type) == (scope, type)]
            assert list(staging.resources(scope, type)) == sorted(own, key=lambda item: item.id)


def give(unit: Writer) -> None:
    unit.add(resource("x"))
    raise StoreError("it broke")


def test_a_unit_that_breaks_leaves_nothing(store: Store) -> None:
    staging = store.begin(Provider.AWS, "test", [account(ONE)], ["u"])
    with pytest.raises(StoreError, match="it broke"), staging.unit("u") as unit:
        give(unit)
    assert not staging.done("u")
    assert list(staging.resources(ONE)) == []
    assert [path.name for path in staging.folder.iterdir()] == ["lock"]
    with staging.unit("u") as unit:
        unit.add(resource("y"))
    assert [item.name for item in staging.resources(ONE)] == ["y"]


def test_a_unit_is_collected_once(store: Store) -> None:
    staging = staged(store)
    with pytest.raises(StoreError, match="already collected"), staging.unit("unit"):
        pass


def test_a_unit_that_nobody_announced_is_journaled_too(store: Store) -> None:
    staging = staged(store)
    with staging.unit("new region") as unit:
        unit.add(resource("x"))
    assert staging.done("new region")
    assert [scan.units for scan in store.scans()] == [2]


def test_scopes_are_those_given_and_those_found(store: Store) -> None:
    staging = store.begin(Provider.AZURE, "test", [Scope("a", Provider.AZURE, "subscription")], ["u"])
    with staging.unit("u") as unit:
        unit.add(resource("x", scope="b", provider=Provider.KUBERNETES))
        unit.add(Coverage("c", None, "", "f", Outcome.FAILED, True, 1, NOW))
        unit.add(Scope("d", Provider.AZURE, "subscription", "named"))
    assert staging.scopes() == [
        Scope("a", Provider.AZURE, "subscription"),
        Scope("b", Provider.KUBERNETES, "cluster", "b"),
        Scope("c", Provider.AZURE, "subscription", "c"),
        Scope("d", Provider.AZURE, "subscription", "named"),
    ]


def test_an_export_cannot_write_into_the_account_of_another_provider(store: Store) -> None:
    company(store)
    staging = store.begin(Provider.KUBERNETES, "files", [], ["u"])
    with pytest.raises(InputError, match="is known as aws, not kubernetes"), staging.unit("u") as unit:
        unit.add(resource("x", provider=Provider.KUBERNETES))


def test_a_type_is_complete_where_every_listing_was_answered(store: Store) -> None:
    staging = staged(
        store,
        listed(region="a"),
        listed(region="b", outcome=Outcome.EMPTY),
        listed(region="b", call="get", listing=False, outcome=Outcome.DENIED),
        listed(KEY, region="a"),
        listed(KEY, region="b", outcome=Outcome.DENIED),
    )
    assert staging.complete(ONE, None, BUCKET)
    assert staging.complete(ONE, "a", KEY)
    assert not staging.complete(ONE, "b", KEY)
    assert not staging.complete(ONE, None, KEY)
    assert not staging.complete(ONE, None, "AWS::Never::Listed")
    assert not staging.complete(ONE, "c", BUCKET)


def test_a_region_that_broke_before_the_type_was_listed_leaves_it_incomplete(store: Store) -> None:
    broken = Coverage(ONE, "b", "", "unit", Outcome.FAILED, False, 0, NOW)
    staging = staged(store, listed(region="a"), listed(KEY, region=None), broken)
    assert staging.complete(ONE, "a", BUCKET)
    assert not staging.complete(ONE, "b", BUCKET)
    assert not staging.complete(ONE, None, BUCKET)
    assert staging.complete(ONE, None, KEY)


def test_what_vanished_while_it_was_listed_is_not_there(store: Store) -> None:
    staging = staged(store, listed(), listed(outcome=Outcome.GONE, call="get"))
    assert staging.complete(ONE, None, BUCKET)


def test_a_listing_of_nobody_knows_what_leaves_no_type_complete(store: Store) -> None:
    broken = Coverage(ONE, None, "", "file.json:3", Outcome.FAILED, True, 1, NOW)
    staging = staged(store, listed(), broken)
    assert not staging.complete(ONE, None, BUCKET)


def test_a_scan_is_resumed_with_its_units_and_options(store: Store) -> None:
    staging = store.begin(Provider.AWS, "aws", [account(ONE)], ["a", "b"], {"regions": ["x"], "full": True})
    with staging.unit("a") as unit:
        unit.add(resource("x"))
    staging.close()
    with store.resume() as again:
        assert (again.scan, again.connector, again.provider) == (staging.scan, "aws", Provider.AWS)
        assert again.options == {"regions": ["x"], "full": True}
        assert (again.done("a"), again.done("b")) == (True, False)
        assert [item.name for item in again.resources(ONE)] == ["x"]


def test_a_scan_that_runs_is_not_resumed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudward.store.scans.PATIENCE", 1)
    with staged(store) as staging, pytest.raises(StoreError, match="running in another process"):
        store.resume(staging.scan)


def test_nothing_to_resume_is_said(store: Store) -> None:
    with pytest.raises(UsageError, match="no interrupted scan"):
        store.resume()
    scan = scanned(store, resource("x"))
    with pytest.raises(UsageError, match=f"scan {scan} has ended"):
        store.resume(scan)
    with pytest.raises(UsageError, match="scan nothing is not known"):
        store.resume("nothing")


def test_opening_the_store_does_not_touch_a_live_scan(store: Store) -> None:
    staging = store.begin(Provider.AWS, "test", [account(ONE)], ["u"])
    with staging.unit("u") as unit:
        unit.add(resource("x"))
        with Store.open(store.folder):
            pass
    staging.publish(ONE, [])
    with Store.open(store.folder) as other:
        assert other.snapshot(ONE).types() == [BUCKET]
    staging.finish()


def test_opening_the_store_removes_what_a_dead_scan_left(store: Store) -> None:
    staging = staged(store, resource("x"))
    path = staging._write(account(ONE), [], NOW)
    (staging.folder / "7.tmp").touch()
    staging.close()
    with Store.open(store.folder) as other:
        assert not (other.folder / path).exists()
        assert not (staging.folder / "7.tmp").exists()
        with other.resume() as again:
            assert again.publish(ONE, [])
        assert (other.folder / path).exists()


def test_a_finished_scan_gives_up_older_ones_like_it(store: Store) -> None:
    dead, other = staged(store), store.begin(Provider.AWS, "test", [], [], {"regions": ["x"]})
    dead.close()
    other.close()
    alive = staged(store)
    scanned(store, resource("x"))
    states = {scan.id: scan.state for scan in store.scans()}
    assert (states[dead.scan], states[other.scan], states[alive.scan]) == ("abandoned", "running", "running")
    assert not dead.folder.exists()
    assert alive.folder.exists()


def test_a_scan_can_be_given_up(store: Store) -> None:
    staging = staged(store, resource("x"))
    path = staging._write(account(ONE), [], NOW)
    staging.close()
    store.abandon(staging.scan)
    assert [(scan.state, scan.units, scan.done) for scan in store.scans()] == [("abandoned", 1, 1)]
    assert not staging.folder.exists()
    assert not (store.folder / path).exists()


def test_a_scope_is_published_once(store: Store) -> None:
    bucket = resource("x")
    staging = staged(store, bucket)
    assert staging.publish(ONE, [assessment(bucket)], score())
    assert staging.published(ONE)
    assert not staging.publish(ONE, [])
    assert len(list(store.assessments())) == 1


def test_a_scope_that_is_not_of_the_scan_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="not part of scan"):
        staged(store).publish("other", [])


def test_readers_see_the_old_snapshot_until_the_new_one_is_whole(store: Store) -> None:
    first = scanned(store, buckets()[0], assessments=[assessment(buckets()[0])])
    staging = staged(store, buckets()[2])

    def assessments() -> object:
        yield assessment(buckets()[2])
        assert [row.name for row in store.resources()] == ["bucket-0"]
        assert [item.policy for item in staging.previous(ONE, BUCKET)] == ["bucket-public"]
        assert store.snapshot(ONE).contents.scan == first

    staging.publish(ONE, assessments())  # type: ignore[arg-type]
    assert [row.name for row in store.resources()] == ["bucket-2"]


def test_a_publication_that_fails_changes_nothing(store: Store) -> None:
    company(store)
    before = [row.assessment for row in store.assessments()]
    staging = staged(store, buckets()[0])

    def broken() -> object:
        yield assessment(buckets()[0])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        staging.publish(ONE, broken())  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        staging.publish(ONE, [assessment(buckets()[0]), assessment(buckets()[0])])
    assert [row.assessment for row in store.assessments()] == before
    assert staging.publish(ONE, [assessment(buckets()[0])])


def test_the_score_is_asked_for_when_all_is_assessed(store: Store) -> None:
    seen: list[str] = []
    bucket = resource("x")

    def assessments() -> object:
        yield assessment(bucket)
        seen.append("assessed")

    def scored() -> object:
        seen.append("scored")
        return score()

    staged(store, bucket).publish(ONE, assessments(), scored)  # type: ignore[arg-type]
    assert seen == ["assessed", "scored"]
    assert len(list(store.scores(ONE))) == 1


def test_a_resource_that_went_dark_keeps_its_header(store: Store) -> None:
    bucket = resource("x", tags={"env": "prod"}, generation="g")
    scanned(store, bucket, listed(), assessments=[assessment(bucket)])
    for _ in range(2):
        scanned(store, listed(outcome=Outcome.DENIED), assessments=[unknown(bucket)])
        (row,) = store.resources()
        assert (row.name, row.tags, row.generation, row.read) == ("x", {"env": "prod"}, "g", False)
        assert [item.assessment for item in store.assessments(tag="env=prod")] == [unknown(bucket)]
        assert [item.count for item in store.inventory()] == []
        with pytest.raises(UsageError, match="was not read in the last scan"):
            store.resource(bucket.id)


def test_an_assessment_of_what_was_never_read_stands_by_its_id(store: Store) -> None:
    scanned(store, assessments=[unknown(resource("x", region=None))])
    (row,) = store.resources()
    assert (row.id, row.name, row.region) == (resource("x").id, resource("x").id, None)


def test_more_resources_than_are_remembered_are_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudward.store.publish.REMEMBERED", 2)
    monkeypatch.setattr("cloudward.store.publish.LOOKUP", 2)
    monkeypatch.setattr("cloudward.store.snapshot.ROWS", 2)
    monkeypatch.setattr("cloudward.store.snapshot.BATCH", 3)
    given = [resource(f"r{n}", (BUCKET, KEY)[n % 2]) for n in range(9)]
    gone = [resource(f"gone{n}", (BUCKET, KEY)[n % 2]) for n in range(3)]
    made = [assessment(item, policy) for item in (*given, *gone) for policy in ("p", "q")]
    mixed = made[::2] + made[1::2]
    scanned(store, *given, assessments=mixed)
    found = [row.assessment for row in store.assessments()]
    assert sorted(found, key=repr) == sorted(made, key=repr)
    assert sorted(row.name for row in store.resources()) == sorted(
        item.name if item in given else item.id for item in (*given, *gone)
    )
    assert list(store.snapshot(ONE).resources(KEY)) == [item for item in given if item.type == KEY]


def test_the_parameters_of_each_policy_stay_its_own(store: Store) -> None:
    bucket = resource("x")
    made = [
        assessment(bucket, f"p{n}", parameters={"n": [n, {"deep": n}]}, policy_hash=f"h{n % 2}")
        for n in range(50)
    ]
    scanned(store, bucket, assessments=made)
    found = {row.assessment.policy: row.assessment for row in store.assessments()}
    assert found == {item.policy: item for item in made}


def test_a_scope_id_of_any_form_has_a_folder_inside_the_store(store: Store) -> None:
    ids = ["arn:aws:eks:eu:1:cluster/../../x", "..", "Ünï", "A", "a", "x" * 300, "", "a b", ".hidden", "-"]
    scanned(store, *(resource("r", scope=id) for id in ids), scopes=ids)
    history = store.folder / "history"
    paths = [Path(store.snapshot(id).path) for id in ids]
    assert len({str(path).lower() for path in paths}) == len(ids)
    assert {path.parent.parent for path in paths} == {history}
    for id in ids:
        assert [item.scope for item in store.snapshot(id).resources()] == [id]


def test_only_the_owner_may_read_the_store(store: Store) -> None:
    scanned(store, resource("x"))
    _ = store.key
    for path in (store.folder, *store.folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_key_is_made_once_and_refused_when_others_can_read_it(store: Store) -> None:
    key = store.key
    assert len(key) == 32
    with Store.open(store.folder) as again:
        assert again.key == key
        (store.folder / "key").chmod(0o644)
        with pytest.raises(StoreError, match="can be read by others"):
            _ = again.key


def test_a_damaged_staging_file_is_said(store: Store) -> None:
    staging = staged(store, *buckets())
    path = staging.folder / "0.unit"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(StoreError, match="is damaged"):
        list(staging.resources(ONE))


@dataclass
class Counting(Files):
    """A disk that counts how often each staging file is opened."""

    opened: Counter[str] = field(default_factory=Counter)

    def at(self, operation: str, what: str) -> AbstractContextManager[None]:
        if operation == "open" and what.endswith(".unit"):
            self.opened[what] += 1
        return nullcontext()


def test_an_account_of_many_units_does_not_have_all_of_them_opened_for_each_type(tmp_path: Path) -> None:
    disk, units, types = Counting(), SEGMENTS + 44, [f"T{n}" for n in range(9)]
    with Store.open(tmp_path, disk) as store:
        staging = store.begin(Provider.AWS, "test", [account(ONE)], [f"u{n}" for n in range(units)])
        for n in range(units):
            with staging.unit(f"u{n}") as writer:
                writer.add(resource(f"r{n}", types[n % len(types)]))
        for type in types:
            assert len(list(staging.resources(ONE, type))) == staging.count(ONE, type) > 30
    assert set(disk.opened.values()) == {2}, "once for what it holds, once for that"


def test_a_type_may_lie_in_more_files_than_may_be_open(store: Store) -> None:
    units = [f"u{n}" for n in range(40)]
    staging = store.begin(Provider.AWS, "test", [account(ONE)], units)
    for unit in units:
        with staging.unit(unit) as writer:
            writer.add(resource(unit))
    before = len(list(Path("/dev/fd").iterdir()))
    found = staging.resources(ONE, BUCKET)
    assert next(found).name == "u0"
    assert len(list(Path("/dev/fd").iterdir())) <= before + 2
    assert len(list(found)) == len(units) - 1


def test_a_scope_that_only_units_found_is_published_after_an_interrupt(store: Store) -> None:
    """A connector of files learns in its units of which scopes they are."""
    staging = store.begin(Provider.AWS, "test", [], ["unit"])
    with staging.unit("unit") as unit:
        unit.add(resource("a"))
    staging.close()
    with store.resume() as again:
        assert again.done("unit")
        assert again.publish(ONE, [])
