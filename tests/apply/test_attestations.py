"""Attestations in files: a word is never changed, another follows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloudward.apply.plan import apply, folder, plan
from cloudward.errors import BrokenContentError
from cloudward.model import Attestation, Attested
from cloudward.pack import Pack, load
from cloudward.store import Store
from tests.assess.standards import content
from tests.cli.estate import PROD, fill

SOON = f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%d}"
FILE = f"""\
attestations:
  trained:
    standard: small
    control: "2.2"
    state: compliant
    statement: Everybody was in the course of May
    owner: ann
    evidence: [https://acme.example/course]
    expires: {SOON}
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return load(content(tmp_path_factory.mktemp("content")), cache=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    fill(tmp_path / "store")
    with Store.open(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    place = tmp_path / "acme"
    place.mkdir()
    (place / "words.yaml").write_text(FILE)
    return place


def done(store: Store, pack: Pack, acme: Path, by: str = "ci", *, adopt: bool = False) -> list[str]:
    changes = apply(store, pack, folder(acme, adopt=adopt), by)
    assert plan(store, pack, folder(acme), by) == []
    return [f"{each.action} {each.kind} {each.id}" for each in changes]


def test_a_word_is_given_once(store: Store, pack: Pack, acme: Path) -> None:
    assert done(store, pack, acme) == ["add attestation trained"]
    assert done(store, pack, acme, "bob") == []
    [word] = store.attestations()
    assert (word.id, word.state, word.created_by, word.source) == (
        "trained.1",
        Attested.COMPLIANT,
        "ci",
        "acme/words.yaml",
    )
    assert (word.scope, word.owner, word.evidence) == ("", "ann", ("https://acme.example/course",))


def test_another_word_withdraws_the_one_before(store: Store, pack: Pack, acme: Path) -> None:
    done(store, pack, acme)
    (acme / "words.yaml").write_text(FILE.replace("compliant", "non_compliant"))
    assert done(store, pack, acme, "bob") == ["change attestation trained"]
    first, second = store.attestations()
    assert (first.id, first.withdrawn_by, second.id) == ("trained.1", "bob", "trained.2")
    assert (second.state, second.created_by, second.withdrawn_at) == (Attested.NON_COMPLIANT, "bob", None)


def test_a_word_that_is_no_longer_there_is_withdrawn_and_may_come_back(
    store: Store, pack: Pack, acme: Path
) -> None:
    done(store, pack, acme)
    (acme / "words.yaml").write_text("attestations: {}\n")
    assert done(store, pack, acme) == ["remove attestation trained"]
    (acme / "words.yaml").write_text(FILE)
    assert done(store, pack, acme) == ["add attestation trained"]
    assert [(each.id, each.withdrawn_by) for each in store.attestations()] == [
        ("trained.1", "ci"),
        ("trained.2", None),
    ]


def test_a_word_that_only_moves_to_another_file_stays_as_it_is(store: Store, pack: Pack, acme: Path) -> None:
    done(store, pack, acme)
    (acme / "words.yaml").rename(acme / "moved.yaml")
    assert done(store, pack, acme) == []


def test_a_word_given_by_hand_is_followed_when_it_is_taken_over(store: Store, pack: Pack, acme: Path) -> None:
    now = datetime.now(UTC) - timedelta(1)
    by_hand = Attestation(
        "trained", "small", "2.2", Attested.COMPLIANT, "x", "x", "x", now, now + timedelta(9)
    )
    store.attest(by_hand)
    assert done(store, pack, acme, adopt=True) == ["change attestation trained"]
    assert [(each.id, each.withdrawn_by) for each in store.attestations()] == [
        ("trained", "ci"),
        ("trained.1", None),
    ]


def test_what_is_wrong_is_told_with_its_place(store: Store, pack: Pack, acme: Path) -> None:
    words = "state: compliant, statement: x, owner: ann, "
    (acme / "words.yaml").write_text(
        "attestations:\n"
        f"  a: {{standard: smal, control: '1', {words} expires: {SOON}}}\n"
        f"  b: {{standard: small, control: '2.1', {words} expires: {SOON}, scope: {PROD.id}}}\n"
        f"  c: {{standard: small, control: '2.2', {words} expires: 2020-01-01}}\n"
        f"  d: {{standard: small, control: '2.2', {words} expires: {SOON}, evidence: ['file:///x']}}\n"
        f"  e: {{standard: small, control: '2.2', {words} expires: {SOON}, scope: '1'}}\n"
        f"  f: {{standard: small, control: '2.2', {words}}}\n"
        f"  g: {{standard: small, control: '2.2', state: fine, expires: {SOON}}}\n"
    )
    with pytest.raises(BrokenContentError) as refused:
        done(store, pack, acme)
    told = {f"{error.line}: {error.message}" for error in refused.value.errors}
    assert told == {
        "2: standard: unknown standard 'smal'; did you mean 'small'?",
        "3: control: policies answer 2.1 alone: test-ssh",
        "4: expires: 2020-01-01 is not within the next three years",
        "5: evidence: 'file:///x' is no http or https address",
        "6: scope: unknown scope '1'",
        "7: expires: it is missing: say when it has to be looked at again",
        "8: state: 'fine' is not one of compliant, non_compliant",
    }
    assert store.attestations() == []
