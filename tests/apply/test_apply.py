"""What people decide, as files: planned, applied, and refused with a place for everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cloudward.apply.plan import Change, apply, folder, plan
from cloudward.errors import BrokenContentError, ContentError, StoreError, UsageError
from cloudward.model import Effect
from cloudward.store import Store
from cloudward.store.files import Files
from tests.assess.build import exemption
from tests.assess.content import CONTENT
from tests.assess.runs import ACCOUNT, key
from tests.assess.test_scan import assigned, company, scanned

FILE = """\
assignments:
  keys:
    policy: key-old
    scope: s
    parameters: {max_days: 30}
    reason: Agreed with Ada
  used:
    policy: key-used
    effect: disabled
exemptions:
  key:
    policy: key-owner
    resource: key
    reason: It is watched
    expires: 2999-06-30
"""


@pytest.fixture
def store(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    with Store.open(begun(tmp_path / "store")) as opened:
        scanned(opened, company(key(), ACCOUNT))
        yield opened


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    place = tmp_path / "acme"
    place.mkdir()
    (place / "prod.yaml").write_text(FILE)
    return place


def done(store: Store, place: Path, *, adopt: bool = False) -> list[str]:
    return told(apply(store, CONTENT, folder(place, adopt=adopt), "ci"))


def planned(store: Store, place: Path) -> list[str]:
    return told(plan(store, CONTENT, folder(place), "ci"))


def told(changes: list[Change]) -> list[str]:
    return [f"{each.action} {each.kind} {each.id}" for each in changes]


ADDED = ["add assignment keys", "add assignment used", "add exemption key"]


def test_a_plan_changes_nothing_and_applying_does_what_it_said(store: Store, acme: Path) -> None:
    assert planned(store, acme) == ADDED
    assert (store.assignments(), store.exemptions(), store.revisions()) == ([], [], [])
    assert done(store, acme) == ADDED
    used, keys = sorted(store.assignments(), key=lambda each: each.id, reverse=True)
    assert (keys.policy, keys.scope, keys.parameters) == ("key-old", "s", {"key-old": {"max_days": 30}})
    assert (keys.created_by, keys.source, keys.reason) == ("ci", "acme/prod.yaml", "Agreed with Ada")
    assert (used.effect, used.scope) == (Effect.DISABLED, "")
    [exempt] = store.exemptions()
    assert (exempt.scope, exempt.resource, exempt.source) == ("s", "key", "acme/prod.yaml")
    assert f"{exempt.expires}" == "2999-06-30 00:00:00+00:00"


def test_applying_again_changes_nothing(store: Store, acme: Path) -> None:
    done(store, acme)
    before = [*store.assignments(), *store.exemptions()]
    assert planned(store, acme) == []
    assert done(store, acme) == []
    assert [*store.assignments(), *store.exemptions()] == before
    assert len(store.revisions()) == 3


def test_what_files_say_otherwise_is_changed_and_what_they_no_longer_say_is_removed(
    store: Store, acme: Path
) -> None:
    done(store, acme)
    (acme / "prod.yaml").write_text(FILE.partition("  used:")[0].replace("30", "20"))
    changes = plan(store, CONTENT, folder(acme), "ci")
    assert told(changes) == ["change assignment keys", "remove assignment used", "remove exemption key"]
    assert changes[0].before is not None
    assert changes[0].after == {**changes[0].before, "parameters": {"max_days": 20}}
    created = store.assignments()[0].created_at
    apply(store, CONTENT, folder(acme), "bob")
    [keys] = store.assignments()
    assert (keys.parameters, keys.created_by, keys.created_at) == (
        {"key-old": {"max_days": 20}},
        "ci",
        created,
    )
    assert store.exemptions() == []
    assert {(each.by, each.id, each.after is None) for each in store.revisions()[:3]} == {
        ("bob", "keys", False), ("bob", "used", True), ("bob", "key", True),
    }  # fmt: skip


def test_what_was_made_by_hand_or_by_other_files_is_left_alone(store: Store, acme: Path) -> None:
    by_hand, theirs = assigned("x", Effect.AUDIT), assigned("y", Effect.AUDIT, "s", source="other/a.yaml")
    store.assign(by_hand)
    store.assign(theirs)
    store.exempt(exemption("key-used"))
    done(store, acme)
    (acme / "prod.yaml").write_text("assignments: {}\n")
    done(store, acme)
    assert [each.id for each in store.assignments()] == ["x", "y"]
    assert [each.id for each in store.exemptions()] == ["x-key-used"]


def test_a_thing_of_the_same_id_is_taken_over_only_when_told(store: Store, acme: Path) -> None:
    store.assign(assigned("keys", Effect.DISABLED, policy="key-old"))
    with pytest.raises(
        ContentError, match=r"prod\.yaml:3:5: keys: assignment keys was made by hand; --adopt"
    ):
        done(store, acme)
    assert done(store, acme, adopt=True)[0] == "change assignment keys"
    assert planned(store, acme) == []
    theirs = replace(store.assignments()[0], source="other/a.yaml")
    store.assign(theirs)
    with pytest.raises(ContentError, match=r"assignment keys is owned by other/a\.yaml"):
        done(store, acme, adopt=True)


def test_the_owner_can_be_named(store: Store, acme: Path) -> None:
    apply(store, CONTENT, folder(acme, "security"), "ci")
    assert {each.source for each in store.assignments()} == {"security/prod.yaml"}
    with pytest.raises(BrokenContentError, match=r"is owned by security/prod\.yaml"):
        done(store, acme)


def test_a_thing_may_move_to_another_file(store: Store, acme: Path) -> None:
    done(store, acme)
    (acme / "deep").mkdir()
    (acme / "prod.yaml").rename(acme / "deep" / "other.yaml")
    assert [line.split()[0] for line in done(store, acme)] == ["change"] * 3
    assert {each.source for each in store.assignments()} == {"acme/deep/other.yaml"}


KINDS = "assignments, attestations, connectors, exemptions, plans, schedules"
WRONG = """\
nightlies: {nightly: {}}
assignments:
  one: {policy: key-odl, scope: t, parametres: {}}
  two: {policy: key-old, parameters: {max_days: 0}}
  three: {policy: key-old, effect: deny}
  keys: {policy: key-used}
  "a b": {}
  four: 3
  five: {parameters: {max_days: 3}}
exemptions:
  a: {policy: key-owner, reason: x}
  b: {policy: key-owner, resource: kee, reason: x, expires: soon}
  c: {policy: key-owner, scope: s, resource: kee, reason: " ", expires: 2020-01-01}
"""


def test_everything_that_is_wrong_is_told_at_once_with_its_place(store: Store, acme: Path) -> None:
    (acme / "wrong.yaml").write_text(WRONG)
    (acme / "yaml.yaml").write_text("assignments: [")
    with pytest.raises(BrokenContentError) as refused:
        done(store, acme)
    told = [str(error).replace(f"{acme}/", "") for error in refused.value.errors]
    assert told == [
        f"wrong.yaml:1:1: unknown kind 'nightlies'; there are {KINDS}",
        "wrong.yaml:6:9: keys: it is also in prod.yaml:3",
        "wrong.yaml:7:3: 'a b' is no id: up to 100 letters, digits, dots, dashes and underscores",
        "wrong.yaml:8:9: four: expected `key: value` lines, not 3",
        "yaml.yaml:2:1: not YAML: did not find expected node content",
        "wrong.yaml:3:36: assignment one has no key 'parametres'; did you mean 'parameters'?",
        "wrong.yaml:5:36: effect: 'deny' is not one of audit, disabled",
        "wrong.yaml:9:33: max_days: expected `parameter: value` lines below the policy",
        "wrong.yaml:3:17: policy: unknown policy 'key-odl'; did you mean 'key-old'?",
        "wrong.yaml:3:33: scope: unknown scope 't'",
        "wrong.yaml:4:38: parameters: key-old: parameter 'max_days': 0 is less than 1",
        "wrong.yaml:11:6: a: what is exempt? Name a resource, or a scope to exempt all of it",
        "wrong.yaml:12:36: resource: 'kee' is not there",
        "wrong.yaml:13:46: resource: there is no resource 'kee' in s",
        "wrong.yaml:13:6: c: an exemption needs a reason",
    ]
    assert (store.assignments(), store.exemptions(), store.revisions()) == ([], [], [])


def test_files_that_contradict_what_there_is_are_refused_by_name(store: Store, acme: Path) -> None:
    store.assign(assigned("mine", Effect.AUDIT, policy="key-used"))
    with pytest.raises(
        ContentError, match=r"prod\.yaml:8:5: scope: mine assigns key-used to every scope already"
    ):
        done(store, acme)


def test_an_exemption_outlives_its_resource(store: Store, acme: Path) -> None:
    done(store, acme)
    scanned(store, company(ACCOUNT))
    assert planned(store, acme) == []


class Failing(Files):
    """The transaction that changes what people decide cannot be ended."""

    armed = False

    @contextmanager
    def at(self, step: str, what: str) -> Iterator[None]:
        if self.armed and step == "sql" and "INTO exemptions" in what:
            raise OSError("no space left on device")
        with super().at(step, what):
            yield


def test_when_something_fails_nothing_is_changed(tmp_path: Path, acme: Path) -> None:
    files = Failing()
    with Store.open(tmp_path / "fails", files) as store:
        scanned(store, company(key(), ACCOUNT))
        files.armed = True
        with pytest.raises(StoreError, match="no space left"):
            done(store, acme)
        assert (store.assignments(), store.exemptions(), store.revisions()) == ([], [], [])
        files.armed = False
        assert done(store, acme) == ADDED


def test_files_are_data_only(store: Store, acme: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("assignments: {}\n")
    (acme / "link.yaml").symlink_to(secret)
    with pytest.raises(ContentError, match=r"link\.yaml: this link leads out of"):
        done(store, acme)
    (acme / "link.yaml").unlink()
    (acme / "large.yaml").write_text("#" * 1_000_001)
    with pytest.raises(ContentError, match=r"large\.yaml: the file is larger than 1,000,000 bytes"):
        done(store, acme)
    (acme / "large.yaml").write_text("a: &a [1]\nb: *a\n")
    with pytest.raises(ContentError, match="anchors and tags are not allowed"):
        done(store, acme)


def test_a_folder_without_files_removes_nothing(store: Store, acme: Path) -> None:
    done(store, acme)
    (acme / "prod.yaml").unlink()
    with pytest.raises(ContentError, match="there are no YAML files"):
        done(store, acme)
    with pytest.raises(UsageError, match="no such folder"):
        folder(acme / "nowhere")
    assert len(store.assignments()) == 2


def test_ids_of_accounts_need_no_quotes(store: Store, acme: Path) -> None:
    (acme / "prod.yaml").write_text("assignments: {a: {scope: 111122223333, exclude: [444455556666]}}\n")
    with pytest.raises(BrokenContentError) as refused:
        done(store, acme)
    assert [error.message for error in refused.value.errors] == [
        "scope: unknown scope '111122223333'",
        "exclude: unknown scope '444455556666'",
    ]
